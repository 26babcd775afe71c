#include "session.hpp"

#include "gatehouse/upstream/http_call.hpp"
#include "gatehouse/upstream/url.hpp"
#include "signing.hpp"

#include "gatehouse/base/ids.hpp"
#include "gatehouse/base/log.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::dynamo {
namespace {

constexpr std::size_t kLargestAnswer = 64 * 1024 * 1024;
constexpr Duration kDiscoveryTick = std::chrono::seconds(1);

// Whatever happens to the coroutine, its caller is answered.
class Finish {
 public:
  explicit Finish(Job& job) : job_(job) { result.fate = Fate::kNotDone; }
  ~Finish() {
    FinalAnswer answer = final_answer(std::move(result), job_.operation());
    job_.finish(answer.status, std::move(answer.body));
  }
  Finish(const Finish&) = delete;
  Finish& operator=(const Finish&) = delete;

  TryResult result;

 private:
  Job& job_;
};

TryResult failed(Fate fate, std::string cause) { return {fate, 0, {}, std::move(cause)}; }

using upstream::CallEnd;

TryResult judge(CallEnd end, const std::string& cause, upstream::HttpReply reply) {
  if (end == CallEnd::kNotSent) return failed(Fate::kNotDone, cause);
  if (end != CallEnd::kAnswered) return failed(Fate::kUnknown, cause);
  if (!matches_crc32(reply.field("x-amz-crc32"), reply.body)) return failed(Fate::kUnknown, "the answer does not match its x-amz-crc32");
  return {Fate::kAnswered, reply.status, std::move(reply.body), {}};
}

void log_failure(const Job& job, const TryResult& result, unsigned tries) {
  if (result.fate == Fate::kAnswered) return;
  log::warn("store_request_failed",
            {{"operation", operation_name(job.operation())}, {"tries", static_cast<std::uint64_t>(tries)}, {"cause", result.cause}});
}

}  // namespace

RemoteSession::RemoteSession(const RemoteSettings& settings, const RemoteOptions& options, RemoteBackends backends,
                             const Clock& clock, net::Worker& worker)
    : settings_(settings),
      options_(options),
      clock_(clock),
      worker_(worker),
      resolver_(net::make_resolver(worker)),
      credentials_(settings, clock, options.environment, worker, *resolver_),
      tables_(settings, std::move(backends.tables), clock, worker, *resolver_),
      tasks_(worker, options.most_jobs + 1) {
  if (backends.streams)
    streams_ = std::make_unique<Nodes>(settings, std::move(backends.streams), clock, worker, *resolver_);
}

RemoteSession::~RemoteSession() { tasks_.stop(); }

void RemoteSession::begin_discovery() {
  if (settings_.discover_nodes) tasks_.spawn("store nodes", run_discovery(this));
}

// A task that does not start is destroyed without its body: the gate leaves room for every job.
void RemoteSession::run(std::shared_ptr<Job> job, Ticket ticket) {
  if (tasks_.spawn("store request", run_job(this, job, std::move(ticket)))) return;
  const Finish finish(*job);
}

net::Task<void> RemoteSession::run_discovery(RemoteSession* session) {
  while (true) {
    session->ask_nodes_ = false;
    net::Task<bool> discovery = session->tables_.discover();
    const bool told = co_await discovery;
    if (!told) log::warn("store_nodes_unknown", {{"problem", "no node answers GET /localnodes"}});
    Duration slept{};
    while (slept < session->options_.discover_every && !session->ask_nodes_) {
      const Duration nap = std::min(kDiscoveryTick, session->options_.discover_every - slept);
      co_await net::sleep_for(session->worker_, nap);
      slept += nap;
    }
  }
}

net::Task<void> RemoteSession::run_job(RemoteSession* session, std::shared_ptr<Job> job, Ticket) {
  Finish finish(*job);
  // What stands when the coroutine is destroyed at any point below.
  finish.result = failed(Fate::kUnknown, "ended before the answer");
  net::Task<TryResult> repeating = session->repeat(*job);
  finish.result = co_await repeating;
}

net::Task<TryResult> RemoteSession::repeat(Job& job) {
  Tries tries;
  while (true) {
    net::Task<TryResult> trying = try_once(job, tries);
    TryResult result = co_await trying;
    ++tries.count;
    const Duration pause = backoff(tries.count, random_u64());
    const bool again = worth_repeating(result, job.operation()) && tries.count < settings_.attempts && !job.abandoned() &&
                       worker_.now() + pause < job.deadline();
    if (!again) {
      log_failure(job, result, tries.count);
      co_return result;
    }
    tries.avoid_discovered = result.fate == Fate::kNotDone && !tries.avoid_discovered;
    co_await net::sleep_for(worker_, pause);
  }
}

// A cluster's nodes may have addresses that only the cluster can reach: the next try goes to one that the configuration names.
void RemoteSession::choose_pool(const Job& job, Tries& tries) {
  Nodes& nodes = streams_ && is_streams_operation(job.operation()) ? *streams_ : tables_;
  const auto& pool = tries.avoid_discovered ? nodes.configured() : nodes.pool();
  if (tries.pool == pool) return;
  tries.pool = pool;
  tries.targets = 0;
}

// A read that hangs is tried once more in the time that is left; a write would not be.
TimePoint RemoteSession::try_deadline(const Job& job) const {
  if (is_write(job.operation()) || settings_.attempts == 1) return job.deadline();
  return std::min(job.deadline(), worker_.now() + settings_.timeout / 2);
}

net::Task<TryResult> RemoteSession::try_once(Job& job, Tries& tries) {
  choose_pool(job, tries);
  upstream::HttpCall call(worker_, *tries.pool, try_deadline(job), kLargestAnswer);
  net::Task<const Credentials*> asking = credentials_.get();
  const Credentials* const credentials = co_await asking;
  if (credentials == nullptr) co_return failed(Fate::kNoCredentials, credentials_.problem());
  const RequestSigner signer(*credentials, settings_.region);

  net::Task<bool> connecting = call.connect(tries.targets);
  const bool connected = co_await connecting;
  if (call.has_target() && call.target() < 64) tries.targets |= std::uint64_t{1} << call.target();
  if (!connected) {
    ask_nodes_ = true;
    co_return failed(Fate::kNotDone, call.cause());
  }
  const std::string host = upstream::host_field(tries.pool->backend().settings().targets[call.target()]);
  const SignedFields fields = signer.sign(job.operation(), host, job.body(), clock_.wall());
  upstream::HttpReply reply;
  net::Task<CallEnd> exchange = call.exchange("POST", "/", host, fields.span(), job.body(), reply);
  const CallEnd end = co_await exchange;
  co_return judge(end, call.cause(), std::move(reply));
}

}  // namespace gatehouse::dynamo
