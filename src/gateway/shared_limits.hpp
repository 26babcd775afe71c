// Keeps the token buckets of a fleet in Redis: tells it what was taken here and fetches shares, on the background thread. A
// Redis that is away is asked again with growing pauses. Control plane only, but for buckets().
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/error.hpp"
#include "gatehouse/config/settings.hpp"
#include "gatehouse/middleware/shared_buckets.hpp"
#include "gatehouse/net/background_worker.hpp"
#include "gatehouse/observe/metrics.hpp"
#include "gatehouse/redis/client.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace gatehouse::gateway {

// What the background task and the control plane both hold.
struct SharedLimitsState {
  SharedLimitsState(const config::SharedSettings& settings_, const Clock& clock_, std::uint64_t seed)
      : settings(settings_), clock(clock_), buckets(settings.on_failure, seed, settings.every) {}
  const config::SharedSettings settings;
  const Clock& clock;
  middleware::SharedBuckets buckets;
  std::atomic<bool> stopped{false};
  std::atomic<std::uint64_t> round_trips{0}, failures{0}, reports{0}, tokens{0};
};

class SharedLimits {
 public:
  // Starts to talk with Redis; it need not be there. The error names a file for TLS that cannot be used.
  static Result<std::shared_ptr<SharedLimits>> start(const config::SharedSettings& settings, const Clock& clock,
                                                     net::BackgroundWorker& background, observe::Registry& registry);
  ~SharedLimits() { state_->stopped = true; }
  SharedLimits(const SharedLimits&) = delete;
  SharedLimits& operator=(const SharedLimits&) = delete;

  const config::SharedSettings& settings() const { return state_->settings; }
  std::shared_ptr<middleware::Buckets> buckets() const { return {state_, &state_->buckets}; }

 private:
  explicit SharedLimits(std::shared_ptr<SharedLimitsState> state) : state_(std::move(state)) {}
  void register_metrics(observe::Registry& registry);

  std::shared_ptr<SharedLimitsState> state_;
  std::vector<observe::Registry::Handle> metrics_;
};

}  // namespace gatehouse::gateway
