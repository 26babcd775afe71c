#include "frame_watch.hpp"

#include <algorithm>

namespace gatehouse::integration {

namespace websocket = http::websocket;
using websocket::Opcode;

namespace {

constexpr std::uint16_t kNoCode = 1005;

}  // namespace

FrameWatch::Verdict FrameWatch::look(std::string_view bytes, const WebSocketSettings& limits) {
  while (!bytes.empty()) {
    if (left_ == 0) {
      if (!header_.read(bytes)) return Verdict::kFine;
      if (const Verdict verdict = begin_frame(limits); verdict != Verdict::kFine) return verdict;
    }
    const std::size_t passed = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    if (close_bytes_ > 0) note_close(bytes.substr(0, passed));
    left_ -= passed;
    bytes.remove_prefix(passed);
  }
  return Verdict::kFine;
}

FrameWatch::Verdict FrameWatch::begin_frame(const WebSocketSettings& limits) {
  const websocket::FrameHeader& header = header_.header();
  left_ = header.length;
  if (header_.impossible() || (limits.frame > 0 && left_ > limits.frame)) return Verdict::kFrameTooBig;
  if (websocket::is_control(header.opcode)) {
    if (header.opcode == Opcode::kClose && close_code_ == 0) {
      close_bytes_ = left_ >= 2 ? 2 : 0;
      if (left_ < 2) close_code_ = kNoCode;
    }
    return Verdict::kFine;
  }
  message_ = header.opcode == Opcode::kContinuation ? message_ + left_ : left_;
  if (header.final) ++messages_;
  return limits.message > 0 && message_ > limits.message ? Verdict::kMessageTooBig : Verdict::kFine;
}

void FrameWatch::note_close(std::string_view payload) {
  const websocket::FrameHeader& header = header_.header();
  for (std::size_t i = 0; i < payload.size() && close_bytes_ > 0; ++i, --close_bytes_) {
    const std::uint8_t mask = header.masked ? header.mask[2U - close_bytes_] : 0;
    close_code_ = static_cast<std::uint16_t>(close_code_ << 8 | (static_cast<std::uint8_t>(payload[i]) ^ mask));
  }
}

}  // namespace gatehouse::integration
