// One coroutine per target: wait, check, judge.
#include "health.hpp"

#include "gatehouse/base/arena.hpp"
#include "gatehouse/base/ids.hpp"
#include "gatehouse/base/log.hpp"
#include "opener.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace gatehouse::upstream {
namespace {

constexpr Duration kFirstWithin = std::chrono::seconds(1);

// A point between `from` and `to`, so that gateways and targets do not fall into step.
Duration random_between(Duration from, Duration to) {
  const double share = static_cast<double>(random_u64() >> 11) * 0x1p-53;
  return from + std::chrono::duration_cast<Duration>((to - from) * share);
}

// One check in progress. Lives in the coroutine's frame; all that happens to it wakes the waiter.
class Check final : public Opener::Owner, private net::Timer {
 public:
  Check(net::Worker& worker, TargetPool& target, Duration timeout) : waiter(worker.ready()), worker_(worker) {
    worker.timers().arm(*this, worker.now() + timeout);
    opener_.emplace(worker, target.addresses(), target.settings(), target.tls(), *this);
    opener_->start(worker.now() + timeout);
  }

  bool failed() const { return failed_; }
  std::unique_ptr<http::ClientConnection> take_connection() { return std::move(connection_); }

  net::Waiter waiter;

 private:
  void on_open(std::unique_ptr<net::Stream> stream, const IpAddress&) override {
    connection_ = http::make_http1_client(worker_, std::move(stream));
    failed_ = connection_ == nullptr;
    waiter.wake();
  }
  void on_open_failed(Error) override { fail(); }
  void on_timer() override { fail(); }
  void fail() {
    failed_ = true;
    waiter.wake();
  }

  net::Worker& worker_;
  std::optional<Opener> opener_;
  std::unique_ptr<http::ClientConnection> connection_;
  bool failed_ = false;
};

void send_check(http::UpstreamCall& call, const BackendSettings& settings, const TargetSettings& target) {
  Arena arena;
  http::FieldEdits edits(arena);
  edits.set(http::FieldId::kUserAgent, "gatehouse-health-check");
  const std::string host = health_host(settings, target);
  http::OutgoingRequest request;
  request.method = "GET";
  request.target = settings.health.path;
  request.authority = host;
  request.edits = &edits;
  call.send(request, {}, http::More::kNo);
}

net::Task<bool> check_once(net::Worker* worker, Backend* backend, TargetPool* target) {
  const BackendSettings& settings = backend->settings();
  Check check(*worker, *target, settings.health.timeout);
  std::unique_ptr<http::ClientConnection> connection;
  while (!check.failed() && (connection = check.take_connection()) == nullptr) co_await check.waiter;
  if (check.failed()) co_return false;
  http::UpstreamCall& call = connection->begin(check.waiter);
  send_check(call, settings, target->settings());
  while (!check.failed()) {
    const http::HeadState state = call.poll_head();
    if (state == http::HeadState::kFailed) break;
    if (state == http::HeadState::kReady) co_return call.response().status >= 200 && call.response().status < 400;
    if (state == http::HeadState::kPending) co_await check.waiter;
  }
  co_return false;
}

// Counts in a row, and flips the target when it is enough.
class Verdict {
 public:
  void note(Backend& backend, std::size_t target, bool good) {
    TargetState& state = backend.targets()[target];
    const HealthSettings& settings = backend.settings().health;
    const bool healthy = state.healthy.load(std::memory_order_relaxed);
    in_a_row_ = good == healthy ? 0 : in_a_row_ + 1;
    if (in_a_row_ < (healthy ? settings.unhealthy_after : settings.healthy_after) || good == healthy) return;
    in_a_row_ = 0;
    state.healthy.store(good, std::memory_order_relaxed);
    backend.counters().health_changes.fetch_add(1, std::memory_order_relaxed);
    log::write(good ? log::Level::kInfo : log::Level::kWarn, good ? "target_healthy" : "target_unhealthy",
               {{"backend", backend.settings().name}, {"target", backend.settings().targets[target].url}});
  }

 private:
  std::uint32_t in_a_row_ = 0;
};

net::Task<void> run_checks(net::Worker* worker, Backend* backend, TargetPool* pool, std::size_t target) {
  const Duration every = backend->settings().health.every;
  Verdict verdict;
  co_await net::sleep_for(*worker, random_between(Duration::zero(), std::min(every, kFirstWithin)));
  while (true) {
    net::Task<bool> check = check_once(worker, backend, pool);
    const bool good = co_await check;
    verdict.note(*backend, target, good);
    co_await net::sleep_for(*worker, random_between(every * 9 / 10, every * 11 / 10));
  }
}

}  // namespace

HealthChecker::HealthChecker(net::Worker& worker, Backend& backend,
                             std::span<const std::unique_ptr<TargetPool>> targets)
    : tasks_(worker, targets.size()) {
  for (std::size_t i = 0; i < targets.size(); ++i) {
    tasks_.spawn("health check", run_checks(&worker, &backend, targets[i].get(), i));
  }
}

std::string health_host(const BackendSettings& settings, const TargetSettings& target) {
  if (settings.host == HostHeader::kFixed) return settings.host_name;
  const bool literal_v6 = target.host.find(':') != std::string::npos && target.host.front() != '[';
  std::string host = literal_v6 ? "[" + target.host + "]" : target.host;
  if (target.port != (target.tls ? 443 : 80)) host += ":" + std::to_string(target.port);
  return host;
}

}  // namespace gatehouse::upstream
