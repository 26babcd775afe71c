// What a WebSocket API does: lets a handshake in, finds the route of each message, runs its steps and its integration, replies,
// and tells the end. SocketApi stays as long as the API has connections; SocketRoutes are what one configuration makes of it.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/observe/metrics.hpp"
#include "gatehouse/pipeline/error_answers.hpp"
#include "gatehouse/pipeline/integration.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "gatehouse/wsapi/connection.hpp"
#include "gatehouse/wsapi/registry.hpp"
#include "gatehouse/wsapi/selection.hpp"
#include "gatehouse/wsapi/settings.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gatehouse::wsapi {

// Counters of one route, each with a cell for every worker.
struct RouteCounters {
  observe::Counter* messages = nullptr;
  observe::Counter* replies = nullptr;
  observe::Counter* integration_errors = nullptr;
};

// A route with its steps and its integration, ready to be run on a CallExchange. `label` is its key.
struct SocketRoute {
  RouteSettings settings;
  bool backend = false;  // the integration is one: what it is sent depends on `settings.event`
  std::unique_ptr<pipeline::Route> route;
  RouteCounters counters;
};

// Of one configuration. Immutable, shared by workers.
struct SocketRoutes {
  std::string path = "/";  // what backends see unless their route says otherwise
  RouteSelection selection = *RouteSelection::parse("$request.body.action");
  pipeline::ErrorStyle errors = pipeline::ErrorStyle::kHelpful;
  std::shared_ptr<const ConnectionLimits> limits;

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
  };
  std::unordered_map<std::string, SocketRoute, Hash, std::equal_to<>> messages;  // $default is none of them
  std::unique_ptr<SocketRoute> otherwise;                                        // $default; may be none
  std::unique_ptr<SocketRoute> disconnect;                                       // may be none
  SocketRoute nowhere;  // steps for messages that no route takes
};

// How one ended, for log and metrics. Texts are valid during the call.
struct SocketSummary {
  std::string_view api, route, request_id, connection_id;
  IpAddress client;
  const Ending& ending;
};

// On the worker's thread.
class SocketObserver {
 public:
  virtual ~SocketObserver() = default;
  virtual void on_socket_opened(const net::Worker& worker, std::string_view api) = 0;
  virtual void on_socket_closed(const net::Worker& worker, const SocketSummary& summary) noexcept = 0;
};

class SocketApi final : public MessageSink, public std::enable_shared_from_this<SocketApi> {
 public:
  // Clock and observer outlive it.
  SocketApi(std::string id, std::size_t workers, const Clock& clock, SocketObserver& observer);

  // On the worker's thread: what comes from now on is handled so, on connections that are open already too.
  void adopt(const net::Worker& worker, std::shared_ptr<const SocketRoutes> routes);
  std::shared_ptr<const SocketRoutes> routes(const net::Worker& worker) const;
  SocketObserver& observer() const { return observer_; }
  const Clock& clock() const { return clock_; }

  std::string_view api() const override { return id_; }
  net::Task<void> on_message(std::shared_ptr<Connection> connection, Message message) override;
  net::Task<void> on_closed(std::shared_ptr<Connection> connection, Ending ending) override;
  // The end of a connection that $connect let in and that never came to be.
  net::Task<void> tell_end(net::Worker& worker, ConnectionId id, ConnectionFacts facts, Ending ending);

 private:
  const std::string id_;
  const Clock& clock_;
  SocketObserver& observer_;
  std::vector<std::shared_ptr<const SocketRoutes>> by_worker_;  // each read and written by its worker alone
};

// The integration of an API's $connect: asks `inner` (null: everybody is let in), then switches protocols. 426 where no WebSocket
// is asked for; what `inner` says beyond 2xx is the answer.
struct ConnectSettings {
  std::string api, stage;
  RouteSettings route;
  bool backend = false;
  std::shared_ptr<const ConnectionLimits> limits;
};
std::shared_ptr<const pipeline::Integration> make_connect(ConnectSettings settings, std::shared_ptr<const pipeline::Integration> inner,
                                                          std::shared_ptr<SocketApi> api, std::shared_ptr<Registry> registry);

}  // namespace gatehouse::wsapi
