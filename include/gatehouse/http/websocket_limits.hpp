// What can be set about a connection of the gateway's own WebSocket endpoint. Plain values.
#pragma once

#include "gatehouse/base/units.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace gatehouse::http {

// What holds for a connection. The defaults are Amazon's.
struct WebSocketLimits {
  std::uint64_t message = 128 * kKiB;  // bytes of a message, all its frames together; beyond it 1009
  std::uint64_t frame = 32 * kKiB;     // bytes of one frame's payload; beyond it 1009
  bool binary = false;                 // else binary messages are 1003
  Duration idle = std::chrono::minutes(10);    // without a byte either way; then 1001. 0: never
  Duration lifetime = std::chrono::hours(2);   // then 1001. 0: for ever
  Duration ping{};                             // between our pings; a client silent for two of them is dead, 1011. 0: none
  std::size_t send_buffer = 256 * kKiB;        // waits for a client that does not read; what goes beyond it is refused
  Duration send_wait = std::chrono::seconds(30);  // a client that takes nothing for so long is gone
  Duration close_wait = std::chrono::seconds(5);  // for the client's part of the closing handshake
  bool operator==(const WebSocketLimits&) const = default;
};

}  // namespace gatehouse::http
