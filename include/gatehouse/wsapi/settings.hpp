// What can be set about WebSocket APIs and their routes. Plain values.
#pragma once

#include "gatehouse/wsapi/connection_limits.hpp"
#include "gatehouse/wsapi/feed_settings.hpp"
#include "gatehouse/wsapi/selection.hpp"

#include <cstdint>
#include <vector>

namespace gatehouse::wsapi {

// What a backend is sent: the message itself with fields about it, or Amazon's proxy event.
enum class EventForm : std::uint8_t { kPlain, kAws };

enum class RouteKind : std::uint8_t { kConnect, kMessage, kDefault, kDisconnect };

struct RouteSettings {
  RouteKind kind = RouteKind::kMessage;
  EventForm event = EventForm::kPlain;
  bool reply = false;  // the integration's answer goes to the client
  bool operator==(const RouteSettings&) const = default;
};

struct ApiSettings {
  RouteSelection selection = *RouteSelection::parse("$request.body.action");
  EventForm event = EventForm::kPlain;
  ConnectionLimits limits;
  std::vector<FeedSettings> feeds;
  bool operator==(const ApiSettings&) const = default;
};

// Every path below an API's base path that begins with @connections or @groups. Which API it is says the route.
struct ManagementRoute {
  bool operator==(const ManagementRoute&) const = default;
};

}  // namespace gatehouse::wsapi
