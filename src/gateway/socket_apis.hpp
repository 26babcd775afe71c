// The WebSocket APIs of a configuration, compiled: what their SocketApis adopt. While a snapshot is being built.
#pragma once

#include "gateway/pipeline_order.hpp"

#include "gatehouse/config/settings.hpp"
#include "gatehouse/observe/metrics.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "gatehouse/wsapi/api.hpp"

#include <memory>

namespace gatehouse::gateway {

// One API with what it does from now on.
struct SocketPart {
  std::shared_ptr<wsapi::SocketApi> api;
  std::shared_ptr<const wsapi::SocketRoutes> routes;
};

// Gathers the routes of one API.
class SocketApiBuilder {
 public:
  SocketApiBuilder(const config::Settings& settings, const config::ApiSettings& api, observe::Registry& registry);

  std::shared_ptr<const wsapi::ConnectionLimits> limits() const { return routes_->limits; }
  // A compiled route of messages, or of the end.
  void add(const config::RouteSettings& settings, std::unique_ptr<pipeline::Route> route);
  // Steps without an integration, for messages that no route takes.
  void add_nowhere(std::unique_ptr<pipeline::Route> route);
  std::shared_ptr<const wsapi::SocketRoutes> take() { return std::move(routes_); }

 private:
  wsapi::RouteCounters counters(std::string_view route) const;

  const config::ApiSettings& api_;
  observe::Registry& registry_;
  std::shared_ptr<wsapi::SocketRoutes> routes_;
};

// For messages that no route takes: what is counted and logged, and how often it may happen.
config::RouteSettings nowhere_route();
// Of a WebSocket API and not its $connect: no request of HTTP comes to it.
bool is_message_route(const config::RouteSettings& route);

}  // namespace gatehouse::gateway
