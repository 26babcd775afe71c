// Stops sending to a backend whose requests fail, and lets one probe through after a while. Thread-safe, lock-free.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/upstream/backend.hpp"
#include "rolling_window.hpp"

#include <atomic>
#include <cstdint>

namespace gatehouse::upstream {

class Breaker {
 public:
  Breaker(const BreakerSettings& settings, const Clock& clock);

  // Every admitted attempt is reported once.
  bool admits();
  // Also while a probe decides.
  bool open() const { return open_until_.load(std::memory_order_relaxed) != 0; }
  // How long requests are still refused, as far as is known; 0 when they are not, or a probe decides.
  Duration remaining() const;
  // True when this report opened it, for the first time or again.
  bool report(AttemptOutcome outcome);

 private:
  bool off() const { return settings_.errors <= 0; }
  bool report_closed(TimePoint now, bool failed);
  void open_at(TimePoint now);

  BreakerSettings settings_;
  const Clock& clock_;
  RollingWindow window_;
  std::atomic<std::int64_t> open_until_{0};   // steady clock, ns; 0: closed. Once passed: half open
  std::atomic<std::int64_t> probe_until_{0};  // one probe is out; another may go then, should it never be reported
};

}  // namespace gatehouse::upstream
