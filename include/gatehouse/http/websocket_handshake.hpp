// The server's side of the opening handshake (RFC 6455 section 4.2). Pure.
#pragma once

#include "gatehouse/http/head.hpp"

#include <array>
#include <cstddef>
#include <string_view>

namespace gatehouse::http::websocket {

inline constexpr std::size_t kAcceptSize = 28;

enum class HandshakeProblem : unsigned char {
  kNone,
  kNotAsked,  // no request to upgrade to a WebSocket: 426 with Upgrade: websocket
  kVersion,   // another version than 13: 426 with Sec-WebSocket-Version: 13
  kMalformed, // 400: another method than GET, or a key that is not 16 bytes in base64
};
HandshakeProblem check_handshake(const RequestHead& request);

// The value of Sec-WebSocket-Accept for a client's Sec-WebSocket-Key.
std::array<char, kAcceptSize> accept_value(std::string_view key);

// Whether `wanted` is among the subprotocols that the client offers, in all its Sec-WebSocket-Protocol fields.
bool offers_subprotocol(const RequestHead& request, std::string_view wanted);

}  // namespace gatehouse::http::websocket
