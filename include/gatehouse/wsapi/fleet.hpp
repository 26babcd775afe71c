// The connections of all gateways that share a Redis: a Directory that asks this process's registry for its own connections
// and, through Redis, the node that holds the socket for others. It notes this process's connections where other nodes find
// them, and makes the $disconnect calls of nodes that are gone. docs/websocket-fleet.md. Any thread, but for what says otherwise.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/net/background_worker.hpp"
#include "gatehouse/observe/metrics.hpp"
#include "gatehouse/redis/settings.hpp"
#include "gatehouse/wsapi/directory.hpp"
#include "gatehouse/wsapi/orphan.hpp"
#include "gatehouse/wsapi/registry.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::wsapi {

struct FleetSettings {
  redis::Settings redis;
  std::string prefix;
  Duration alive = std::chrono::seconds(5);     // without a sign of life for so long, a node is dead
  Duration sign = std::chrono::seconds(1);      // between two signs of life
  Duration answer = std::chrono::seconds(2);    // for another node to answer
  Duration patience = std::chrono::seconds(10); // of a node that has just come (back), before it takes others for dead
  Duration young = std::chrono::seconds(15);    // for all nodes to come back to a Redis that forgot them
  Duration lease = std::chrono::seconds(10);    // on a dead node, renewed while its calls are made
  Duration call = std::chrono::seconds(60);     // for some $disconnect calls of a dead node, made side by side
  std::size_t waiting = 4096;                   // requests to other nodes, and theirs to this one, that are not answered
  std::size_t queue = 8192;                     // what waits for Redis's answer: requests, answers, notes
  std::size_t queue_bytes = 64 * kMiB;          // and its size
  std::size_t notes = 100'000;                  // of connections, that Redis does not have yet
  std::size_t notes_bytes = 64 * kMiB;          // and their size
  bool operator==(const FleetSettings&) const = default;
};

struct FleetState;

class Fleet final : public Directory {
 public:
  // Makes the $disconnect call of a connection whose node is gone. `told` is called when that is over, however it went. Called
  // on the background thread.
  using TellEnd = std::function<void(Orphan orphan, std::function<void()> told)>;

  // Starts to talk with Redis, which need not be there. All that is given outlives the background's thread. The error names a
  // file for TLS that cannot be used.
  static Result<std::shared_ptr<Fleet>> start(FleetSettings settings, Registry& registry, net::BackgroundWorker& background,
                                              observe::Registry& metrics, TellEnd tell_end);
  ~Fleet() override;
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  const FleetSettings& settings() const;
  // For the end of the process: the others need not wait for signs of life. Returns when Redis knows, or after `patience`. Not
  // on the background's thread.
  void leave(Duration patience);

  void send(std::string_view api, const ConnectionId& id, http::PreparedFrame frame, Done<Outcome> done) override;
  void close(std::string_view api, const ConnectionId& id, http::websocket::CloseCode code, std::string text, Done<Outcome> done) override;
  void describe(std::string_view api, const ConnectionId& id, Done<Described> done) override;
  void join(std::string_view api, std::string_view group, const ConnectionId& id, Done<Outcome> done) override;
  void leave(std::string_view api, std::string_view group, const ConnectionId& id, Done<Outcome> done) override;
  // Without the answer of all nodes the outcome is kUnknown, or kUnavailable when only this process's connections were reached.
  void broadcast(std::string_view api, std::string_view group, http::PreparedFrame frame, Done<Delivered> done) override;
  void list(std::string_view api, std::string_view group, std::string_view next, std::uint32_t limit, Done<Presence> done) override;

 private:
  explicit Fleet(std::shared_ptr<FleetState> state);
  void register_metrics(observe::Registry& metrics);
  bool is_local(const ConnectionId& id) const;

  std::shared_ptr<FleetState> state_;
  std::shared_ptr<RegistryWatcher> watcher_;
  std::vector<observe::Registry::Handle> metrics_;
};

}  // namespace gatehouse::wsapi
