// What passes by in one direction of a relayed WebSocket connection: frame headers are looked at for limits and counts,
// payloads never.
#pragma once

#include "gatehouse/http/websocket.hpp"
#include "gatehouse/integration/websocket.hpp"

#include <cstdint>
#include <string_view>

namespace gatehouse::integration {

class FrameWatch {
 public:
  enum class Verdict : std::uint8_t { kFine, kFrameTooBig, kMessageTooBig };

  // All bytes of the direction go by here, in order.
  Verdict look(std::string_view bytes, const WebSocketSettings& limits);
  // Between two frames: only here a frame of our own may be put in.
  bool between_frames() const { return left_ == 0 && header_.at_start(); }
  std::uint64_t messages() const { return messages_; }
  // The code of the Close frame that went by; 0: none yet; 1005: one without a code.
  std::uint16_t close_code() const { return close_code_; }

 private:
  Verdict begin_frame(const WebSocketSettings& limits);
  void note_close(std::string_view payload);

  http::websocket::HeaderReader header_;
  std::uint64_t left_ = 0;     // of the frame's payload
  std::uint64_t message_ = 0;  // bytes of the message so far
  std::uint64_t messages_ = 0;
  std::uint16_t close_code_ = 0;
  std::uint8_t close_bytes_ = 0;
};

}  // namespace gatehouse::integration
