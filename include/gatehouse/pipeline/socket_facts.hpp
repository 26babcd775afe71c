// The connection of a WebSocket API that a request stands for: its handshake, one of its messages, or its end.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace gatehouse::pipeline {

// Texts live as long as the request.
struct SocketFacts {
  std::string_view connection_id;
  std::string_view event;      // "CONNECT", "MESSAGE", "DISCONNECT"
  std::string_view route_key;  // as written: "$connect", "sendMessage"
  std::string_view message_id;  // of a message
  std::string_view user_agent;  // of the handshake
  std::chrono::system_clock::time_point connected_at;
  bool binary = false;               // the message is
  std::uint16_t close_code = 0;      // of the end
  std::string_view close_reason = {};
};

}  // namespace gatehouse::pipeline
