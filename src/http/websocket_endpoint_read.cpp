// What comes from the client: bytes to frames, frames to messages, and the judgement of both (RFC 6455 sections 5 and 7.4).
#include "websocket_endpoint_parts.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::http {

using websocket::CloseCode;
using websocket::FrameHeader;
using websocket::Opcode;

namespace {

constexpr std::size_t kReadAtOnce = 64 * 1024;     // and so the most that is kept while paused
constexpr std::size_t kBytesPerTurn = 256 * 1024;  // then others have their turn
constexpr std::uint16_t kNoCode = 1005;

std::string_view view(std::span<const char> bytes) { return {bytes.data(), bytes.size()}; }

// What may stand in a Close frame: RFC 6455 section 7.4 and the registry it makes.
bool may_be_sent(std::uint16_t code) {
  if (code < 1000 || code > 4999) return false;
  return code >= 3000 || (code <= 1014 && code != 1004 && code != kNoCode && code != 1006);
}

}  // namespace

void WebSocketEndpoint::read_some() {
  std::size_t moved = 0;
  while (state_ != State::kEnded && !unread_ && (!paused_ || state_ != State::kOpen) && stream_->may_read()) {
    if (moved >= kBytesPerTurn) return worker_.reactor().rearm(stream_->fd(), *this);
    const auto room = worker_.receive_buffer().first(kReadAtOnce);
    const net::IoResult got = stream_->read(room);
    if (got.status == net::IoStatus::kBlocked) return;
    if (got.status != net::IoStatus::kOk) return client_gone();
    moved += got.bytes;
    counts_.bytes_in += got.bytes;
    client_spoke();
    const auto bytes = room.first(got.bytes);
    const std::size_t left = take(bytes);
    if (left > 0) {
      unread_ = std::make_unique<Unread>();
      unread_->bytes.assign(bytes.last(left).data(), left);
    }
    events_.on_read();
  }
}

void WebSocketEndpoint::look_at_unread() {
  while (unread_ && !looking_ && (!paused_ || state_ != State::kOpen)) {
    const std::unique_ptr<Unread> unread = std::move(unread_);
    const auto bytes = std::span(unread->bytes).subspan(unread->from);
    const std::size_t left = take(bytes);
    if (left > 0) {
      unread_ = std::make_unique<Unread>(Unread{std::move(unread->bytes), 0});
      unread_->from = unread_->bytes.size() - left;
    }
    if (state_ != State::kEnded) client_spoke();
    events_.on_read();
  }
}

// Returns how many bytes at the end wait for resume().
std::size_t WebSocketEndpoint::take(std::span<char> bytes) {
  if (state_ != State::kOpen && state_ != State::kClosing) return 0;
  looking_ = true;
  std::span<char> left;
  // Mostly whole messages come: then nothing has to be kept.
  if (incoming_) {
    left = take_frames(*incoming_, bytes);
    if (incoming_->idle()) incoming_.reset();
  } else {
    Incoming in;
    left = take_frames(in, bytes);
    if (!in.idle()) incoming_ = std::make_unique<Incoming>(std::move(in));
  }
  looking_ = false;
  if (state_ == State::kOpen) return left.size();
  if (state_ != State::kClosing) incoming_.reset();
  return 0;
}

std::span<char> WebSocketEndpoint::take_frames(Incoming& in, std::span<char> bytes) {
  while (!bytes.empty()) {
    if (state_ == State::kOpen ? paused_ : state_ != State::kClosing) break;
    if (!in.in_frame) {
      std::string_view rest = view(bytes);
      const bool complete = in.header.read(rest);
      bytes = bytes.last(rest.size());
      if (!complete) break;
      in.left = in.header.header().length;
      if (!begin_frame(in)) return {};
      in.in_frame = true;
    }
    bytes = websocket::is_control(in.header.header().opcode) ? take_control(in, bytes) : take_data(in, bytes);
  }
  return bytes;
}

bool WebSocketEndpoint::begin_frame(Incoming& in) {
  const FrameHeader& header = in.header.header();
  if (!header.masked) return fail(CloseCode::kProtocolError, "websocket_not_masked"), false;
  if (header.reserved != 0) return fail(CloseCode::kProtocolError, "websocket_reserved_bits"), false;
  if (!header.minimal || in.header.impossible()) return fail(CloseCode::kProtocolError, "websocket_bad_length"), false;
  switch (header.opcode) {
    case Opcode::kContinuation:
    case Opcode::kText:
    case Opcode::kBinary: return begin_data(in);
    case Opcode::kClose:
    case Opcode::kPing:
    case Opcode::kPong:
      if (header.final && header.length <= websocket::kMaxControlPayload) return true;
      return fail(CloseCode::kProtocolError, "websocket_bad_control_frame"), false;
  }
  return fail(CloseCode::kProtocolError, "websocket_reserved_opcode"), false;
}

bool WebSocketEndpoint::begin_data(Incoming& in) {
  const FrameHeader& header = in.header.header();
  if (in.in_message != (header.opcode == Opcode::kContinuation))
    return fail(CloseCode::kProtocolError, "websocket_bad_fragment"), false;
  if (!in.in_message) {
    in.binary = header.opcode == Opcode::kBinary;
    in.utf8 = {};
    if (in.binary && !limits_.binary) return fail(CloseCode::kUnsupportedData, "websocket_binary"), false;
  }
  if (limits_.frame > 0 && header.length > limits_.frame) return fail(CloseCode::kTooBig, "websocket_frame_too_big"), false;
  if (limits_.message > 0 && header.length > limits_.message - in.message.size())
    return fail(CloseCode::kTooBig, "websocket_message_too_big"), false;
  in.in_message = true;
  return true;
}

std::span<char> WebSocketEndpoint::take_data(Incoming& in, std::span<char> bytes) {
  const FrameHeader& header = in.header.header();
  const auto piece = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(in.left, bytes.size())));
  const auto rest = bytes.subspan(piece.size());
  websocket::apply_mask(piece.data(), piece.size(), header.mask, header.length - in.left);
  in.left -= piece.size();
  const bool frame_ends = in.left == 0;
  const bool message_ends = frame_ends && header.final;
  if (frame_ends) in.in_frame = false;
  if (message_ends) in.in_message = false;
  // After our Close nobody wants it any more.
  if (state_ != State::kOpen) return rest;
  if (!in.binary && !in.utf8.take(view(piece))) {
    fail(CloseCode::kInvalidPayload, "websocket_invalid_utf8");
    return {};
  }
  if (!message_ends) {
    in.message.append(piece.data(), piece.size());
  } else if (in.message.empty()) {
    end_message(in, view(piece));
  } else {
    in.message.append(piece.data(), piece.size());
    end_message(in, in.message);
    in.message = {};
  }
  return rest;
}

void WebSocketEndpoint::end_message(Incoming& in, std::string_view payload) {
  if (!in.binary && !in.utf8.complete()) return fail(CloseCode::kInvalidPayload, "websocket_invalid_utf8");
  ++counts_.messages_in;
  events_.on_message(payload, in.binary);
}

std::span<char> WebSocketEndpoint::take_control(Incoming& in, std::span<char> bytes) {
  const FrameHeader& header = in.header.header();
  const auto piece = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(in.left, bytes.size())));
  websocket::apply_mask(piece.data(), piece.size(), header.mask, header.length - in.left);
  in.left -= piece.size();
  if (in.left > 0) {
    in.control.append(piece.data(), piece.size());
    return {};
  }
  in.in_frame = false;
  if (in.control.empty()) {
    on_control(header.opcode, view(piece));
  } else {
    in.control.append(piece.data(), piece.size());
    on_control(header.opcode, std::exchange(in.control, {}));
  }
  return bytes.subspan(piece.size());
}

void WebSocketEndpoint::on_control(Opcode opcode, std::string_view payload) {
  if (opcode == Opcode::kClose) return on_close_frame(payload);
  if (opcode != Opcode::kPing || state_ != State::kOpen) return;
  // One who sends pings and does not read the answers: a few more than there is room for, then no more.
  constexpr std::size_t kForPongs = 4096;
  if (write(Opcode::kPong, payload, send_bound() + kForPongs) == Sent::kFull)
    fail(CloseCode::kPolicyViolation, "websocket_ping_flood");
}

void WebSocketEndpoint::on_close_frame(std::string_view payload) {
  std::uint16_t code = kNoCode;
  if (!payload.empty()) {
    if (payload.size() == 1) return fail(CloseCode::kProtocolError, "websocket_bad_close_code");
    code = static_cast<std::uint16_t>(static_cast<std::uint8_t>(payload[0]) << 8 | static_cast<std::uint8_t>(payload[1]));
    if (!may_be_sent(code)) return fail(CloseCode::kProtocolError, "websocket_bad_close_code");
    payload.remove_prefix(2);
    if (!is_utf8(payload)) return fail(CloseCode::kInvalidPayload, "websocket_invalid_utf8");
  }
  note_end(code, "websocket_closed", payload, true);
  if (state_ == State::kOpen) {
    say_close(code, {});
    limit_patience();
  }
  if (state_ != State::kEnded) state_ = State::kFlushing;
  settle();
}

}  // namespace gatehouse::http
