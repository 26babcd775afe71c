// One line of the access log for a WebSocket connection that has ended: its request had one of its own, with status 101.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/ip.hpp"
#include "gatehouse/observe/access_log.hpp"

#include <cstdint>
#include <string_view>

namespace gatehouse::middleware {

struct WebSocketLine {
  std::string_view api, route, request_id;
  std::string_view backend;        // where it was passed on; empty: nowhere
  std::string_view connection_id;  // of a WebSocket API; empty: none
  IpAddress client;
  std::string_view reason;
  std::uint16_t code = 0;  // of the Close frame
  std::uint64_t messages_in = 0, messages_out = 0, bytes_in = 0, bytes_out = 0;
  Duration lasted{};
};

void log_websocket(observe::AccessLog& log, unsigned worker, const Clock& clock, const WebSocketLine& ended);

}  // namespace gatehouse::middleware
