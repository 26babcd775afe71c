// What the gateways of a fleet have used together, where each keeps its counts in a store of its own: Redis has a number for each
// gateway, key and period. A gateway tells its own numbers, as they are, and hears the sum of the others'. To tell one twice changes
// nothing, and a Redis that lost them is told them again. Works on the background worker; a Redis that is away is asked again with
// growing pauses.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/error.hpp"
#include "gatehouse/net/background_worker.hpp"
#include "gatehouse/observe/metrics.hpp"
#include "gatehouse/plans/ledger.hpp"
#include "gatehouse/redis/settings.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::plans {

struct FleetSettings {
  redis::Settings redis;
  std::string prefix = "gatehouse:";                // of every key
  Duration every = std::chrono::milliseconds(50);  // between two rounds
  bool closed = false;                             // while Redis is away quotas admit nothing; else each gateway counts alone
  bool operator==(const FleetSettings&) const = default;
};

class FleetUsage {
 public:
  // Keeps the accounts of `ledger` in step from now on, until it is destroyed; Redis need not be there. `gateway` is this one's name,
  // the same after each start with the same store. The error names a file for TLS that cannot be used. The rest outlives it.
  static Result<std::shared_ptr<FleetUsage>> start(FleetSettings settings, std::string gateway, std::shared_ptr<const Ledger> ledger,
                                                   const Clock& clock, net::BackgroundWorker& background, observe::Registry& registry);
  ~FleetUsage();
  FleetUsage(const FleetUsage&) = delete;
  FleetUsage& operator=(const FleetUsage&) = delete;

  const FleetSettings& settings() const;
  // The name that it began with.
  const std::string& gateway() const { return gateway_; }
  // False while nobody can tell what a key has used and `closed` is set. Any thread.
  bool may_admit() const;
  // All accounts have heard of the others, and Redis still answers. Any thread.
  bool connected() const;
  // On the background worker: tells of those accounts that have something to tell, and hears, before the next round, on a connection of
  // its own. Within a few seconds, whatever Redis does; what was not told then is told in a later round.
  net::Task<void> tell(std::vector<AccountPtr> accounts) const;

  // Nothing is told any more, though requests of a former configuration may still ask. Two at work would each miss what the other told.
  void stop();

  struct State;

 private:
  FleetUsage(std::shared_ptr<State> state, std::string gateway) : state_(std::move(state)), gateway_(std::move(gateway)) {}
  void observe_itself(observe::Registry& registry);

  std::shared_ptr<State> state_;
  const std::string gateway_;
  std::vector<observe::Registry::Handle> metrics_;
};

}  // namespace gatehouse::plans
