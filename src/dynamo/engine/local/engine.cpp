// LocalEngine: each operation is tried at once on the worker; what would wait for the disk goes to the pool; what must be on disk before
// it is told sleeps until it is.
#include "gatehouse/dynamo/engine/local_engine.hpp"

#include "durable_waits.hpp"
#include "maintenance.hpp"
#include "pool_calls.hpp"
#include "read_policy.hpp"
#include "run_operation.hpp"
#include "stream_log.hpp"
#include "token_memory.hpp"

#include "gatehouse/base/log.hpp"

#include <array>
#include <utility>

namespace gatehouse::dynamo {
namespace {

constexpr std::string_view kTimedOut = "The request timed out";

// Wakes the call when its time is up.
class Deadline final : private net::Timer {
 public:
  explicit Deadline(const Call& call) : call_(call) {
    if (call.deadline != TimePoint::max()) call.worker.timers().arm(*this, call.deadline);
  }
  bool passed() const { return call_.worker.now() >= call_.deadline; }

 private:
  void on_timer() override { call_.waiter.wake(); }
  const Call& call_;
};

// Reads of few rows. A Scan reads much: it never waits on a worker.
bool is_short_read(Operation operation) {
  return operation == Operation::kGetItem || operation == Operation::kQuery || operation == Operation::kBatchGetItem ||
         operation == Operation::kTransactGetItems;
}

std::unique_ptr<LocalState> make_state(std::unique_ptr<Storage> storage, EngineKind kind, LocalEngineOptions options,
                                       const Clock& clock, net::BlockingPool& pool) {
  Storage& rows = *storage;
  return std::unique_ptr<LocalState>(new LocalState{.storage = std::move(storage),
                                                    .kind = kind,
                                                    .options = std::move(options),
                                                    .clock = clock,
                                                    .pool = pool,
                                                    .catalogue = Catalogue(rows),
                                                    .stripes = {},
                                                    .streams = {},
                                                    .tokens = {},
                                                    .backups = {},
                                                    .transfers = {},
                                                    .maintenance = {}});
}

}  // namespace

struct LocalEngine::Impl {
  explicit Impl(std::unique_ptr<LocalState> of)
      : state(std::move(of)), pool_calls(*state), durable_waits(std::make_shared<DurableWaits>(*state->storage)) {
    state->storage->on_durable([waits = durable_waits] { waits->moved(); });
  }

  struct alignas(64) OfWorker {
    ReadPolicy reads;
  };
  ReadPolicy& reads(const net::Worker& worker) { return of_workers[worker.index() % of_workers.size()].reads; }

  Ran run_here(Call& call);
  net::Task<Ran> run_on_pool(Call& call);
  net::Task<void> wait_durable(Call& call, const Ran& ran, std::size_t begin);
  static Ran refuse(Call& call, std::size_t begin, const Fault& fault);

  std::unique_ptr<LocalState> state;
  PoolCalls pool_calls;
  std::shared_ptr<DurableWaits> durable_waits;
  std::array<OfWorker, DurableWaits::kMaxWorkers> of_workers;
  bool closed = false;
};

// Instead of whatever was answered.
Ran LocalEngine::Impl::refuse(Call& call, std::size_t begin, const Fault& fault) {
  call.answer.resize(begin);
  return {.status = answer_fault(fault, call.answer)};
}

Ran LocalEngine::Impl::run_here(Call& call) {
  const bool short_read = is_short_read(call.operation);
  if (!short_read) return run_operation(*state, call.operation, call.body, call.answer, Patience::kNever);
  ReadPolicy& policy = reads(call.worker);
  if (!policy.may_wait()) {
    const Ran ran = run_operation(*state, call.operation, call.body, call.answer, Patience::kNever);
    if (!ran.would_block) policy.hit();
    return ran;
  }
  const TimePoint begin = state->clock.now();
  const Ran ran = run_operation(*state, call.operation, call.body, call.answer, Patience::kNever, Reads::kMayWait);
  policy.waited(state->clock.now() - begin);
  return ran;
}

net::Task<Ran> LocalEngine::Impl::run_on_pool(Call& call) {
  const std::size_t begin = call.answer.size();
  PoolCalls::Job job;
  if (!pool_calls.submit(call, job))
    co_return refuse(call, begin, {FaultType::kThrottling, "Too many requests wait for the disk. Try again later"});
  const Deadline deadline(call);
  while (!job.done()) {
    if (deadline.passed()) co_return refuse(call, begin, {FaultType::kInternalServerError, std::string(kTimedOut)});
    co_await call.waiter;
  }
  if (is_short_read(call.operation)) reads(call.worker).missed(job.took());
  call.answer += job.answer();
  co_return job.ran();
}

net::Task<void> LocalEngine::Impl::wait_durable(Call& call, const Ran& ran, std::size_t begin) {
  const DurableWaits::Wait wait(*durable_waits, call.worker, call.waiter, ran.awaited());
  const Deadline deadline(call);
  while (!wait.over()) {
    if (deadline.passed()) {
      call.status = refuse(call, begin, {FaultType::kInternalServerError, std::string(kTimedOut)}).status;
      co_return;
    }
    co_await call.waiter;
  }
  // Over without the rest of what is awaited: the disk failed.
  if (state->storage->durable() >= ran.must_be_durable) co_return;
  call.status = refuse(call, begin, {FaultType::kInternalServerError, "The store cannot write to its disk"}).status;
}

LocalEngine::LocalEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

LocalEngine::~LocalEngine() { close(); }

Result<std::unique_ptr<LocalEngine>> LocalEngine::open(std::unique_ptr<Storage> storage, EngineKind kind,
                                                       LocalEngineOptions options, const Clock& clock,
                                                       net::BlockingPool& pool) {
  auto impl = std::make_unique<Impl>(make_state(std::move(storage), kind, std::move(options), clock, pool));
  LocalState& state = *impl->state;
  std::unique_ptr<LocalEngine> engine(new LocalEngine(std::move(impl)));
  if (Result<void> loaded = state.catalogue.load(); !loaded) return loaded.error();
  state.tokens = std::make_shared<TokenMemory>(*state.storage, clock);
  if (Result<void> opened = open_services(state); !opened) return opened.error();
  return engine;
}

std::string_view LocalEngine::kind() const { return impl_->state->kind == EngineKind::kMemory ? "memory" : "embedded"; }

net::Task<void> LocalEngine::execute(Call& call) {
  Impl& impl = *impl_;
  const std::size_t begin = call.answer.size();
  Ran ran = impl.run_here(call);
  if (ran.would_block) ran = co_await impl.run_on_pool(call);
  call.status = ran.status;
  if (ran.awaited() > impl.state->storage->durable()) co_await impl.wait_durable(call, ran, begin);
}

int LocalEngine::execute_blocking(Operation operation, std::string_view body, std::string& answer) {
  Storage& storage = *impl_->state->storage;
  const std::size_t begin = answer.size();
  const Ran ran = run_operation(*impl_->state, operation, body, answer, Patience::kAllowed);
  if (ran.awaited() <= storage.durable()) return ran.status;
  storage.request_sync();
  const Result<void> durable = storage.wait_durable(ran.awaited());
  if (durable || ran.must_be_durable <= storage.durable()) return ran.status;
  log::error("store_error", {{"reason", durable.error().reason()}, {"error", durable.error().message()}});
  answer.resize(begin);
  return answer_fault({FaultType::kInternalServerError, "The store cannot write to its disk"}, answer);
}

std::shared_ptr<void> LocalEngine::watch_stream(std::string_view table, std::function<void()> changed) {
  const auto found = impl_->state->catalogue.find(table);
  if (!found || found->stream.view == StreamView::kNone) return nullptr;
  return impl_->state->streams->watch(found->stream.id, std::move(changed));
}

std::uint64_t LocalEngine::tick() { return impl_->state->maintenance->round(); }

Storage& LocalEngine::storage() { return *impl_->state->storage; }

void LocalEngine::close() {
  if (std::exchange(impl_->closed, true)) return;
  Storage& storage = *impl_->state->storage;
  impl_->pool_calls.drain();
  close_services(*impl_->state);
  storage.request_sync();
  if (Result<void> durable = storage.wait_durable(storage.written()); !durable)
    log::error("store_close_failed", {{"error", durable.error().message()}});
  storage.close();
}

}  // namespace gatehouse::dynamo
