// A backend over all workers: its settings, and what is known of its targets. Thread-safe; lives as long as a pool uses it.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/error.hpp"
#include "gatehouse/net/tls.hpp"
#include "gatehouse/upstream/settings.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace gatehouse::upstream {

class Breaker;
class RetryBudget;

// What all workers know of one target. Relaxed atomics: each value stands alone.
struct alignas(64) TargetState {
  std::atomic<bool> healthy{true};             // by active checks
  std::atomic<std::int64_t> ejected_until{0};  // steady clock, ns
  std::atomic<std::uint32_t> ejections{0};     // in a row: no request succeeded in between
  std::atomic<std::uint32_t> failures{0};      // in a row, by requests
  std::atomic<std::uint32_t> in_flight{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> errors{0};
};

// How one attempt ended, for ejection, breaker and metrics.
enum class AttemptOutcome : std::uint8_t { kAnswered, kAnsweredWithError /* 5xx */, kFailed, kAbandoned };

// On a cache line of their own: every worker writes them.
struct alignas(64) BackendCounters {
  std::atomic<std::uint64_t> retries{0}, retries_refused{0}, breaker_opened{0}, queue_full{0}, no_healthy_target{0},
      connections_opened{0}, connections_closed{0}, connections_reused{0}, health_changes{0};
};

class Backend {
 public:
  // Fails when the TLS files cannot be used; the error names the file.
  static Result<std::shared_ptr<Backend>> make(BackendSettings settings, const Clock& clock);
  ~Backend();

  const BackendSettings& settings() const { return settings_; }
  std::span<TargetState> targets() { return {targets_.get(), settings_.targets.size()}; }
  const net::TlsClientContext* tls() const { return tls_.get(); }
  BackendCounters& counters() { return counters_; }
  // For settings().concurrency: of requests, not attempts.
  net::Permits& permits() { return permits_; }

  // Neither unhealthy, ejected nor of weight 0. When every target is ejected (not: unhealthy), none counts as ejected.
  bool usable(std::size_t target) const;
  // False while the breaker is open; lets one probe pass when its time has come. What is admitted is reported once.
  bool breaker_admits();
  bool breaker_open() const;
  // How long the breaker stays open for sure.
  Duration breaker_remaining() const;
  // Once per request, not per attempt: what the retry budget is a share of.
  void count_request(TimePoint now);
  // True, and paid for, when the retry budget allows one more.
  bool take_retry();
  // Attempts report themselves (Attempt::finish).
  void report(std::size_t target, AttemptOutcome outcome);

 private:
  Backend(BackendSettings settings, const Clock& clock, std::shared_ptr<const net::TlsClientContext> tls);
  bool ejected(std::size_t target, std::int64_t now) const;
  void count_failure(std::size_t target);

  BackendSettings settings_;
  const Clock& clock_;
  std::shared_ptr<const net::TlsClientContext> tls_;
  std::unique_ptr<TargetState[]> targets_;
  std::unique_ptr<Breaker> breaker_;
  std::unique_ptr<RetryBudget> budget_;
  BackendCounters counters_;
  net::Permits permits_;
};

}  // namespace gatehouse::upstream
