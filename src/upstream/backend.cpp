// Which targets may be used: active checks, passive ejection; breaker and retry budget.
#include "gatehouse/upstream/backend.hpp"

#include "breaker.hpp"
#include "gatehouse/base/log.hpp"
#include "retry_budget.hpp"

#include <algorithm>

namespace gatehouse::upstream {
namespace {

// An ejection lasts ejection.open times the number of ejections in a row, and at most this many times.
constexpr std::uint32_t kLongestEjection = 10;

}  // namespace

Result<std::shared_ptr<Backend>> Backend::make(BackendSettings settings, const Clock& clock) {
  const bool any_tls =
      std::any_of(settings.targets.begin(), settings.targets.end(), [](const auto& t) { return t.tls; });
  std::shared_ptr<const net::TlsClientContext> tls;
  if (any_tls) {
    auto made = net::make_tls_client_context(settings.tls);
    if (made.has_error()) return made.error();
    tls = std::move(*made);
  }
  return std::shared_ptr<Backend>(new Backend(std::move(settings), clock, std::move(tls)));
}

Backend::Backend(BackendSettings settings, const Clock& clock, std::shared_ptr<const net::TlsClientContext> tls)
    : settings_(std::move(settings)),
      clock_(clock),
      tls_(std::move(tls)),
      targets_(new TargetState[settings_.targets.size()]),
      breaker_(std::make_unique<Breaker>(settings_.breaker, clock)),
      budget_(std::make_unique<RetryBudget>(settings_.retries.budget, clock)) {}

Backend::~Backend() = default;

bool Backend::ejected(std::size_t target, std::int64_t now) const {
  return targets_[target].ejected_until.load(std::memory_order_relaxed) > now;
}

bool Backend::usable(std::size_t target) const {
  const auto in_service = [this](std::size_t i) {
    return settings_.targets[i].weight > 0 && targets_[i].healthy.load(std::memory_order_relaxed);
  };
  if (!in_service(target)) return false;
  // The clock is only asked where a target was ejected lately.
  if (targets_[target].ejected_until.load(std::memory_order_relaxed) == 0) return true;
  const std::int64_t now = clock_.now().time_since_epoch().count();
  if (!ejected(target, now)) return true;
  for (std::size_t i = 0; i < settings_.targets.size(); ++i) {
    if (in_service(i) && !ejected(i, now)) return false;
  }
  return true;
}

bool Backend::breaker_admits() { return breaker_->admits(); }

bool Backend::breaker_open() const { return breaker_->open(); }

Duration Backend::breaker_remaining() const { return breaker_->remaining(); }

bool Backend::take_retry() {
  const bool taken = budget_->take();
  (taken ? counters_.retries : counters_.retries_refused).fetch_add(1, std::memory_order_relaxed);
  return taken;
}

void Backend::count_request(TimePoint now) { budget_->count_request(now); }

void Backend::report(std::size_t target, AttemptOutcome outcome) {
  TargetState& state = targets_[target];
  if (outcome != AttemptOutcome::kAbandoned) state.requests.fetch_add(1, std::memory_order_relaxed);
  if (outcome == AttemptOutcome::kFailed || outcome == AttemptOutcome::kAnsweredWithError) {
    state.errors.fetch_add(1, std::memory_order_relaxed);
  }
  if (outcome == AttemptOutcome::kFailed) {
    count_failure(target);
  } else if (outcome != AttemptOutcome::kAbandoned && state.failures.load(std::memory_order_relaxed) != 0) {
    // An error is an answer too: the target is there.
    state.failures.store(0, std::memory_order_relaxed);
    state.ejections.store(0, std::memory_order_relaxed);
    state.ejected_until.store(0, std::memory_order_relaxed);
  }
  if (breaker_->report(outcome)) {
    counters_.breaker_opened.fetch_add(1, std::memory_order_relaxed);
    log::warn("breaker_opened", {{"backend", settings_.name}});
  }
}

// Failures are counted on through an ejection: after it a single one ejects again, for longer.
void Backend::count_failure(std::size_t target) {
  TargetState& state = targets_[target];
  const std::uint32_t failures = state.failures.fetch_add(1, std::memory_order_relaxed) + 1;
  if (settings_.ejection.failures == 0 || failures < settings_.ejection.failures) return;
  const std::int64_t now = clock_.now().time_since_epoch().count();
  std::int64_t until = state.ejected_until.load(std::memory_order_relaxed);
  if (until > now) return;
  const std::uint32_t times = std::min(state.ejections.load(std::memory_order_relaxed) + 1, kLongestEjection);
  if (!state.ejected_until.compare_exchange_strong(until, now + settings_.ejection.open.count() * times,
                                                   std::memory_order_relaxed)) {
    return;
  }
  state.ejections.fetch_add(1, std::memory_order_relaxed);
  log::warn("target_ejected", {{"backend", settings_.name},
                               {"target", settings_.targets[target].url},
                               {"failures", static_cast<std::uint64_t>(failures)},
                               {"times", static_cast<std::uint64_t>(times)}});
}

}  // namespace gatehouse::upstream
