// The feeds of a configuration at work: each table's stream is read once for all feeds from it, on the background worker, while
// somebody of this process is connected. Every node reads for its own connections.
#pragma once

#include "gatehouse/dynamo/engine/engine.hpp"
#include "gatehouse/net/background_worker.hpp"
#include "gatehouse/observe/metrics.hpp"
#include "gatehouse/wsapi/feed_settings.hpp"
#include "gatehouse/wsapi/registry.hpp"

#include <memory>
#include <string>
#include <vector>

namespace gatehouse::wsapi {

struct FeedSetup {
  std::string api;
  std::shared_ptr<dynamo::Engine> engine;
  FeedSettings feed;
  std::size_t message = 128 * kKiB;  // bytes at most
  bool operator==(const FeedSetup&) const = default;
};

class Feeds {
 public:
  // All outlive it. The background worker is stopped before the stores close.
  Feeds(net::BackgroundWorker& background, Registry& connections, observe::Registry& metrics);
  ~Feeds();
  // These from now on. What is kept goes on where it is. Returns when the new ones listen, where that takes no network, and
  // those that are not wanted any more have let their stores go. Control plane.
  void adopt(std::vector<FeedSetup> feeds);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace gatehouse::wsapi
