#include "gateway/socket_apis.hpp"

#include <utility>
#include <variant>

namespace gatehouse::gateway {
namespace {

using wsapi::RouteKind;
using wsapi::SocketRoute;

}  // namespace

SocketApiBuilder::SocketApiBuilder(const config::Settings& settings, const config::ApiSettings& api, observe::Registry& registry)
    : api_(api), registry_(registry), routes_(std::make_shared<wsapi::SocketRoutes>()) {
  if (!api.base_path.empty()) routes_->path = api.base_path;
  routes_->selection = api.sockets->selection;
  routes_->limits = std::make_shared<const wsapi::ConnectionLimits>(api.sockets->limits);
  routes_->errors = effective_route(settings, &api, nullptr).scoped.errors.value_or(config::ErrorStyle::kHelpful);
}

wsapi::RouteCounters SocketApiBuilder::counters(std::string_view route) const {
  const observe::Labels labels{{"api", api_.id()}, {"route", std::string(route)}};
  return {&registry_.counter("gatehouse_websocket_api_messages_total", "Messages to a route of a WebSocket API; of $disconnect: ends.", labels),
          &registry_.counter("gatehouse_websocket_api_replies_total", "Messages that were answered with what the integration said.", labels),
          &registry_.counter("gatehouse_websocket_api_integration_errors_total", "Messages whose integration failed.", labels)};
}

void SocketApiBuilder::add(const config::RouteSettings& settings, std::unique_ptr<pipeline::Route> route) {
  SocketRoute made;
  made.settings = *settings.socket;
  made.backend = std::holds_alternative<integration::ProxySettings>(settings.integration);
  made.counters = counters(route->label);
  made.route = std::move(route);
  // Refusals are frames here, in a form of their own.
  made.route->errors = nullptr;
  switch (made.settings.kind) {
    case RouteKind::kMessage: routes_->messages.emplace(settings.match, std::move(made)); break;
    case RouteKind::kDefault: routes_->otherwise = std::make_unique<SocketRoute>(std::move(made)); break;
    case RouteKind::kDisconnect: routes_->disconnect = std::make_unique<SocketRoute>(std::move(made)); break;
    case RouteKind::kConnect: break;
  }
}

void SocketApiBuilder::add_nowhere(std::unique_ptr<pipeline::Route> route) {
  route->errors = nullptr;
  routes_->nowhere.counters = counters(route->label);
  routes_->nowhere.route = std::move(route);
}

config::RouteSettings nowhere_route() {
  config::RouteSettings route;
  route.match = "(no route)";
  route.socket.emplace();
  return route;
}

bool is_message_route(const config::RouteSettings& route) { return route.socket && route.socket->kind != RouteKind::kConnect; }

}  // namespace gatehouse::gateway
