// The life of the connection: sending, closing, and what time does to it.
#include "gatehouse/http/websocket_endpoint.hpp"

#include "websocket_endpoint_parts.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::http {

using websocket::CloseCode;
using websocket::Opcode;

namespace {

constexpr std::uint16_t kNoCode = 1005;
constexpr std::uint16_t kAbnormal = 1006;
// What keeping a few bytes costs beyond them.
constexpr std::size_t kPieceCost = 64;

}  // namespace

PreparedFrame::PreparedFrame(Opcode opcode, std::string_view payload) : payload_size_(payload.size()) {
  char header[websocket::kMaxHeader];
  const char* const end = websocket::write_header(header, opcode, payload.size());
  auto bytes = std::make_shared<std::string>();
  bytes->reserve(static_cast<std::size_t>(end - header) + payload.size());
  bytes->append(header, static_cast<std::size_t>(end - header)).append(payload);
  bytes_ = std::move(bytes);
}

WebSocketEndpoint::WebSocketEndpoint(net::Worker& worker, Upgraded connection, const WebSocketLimits& limits, WebSocketEvents& events)
    : worker_(worker),
      stream_(std::move(connection.stream)),
      permit_(std::move(connection.permit)),
      limits_(limits),
      events_(events),
      began_(worker.now()),
      last_moved_(began_),
      next_ping_(limits.ping > Duration() ? began_ + limits.ping : TimePoint::max()),
      ends_at_(limits.lifetime > Duration() ? began_ + limits.lifetime : TimePoint::max()) {
  if (!connection.received.empty()) unread_ = std::make_unique<Unread>(Unread{std::move(connection.received), 0});
}

WebSocketEndpoint::~WebSocketEndpoint() {
  if (stream_) worker_.reactor().remove(stream_->fd(), *this);
}

void WebSocketEndpoint::start() {
  if (!worker_.reactor().add(stream_->fd(), *this)) {
    note_end(kAbnormal, "websocket_no_descriptor", {}, false);
    return finish();
  }
  if (unread_) counts_.bytes_in += unread_->bytes.size();
  advance();
}

void WebSocketEndpoint::on_io(std::uint32_t events) {
  if (state_ == State::kEnded) return;
  stream_->note(events);
  advance();
}

void WebSocketEndpoint::advance() {
  flush();
  look_at_unread();
  read_some();
  if (state_ != State::kEnded) rearm();
}

void WebSocketEndpoint::resume() {
  if (!std::exchange(paused_, false) || state_ == State::kEnded) return;
  // What the client said meanwhile was not heard.
  client_spoke();
  if (!looking_) advance();
}

std::size_t WebSocketEndpoint::send_bound() const {
  return std::max<std::size_t>(limits_.send_buffer, limits_.message + websocket::kMaxHeader);
}

WebSocketEndpoint::Sent WebSocketEndpoint::send(Opcode opcode, std::string_view payload) {
  const Sent sent = write(opcode, payload, send_bound());
  if (sent == Sent::kSent) ++counts_.messages_out;
  return sent;
}

WebSocketEndpoint::Sent WebSocketEndpoint::send(const PreparedFrame& frame) {
  const std::string_view bytes = frame.wire();
  const Sent sent = write({&bytes, 1}, frame.shared(), send_bound());
  if (sent == Sent::kSent) ++counts_.messages_out;
  return sent;
}

WebSocketEndpoint::Sent WebSocketEndpoint::write(Opcode opcode, std::string_view payload, std::size_t bound) {
  char header[websocket::kMaxHeader];
  const char* const end = websocket::write_header(header, opcode, payload.size());
  const std::string_view pieces[] = {{header, static_cast<std::size_t>(end - header)}, payload};
  return write(pieces, nullptr, bound);
}

// Whole or not at all. `shared` holds the only piece, so that it need not be copied when it must wait.
WebSocketEndpoint::Sent WebSocketEndpoint::write(std::span<const std::string_view> pieces, const std::shared_ptr<const std::string>& shared,
                                                 std::size_t bound) {
  if (state_ != State::kOpen) return Sent::kClosed;
  iovec vectors[2];
  std::size_t size = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    vectors[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};
    size += pieces[i].size();
  }
  if (size + (outgoing_ ? outgoing_->bytes : 0) > bound) return Sent::kFull;
  std::size_t gone = 0;
  if (!outgoing_) {
    const net::IoResult sent = stream_->write({vectors, pieces.size()});
    if (sent.status == net::IoStatus::kFailed) {
      client_gone();
      return Sent::kClosed;
    }
    gone = sent.bytes;
    last_moved_ = worker_.now();
  }
  counts_.bytes_out += size;
  if (gone == size) return Sent::kSent;
  if (shared) {
    keep(shared, gone);
  } else {
    std::string all;
    all.reserve(size);
    for (const std::string_view piece : pieces) all += piece;
    keep(std::make_shared<const std::string>(std::move(all)), gone);
  }
  return Sent::kSent;
}

void WebSocketEndpoint::keep(std::shared_ptr<const std::string> bytes, std::size_t from) {
  if (!outgoing_) {
    outgoing_ = std::make_unique<Outgoing>();
    outgoing_->since = worker_.now();
  }
  outgoing_->bytes += bytes->size() - from + kPieceCost;
  outgoing_->pieces.push_back({std::move(bytes), from});
  rearm();
}

void WebSocketEndpoint::flush() {
  constexpr std::size_t kAtOnce = 16;
  while (outgoing_ && stream_->may_write()) {
    Outgoing& out = *outgoing_;
    iovec vectors[kAtOnce];
    const std::size_t count = std::min(kAtOnce, out.pieces.size() - out.first);
    for (std::size_t i = 0; i < count; ++i) {
      const Outgoing::Piece& piece = out.pieces[out.first + i];
      vectors[i] = {const_cast<char*>(piece.bytes->data()) + piece.from, piece.bytes->size() - piece.from};
    }
    const net::IoResult sent = stream_->write({vectors, count});
    if (sent.status == net::IoStatus::kFailed) return client_gone();
    if (sent.status != net::IoStatus::kOk) break;
    out.since = last_moved_ = worker_.now();
    std::size_t gone = sent.bytes;
    out.bytes -= gone;
    while (out.first < out.pieces.size() && gone >= out.pieces[out.first].bytes->size() - out.pieces[out.first].from) {
      gone -= out.pieces[out.first].bytes->size() - out.pieces[out.first].from;
      out.bytes -= kPieceCost;
      out.pieces[out.first++].bytes.reset();
    }
    if (out.first == out.pieces.size()) {
      outgoing_.reset();
    } else {
      out.pieces[out.first].from += gone;
    }
  }
  settle();
}

// Our last byte is with the system: what was to come after it.
void WebSocketEndpoint::settle() {
  if (outgoing_) return;
  if (state_ == State::kFlushing) return finish();
  if (state_ == State::kLingering && !std::exchange(half_closed_, true)) stream_->shutdown_write();
}

void WebSocketEndpoint::close(CloseCode code, std::string_view text, std::string_view reason) {
  if (state_ != State::kOpen) return;
  note_end(static_cast<std::uint16_t>(code), reason, text, false);
  say_close(static_cast<std::uint16_t>(code), text);
  if (state_ == State::kEnded) return;
  state_ = State::kClosing;
  limit_patience();
  // The client's Close may lie behind what was not looked at.
  if (!looking_) advance();
}

void WebSocketEndpoint::drain_at(TimePoint when) {
  if (state_ != State::kOpen) return;
  ends_at_ = std::min(ends_at_, when);
  draining_ = true;
  rearm();
}

// RFC 6455 section 7.1.7: the framing cannot be trusted any more, so that nothing that follows is looked at.
void WebSocketEndpoint::fail(CloseCode code, std::string_view reason) {
  note_end(static_cast<std::uint16_t>(code), reason, reason, false);
  if (state_ == State::kOpen) {
    say_close(static_cast<std::uint16_t>(code), reason);
    limit_patience();
  }
  if (state_ == State::kEnded) return;
  state_ = State::kLingering;
  settle();
}

void WebSocketEndpoint::note_end(std::uint16_t code, std::string_view reason, std::string_view text, bool by_client) {
  if (!end_) end_ = std::make_unique<End>(End{reason, std::string(text), code, by_client});
}

void WebSocketEndpoint::say_close(std::uint16_t code, std::string_view text) {
  char frame[2 + websocket::kMaxControlPayload];
  const char* const end = code == kNoCode ? websocket::write_header(frame, Opcode::kClose, 0)
                                          : websocket::write_close(frame, static_cast<CloseCode>(code), text);
  const std::string_view bytes(frame, static_cast<std::size_t>(end - frame));
  write({&bytes, 1}, nullptr, SIZE_MAX);
}

void WebSocketEndpoint::client_gone() {
  note_end(kAbnormal, "websocket_client_gone", {}, true);
  finish();
}

void WebSocketEndpoint::finish() {
  if (std::exchange(state_, State::kEnded) == State::kEnded) return;
  worker_.reactor().remove(stream_->fd(), *this);
  worker_.timers().disarm(*this);
  stream_.reset();
  permit_.reset();
  outgoing_.reset();
  unread_.reset();
  if (!looking_) incoming_.reset();
  events_.on_end({end_->code, end_->reason, end_->text, end_->by_client});
}

void WebSocketEndpoint::ping() {
  const TimePoint now = worker_.now();
  next_ping_ = now + limits_.ping;
  // A client that is not listened to cannot be heard.
  if (paused_) return;
  // Counted by pings, not by time: a gateway that stood still has not asked meanwhile.
  if (unanswered_pings_ == websocket::kPingsOfTheDead) return fail(CloseCode::kInternalError, "websocket_ping_timeout");
  if (outgoing_) return;
  ++unanswered_pings_;
  write(Opcode::kPing, {}, send_bound());
}

TimePoint WebSocketEndpoint::next_deadline() const {
  if (state_ != State::kOpen) return ends_at_;
  TimePoint next = std::min(ends_at_, next_ping_);
  if (limits_.idle > Duration() && !paused_) next = std::min(next, last_moved_ + limits_.idle);
  if (outgoing_) next = std::min(next, outgoing_->since + limits_.send_wait);
  return next;
}

void WebSocketEndpoint::rearm() {
  if (const TimePoint next = next_deadline(); next != TimePoint::max()) worker_.timers().arm(*this, next);
}

void WebSocketEndpoint::on_timer() {
  const TimePoint now = worker_.now();
  if (state_ != State::kOpen) {
    if (now >= ends_at_) return finish();
  } else if (outgoing_ && now >= outgoing_->since + limits_.send_wait) {
    note_end(static_cast<std::uint16_t>(CloseCode::kPolicyViolation), "websocket_slow_reader", {}, false);
    return finish();
  } else if (now >= ends_at_) {
    close(CloseCode::kGoingAway, {}, draining_ ? "websocket_drained" : "websocket_lifetime");
  } else if (limits_.idle > Duration() && !paused_ && now >= last_moved_ + limits_.idle) {
    close(CloseCode::kGoingAway, {}, "websocket_idle_timeout");
  } else if (now >= next_ping_) {
    ping();
  }
  if (state_ != State::kEnded) rearm();
}

}  // namespace gatehouse::http
