// An attempt's way to a connection: an idle one at once, else a place, perhaps after a queue, and a new connection.
#include "gatehouse/upstream/pool.hpp"
#include "opener.hpp"
#include "pool_impl.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace gatehouse::upstream {
namespace {

Error unavailable(std::string_view reason, std::string message) {
  return {ErrorKind::kUnavailable, ErrorSource::kGateway, reason, std::move(message), Retry::kAllowed};
}

// Whether a failure to connect is the target's, or this machine's.
AttemptOutcome blame(const Error& error) {
  return error.source() == ErrorSource::kUpstream ? AttemptOutcome::kFailed : AttemptOutcome::kAbandoned;
}

}  // namespace

struct Attempt::Wait final : TargetPool::Queued, Opener::Owner, net::Timer {
  Wait(Attempt& waiting, net::Worker& on, TargetPool& at, Duration timeout, TimePoint latest)
      : attempt(waiting), worker(on), pool(at), connect_timeout(timeout), deadline(latest) {}

  ~Wait() override {
    if (!has_place) return;
    opener.reset();
    pool.leave();
  }

  void start() {
    if (pool.enter()) return open();
    if (!pool.enqueue(*this)) {
      return attempt.fail(unavailable("upstream_pool_full", pool.settings().url), AttemptOutcome::kAbandoned);
    }
    worker.timers().arm(*this, step_deadline());
  }

  // Queueing may take as long as connecting may, and so may connecting after it.
  TimePoint step_deadline() const { return std::min(deadline, worker.now() + connect_timeout); }

  void on_turn(std::unique_ptr<PooledConnection> connection) override {
    worker.timers().disarm(*this);
    if (connection == nullptr) return open();
    attempt.reused_ = true;
    attempt.ready(std::move(connection));
  }

  void on_timer() override {
    pool.withdraw(*this);
    attempt.fail(
        {ErrorKind::kTimeout, ErrorSource::kGateway, "upstream_queue_timeout", pool.settings().url, Retry::kAllowed},
        AttemptOutcome::kAbandoned);
  }

  void open() {
    has_place = true;
    began = std::chrono::steady_clock::now();
    opener.emplace(worker, pool.addresses(), pool.settings(), pool.tls(), *this);
    opener->start(step_deadline());
  }

  void on_open(std::unique_ptr<net::Stream> stream, const IpAddress& address) override {
    auto connection = pool.adopt(std::move(stream), address);
    if (connection == nullptr) return on_open_failed(unavailable("no_socket_left", "watching the connection"));
    has_place = false;  // it is the connection's now
    const Duration took = std::chrono::steady_clock::now() - began;
    attempt.connect_nanoseconds_ = static_cast<std::uint64_t>(took.count());
    attempt.ready(std::move(connection));
  }

  void on_open_failed(Error error) override {
    has_place = false;
    const AttemptOutcome outcome = blame(error);
    attempt.fail(std::move(error), outcome);
    pool.leave();
  }

  Attempt& attempt;
  net::Worker& worker;
  TargetPool& pool;
  Duration connect_timeout;
  TimePoint deadline;
  TimePoint began{};
  std::optional<Opener> opener;
  bool has_place = false;
};

Attempt::Attempt(Pool& pool, net::Waiter& waiter) : pool_(pool.impl_), waiter_(waiter) {}

Attempt::~Attempt() { finish(AttemptOutcome::kAbandoned); }

void Attempt::start(std::uint64_t hash, std::uint64_t tried, TimePoint deadline) {
  Backend& backend = *pool_->backend;
  const auto target = pool_->balancer.pick(hash, tried);
  if (!target) {
    backend.counters().no_healthy_target.fetch_add(1, std::memory_order_relaxed);
    return fail(unavailable("upstream_no_healthy_target", backend.settings().name), AttemptOutcome::kAbandoned);
  }
  if (!backend.breaker_admits()) {
    return fail(unavailable("upstream_breaker_open", backend.settings().name), AttemptOutcome::kAbandoned);
  }
  target_ = *target;
  picked_ = true;
  backend.targets()[target_].in_flight.fetch_add(1, std::memory_order_relaxed);
  TargetPool& pool = *pool_->targets[target_];
  if (auto connection = pool.take_idle()) {
    reused_ = true;
    connection_ = std::move(connection);
    call_ = &connection_->http->begin(waiter_);
    state_ = AttemptState::kReady;
    return;
  }
  wait_ = std::make_unique<Wait>(*this, pool_->worker, pool, backend.settings().timeouts.connect, deadline);
  wait_->start();
}

void Attempt::ready(std::unique_ptr<PooledConnection> connection) {
  connection_ = std::move(connection);
  call_ = &connection_->http->begin(waiter_);
  state_ = AttemptState::kReady;
  waiter_.wake();
}

void Attempt::fail(Error error, AttemptOutcome outcome) {
  error_ = std::move(error);
  state_ = AttemptState::kFailed;
  if (picked_) report(outcome);
  waiter_.wake();
}

void Attempt::report(AttemptOutcome outcome) {
  if (std::exchange(reported_, true)) return;
  pool_->backend->targets()[target_].in_flight.fetch_sub(1, std::memory_order_relaxed);
  pool_->backend->report(target_, outcome);
}

void Attempt::finish(AttemptOutcome outcome) {
  if (picked_) report(outcome);
  wait_.reset();
  if (connection_ == nullptr) return;
  call_ = nullptr;
  const bool reusable = connection_->http->end();
  pool_->targets[target_]->give_back(std::move(connection_), reusable);
}

}  // namespace gatehouse::upstream
