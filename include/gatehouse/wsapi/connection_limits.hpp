// What can be set about a connection of a WebSocket API. Plain values.
#pragma once

#include "gatehouse/base/units.hpp"
#include "gatehouse/http/websocket_limits.hpp"

#include <cstddef>

namespace gatehouse::wsapi {

// What holds for a connection for all of its life.
struct ConnectionLimits {
  http::WebSocketLimits socket;
  // Messages that wait while one is being handled; then the client is no longer read until there is room.
  std::size_t queue_messages = 16;
  std::size_t queue_bytes = 256 * kKiB;
  std::size_t groups = 64;  // that it can be in
  bool operator==(const ConnectionLimits&) const = default;
};

}  // namespace gatehouse::wsapi
