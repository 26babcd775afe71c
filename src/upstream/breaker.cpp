// Closed, open, half open: two points in time say which.
#include "breaker.hpp"

#include <algorithm>

namespace gatehouse::upstream {
namespace {

// Fewer requests than this say nothing about a share.
constexpr std::uint64_t kFewest = 20;

std::int64_t count(TimePoint time) { return time.time_since_epoch().count(); }

}  // namespace

Breaker::Breaker(const BreakerSettings& settings, const Clock& clock)
    : settings_(settings), clock_(clock), window_(settings.window) {}

bool Breaker::admits() {
  if (off()) return true;
  const std::int64_t until = open_until_.load(std::memory_order_relaxed);
  if (until == 0) return true;
  const TimePoint now = clock_.now();
  if (count(now) < until) return false;
  std::int64_t probe = probe_until_.load(std::memory_order_relaxed);
  if (count(now) < probe) return false;
  return probe_until_.compare_exchange_strong(probe, count(now + settings_.open), std::memory_order_relaxed);
}

Duration Breaker::remaining() const {
  const std::int64_t until = open_until_.load(std::memory_order_relaxed);
  return until == 0 ? Duration() : std::max(Duration(until - count(clock_.now())), Duration());
}

bool Breaker::report(AttemptOutcome outcome) {
  if (off()) return false;
  const std::int64_t until = open_until_.load(std::memory_order_relaxed);
  if (outcome == AttemptOutcome::kAbandoned) {
    // It may have been the probe, which decided nothing.
    if (until != 0) probe_until_.store(0, std::memory_order_relaxed);
    return false;
  }
  const bool failed = outcome != AttemptOutcome::kAnswered;
  const TimePoint now = clock_.now();
  if (until == 0) return report_closed(now, failed);
  if (count(now) < until) return false;  // sent before it opened
  if (failed) {
    open_at(now);
    return true;
  }
  window_.clear();
  open_until_.store(0, std::memory_order_relaxed);
  return false;
}

bool Breaker::report_closed(TimePoint now, bool failed) {
  window_.add(now, 1, failed ? 1 : 0);
  if (!failed) return false;
  const RollingWindow::Sums sums = window_.sums(now);
  if (sums.events < kFewest) return false;
  if (static_cast<double>(sums.marked) < settings_.errors * static_cast<double>(sums.events)) return false;
  open_at(now);
  return true;
}

void Breaker::open_at(TimePoint now) {
  probe_until_.store(0, std::memory_order_relaxed);
  open_until_.store(count(now + settings_.open), std::memory_order_relaxed);
}

}  // namespace gatehouse::upstream
