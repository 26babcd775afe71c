// What a WebSocketEndpoint has only while it needs it.
#pragma once

#include "gatehouse/http/utf8_check.hpp"
#include "gatehouse/http/websocket_endpoint.hpp"

#include <memory>
#include <string>
#include <vector>

namespace gatehouse::http {

struct WebSocketEndpoint::Incoming {
  websocket::HeaderReader header;
  std::uint64_t left = 0;   // of the frame's payload
  bool in_frame = false;    // its header has been read
  bool in_message = false;  // a frame of the message has been seen, its last one not yet
  bool binary = false;
  Utf8Check utf8;
  std::string message;      // what has come of it
  std::string control;      // what has come of a control frame

  bool idle() const { return !in_frame && !in_message && header.at_start(); }
};

struct WebSocketEndpoint::Outgoing {
  struct Piece {
    std::shared_ptr<const std::string> bytes;
    std::size_t from;
  };
  std::vector<Piece> pieces;
  std::size_t first = 0;  // the first that is not gone
  std::size_t bytes = 0;  // that wait, and what keeping them costs
  TimePoint since;        // the system took some, or there was nothing
};

}  // namespace gatehouse::http
