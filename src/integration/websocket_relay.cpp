#include "websocket_relay.hpp"

#include "gatehouse/base/ids.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::integration {

namespace websocket = http::websocket;
using websocket::CloseCode;
using websocket::Opcode;

namespace {

constexpr std::size_t kReadAtOnce = 32 * 1024;   // and so the most that is kept of a peer that stops reading
constexpr std::size_t kBytesPerTurn = 256 * 1024;
constexpr auto kClosePatience = std::chrono::seconds(5);
constexpr std::uint16_t kNoCode = 1005;
constexpr std::uint16_t kAbnormal = 1006;
constexpr Duration kSecond = std::chrono::seconds(1);

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

WebSocketRelay::WebSocketRelay(net::Worker& worker, std::shared_ptr<const WebSocketPassage> passage, http::Upgraded client,
                               std::unique_ptr<net::Stream> backend, std::string_view from_backend,
                               const IpAddress& client_address, std::string_view request_id)
    : worker_(worker),
      passage_(std::move(passage)),
      permit_(std::move(client.permit)),
      first_bytes_(std::move(client.received)),
      from_client_(first_bytes_.size()),
      request_id_(request_id),
      address_(client_address),
      began_(worker.now()),
      last_moved_(began_),
      next_ping_(passage_->settings.ping > Duration() ? began_ + passage_->settings.ping : TimePoint::max()),
      second_began_(began_) {
  client_.stream = std::move(client.stream);
  backend_.stream = std::move(backend);
  first_bytes_ += from_backend;
}

WebSocketRelay::~WebSocketRelay() {
  for (End* end : {&client_, &backend_})
    if (end->stream) worker_.reactor().remove(end->stream->fd(), *end);
}

void WebSocketRelay::start() {
  passage_->relays->observer().on_websocket_opened(worker_);
  for (End* end : {&client_, &backend_})
    if (!worker_.reactor().add(end->stream->fd(), *end)) return finish("websocket_no_descriptor", kAbnormal);
  const std::string first = std::exchange(first_bytes_, {});
  take(client_, backend_, std::string_view(first).substr(0, from_client_));
  take(backend_, client_, std::string_view(first).substr(from_client_));
  advance();
}

void WebSocketRelay::drain_at(TimePoint when) {
  drain_at_ = when;
  rearm();
}

void WebSocketRelay::on_io(End& end, std::uint32_t events) {
  if (over_) return;
  end.stream->note(events);
  advance();
}

void WebSocketRelay::advance() {
  for (End* end : {&client_, &backend_})
    if (!over_) flush(*end);
  if (!over_) move(client_, backend_);
  if (!over_) move(backend_, client_);
  if (!over_) pass_end(client_, backend_);
  if (!over_) pass_end(backend_, client_);
  if (!over_) rearm();
}

// Reads only what the other side can take: what its socket refuses is kept, and nothing is read until that is gone.
void WebSocketRelay::move(End& from, End& to) {
  std::size_t moved = 0;
  while (!over_ && !from.read_ended && to.pending.empty() && from.stream->may_read()) {
    if (moved >= kBytesPerTurn) return worker_.reactor().rearm(from.stream->fd(), from);
    const auto room = worker_.receive_buffer().first(kReadAtOnce);
    const net::IoResult got = from.stream->read(room);
    switch (got.status) {
      case net::IoStatus::kBlocked: return;
      case net::IoStatus::kEnd:
      case net::IoStatus::kFailed: from.read_ended = true; return;
      case net::IoStatus::kOk: break;
    }
    moved += got.bytes;
    take(from, to, {room.data(), got.bytes});
  }
}

void WebSocketRelay::take(End& from, End& to, std::string_view bytes) {
  if (bytes.empty()) return;
  last_moved_ = worker_.now();
  if (&from == &client_) unanswered_pings_ = 0;
  from.bytes += bytes.size();
  if (said_last_word_) return;
  switch (from.watch.look(bytes, passage_->settings)) {
    case FrameWatch::Verdict::kFine: break;
    case FrameWatch::Verdict::kFrameTooBig: return close(CloseCode::kTooBig, "websocket_frame_too_big");
    case FrameWatch::Verdict::kMessageTooBig: return close(CloseCode::kTooBig, "websocket_message_too_big");
  }
  if (&from == &client_ && too_fast()) return close(CloseCode::kPolicyViolation, "websocket_too_many_messages");
  send(to, bytes);
}

bool WebSocketRelay::too_fast() {
  const std::uint32_t most = passage_->settings.messages_per_second;
  if (most == 0) return false;
  if (last_moved_ - second_began_ >= kSecond) {
    second_began_ = last_moved_;
    before_second_ = client_.watch.messages();
  }
  return client_.watch.messages() - before_second_ > most;
}

void WebSocketRelay::send(End& to, std::string_view bytes) {
  if (to.write_ended) return;
  if (to.pending.empty()) {
    const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    const net::IoResult sent = to.stream->write({&piece, 1});
    if (sent.status == net::IoStatus::kFailed) {
      to.write_ended = true;
      return;
    }
    bytes.remove_prefix(sent.bytes);
  }
  to.pending.append(bytes);
}

void WebSocketRelay::flush(End& end) {
  while (!end.pending.empty() && end.stream->may_write()) {
    const iovec piece{end.pending.data(), end.pending.size()};
    const net::IoResult sent = end.stream->write({&piece, 1});
    if (sent.status == net::IoStatus::kFailed) {
      end.write_ended = true;
      end.pending.clear();
    }
    if (sent.status != net::IoStatus::kOk) break;
    last_moved_ = worker_.now();
    end.pending.erase(0, sent.bytes);
  }
  if (!end.pending.empty()) return;
  end.pending.shrink_to_fit();
  if (std::exchange(end.ends_when_flushed, false)) end.stream->shutdown_write();
}

void WebSocketRelay::end_writing(End& end) {
  end.ends_when_flushed = !end.pending.empty();
  if (end.pending.empty()) end.stream->shutdown_write();
}

// What one side has ended, the other learns behind the last byte; when both have, all is over.
void WebSocketRelay::pass_end(End& from, End& to) {
  if (!from.read_ended && !from.write_ended) return;
  if (client_.read_ended && backend_.read_ended) return finish();
  if (closing_until_ != TimePoint::max()) return;
  closing_until_ = worker_.now() + kClosePatience;
  const bool said_close = from.watch.close_code() != 0 || to.watch.close_code() != 0;
  if (!said_close) {
    why_ = &from == &client_ ? "websocket_client_gone" : "websocket_backend_gone";
    code_ = kAbnormal;
    if (&from == &backend_ && backend_.watch.between_frames()) {
      char frame[2 + websocket::kMaxControlPayload];
      const char* const end = websocket::write_close(frame, CloseCode::kInternalError, {});
      send(client_, {frame, static_cast<std::size_t>(end - frame)});
      code_ = static_cast<std::uint16_t>(CloseCode::kInternalError);
    }
  }
  end_writing(to);
}

// Both sides hear of it where a frame may stand now; then they have a moment to end their connections.
void WebSocketRelay::close(CloseCode code, std::string_view reason) {
  if (closing_until_ != TimePoint::max()) return;
  why_ = reason;
  code_ = static_cast<std::uint16_t>(code);
  closing_until_ = worker_.now() + kClosePatience;
  char frame[2 + websocket::kMaxControlPayload];
  const char* const end = websocket::write_close(frame, code, {});
  if (backend_.watch.between_frames()) send(client_, {frame, static_cast<std::size_t>(end - frame)});
  // Towards a server frames are masked: with zeros, which change nothing.
  const char masked[] = {frame[0], static_cast<char>(frame[1] | '\x80'), 0, 0, 0, 0, frame[2], frame[3]};
  if (client_.watch.between_frames()) send(backend_, {masked, sizeof(masked)});
  said_last_word_ = true;
  end_writing(client_);
  end_writing(backend_);
}

void WebSocketRelay::ping() {
  // Counted by pings, not by time: a gateway that stood still has not asked meanwhile.
  if (unanswered_pings_ == websocket::kPingsOfTheDead) return close(CloseCode::kInternalError, "websocket_ping_timeout");
  next_ping_ = worker_.now() + passage_->settings.ping;
  if (!client_.pending.empty() || !backend_.watch.between_frames()) return;
  ++unanswered_pings_;
  char frame[websocket::kMaxHeader];
  const char* const end = websocket::write_header(frame, Opcode::kPing, 0);
  send(client_, {frame, static_cast<std::size_t>(end - frame)});
}

TimePoint WebSocketRelay::next_deadline() const {
  const WebSocketSettings& settings = passage_->settings;
  TimePoint next = std::min(closing_until_, drain_at_);
  if (closing_until_ != TimePoint::max()) return next;
  if (settings.idle > Duration()) next = std::min(next, last_moved_ + settings.idle);
  if (settings.lifetime > Duration()) next = std::min(next, began_ + settings.lifetime);
  return std::min(next, next_ping_);
}

void WebSocketRelay::rearm() {
  if (const TimePoint next = next_deadline(); next != TimePoint::max()) worker_.timers().arm(*this, next);
}

void WebSocketRelay::on_timer() {
  if (over_) return;
  const TimePoint now = worker_.now();
  const WebSocketSettings& settings = passage_->settings;
  if (now >= closing_until_) return finish();
  if (now >= drain_at_) {
    drain_at_ = TimePoint::max();
    close(CloseCode::kGoingAway, "websocket_drained");
  } else if (settings.idle > Duration() && now >= last_moved_ + settings.idle) {
    close(CloseCode::kGoingAway, "websocket_idle_timeout");
  } else if (settings.lifetime > Duration() && now >= began_ + settings.lifetime) {
    close(CloseCode::kGoingAway, "websocket_lifetime");
  } else if (now >= next_ping_) {
    ping();
  }
  advance();
}

void WebSocketRelay::finish() {
  if (!why_.empty()) return finish(why_, code_);
  const std::uint16_t code = backend_.watch.close_code() != 0 ? backend_.watch.close_code() : client_.watch.close_code();
  if (code == 0) return finish("websocket_cut", kAbnormal);
  finish("websocket_closed", code);
}

void WebSocketRelay::finish(std::string_view reason, std::uint16_t code) {
  over_ = true;
  WebSocketSummary summary;
  summary.api = passage_->api;
  summary.route = passage_->route;
  summary.backend = passage_->backend;
  summary.request_id = request_id_;
  summary.client = address_;
  summary.reason = reason;
  summary.code = code;
  summary.messages_in = client_.watch.messages();
  summary.messages_out = backend_.watch.messages();
  summary.bytes_in = client_.bytes;
  summary.bytes_out = backend_.bytes;
  summary.lasted = worker_.now() - began_;
  passage_->relays->observer().on_websocket_closed(worker_, summary);
  passage_->relays->on(worker_).bury_after_turn(worker_);
}

void WebSocketRelays::Shelf::add(std::unique_ptr<WebSocketRelay> relay) {
  WebSocketRelay& added = *open.emplace_back(std::move(relay));
  count.store(open.size(), std::memory_order_relaxed);
  added.start();
}

void WebSocketRelays::Shelf::bury_after_turn(net::Worker& worker) {
  worker.after_turn([shelf = shared_from_this()] {
    shelf->open.remove_if([](const auto& relay) { return relay->over(); });
    shelf->count.store(shelf->open.size(), std::memory_order_relaxed);
  });
}

WebSocketRelays::WebSocketRelays(std::size_t workers, WebSocketObserver& observer) : observer_(observer) {
  for (std::size_t i = 0; i < workers; ++i) shelves_.push_back(std::make_shared<Shelf>());
}

WebSocketRelays::~WebSocketRelays() = default;

void WebSocketRelays::drain(net::Worker& worker, Duration over) {
  for (const auto& relay : on(worker).open) {
    const auto share = static_cast<double>(random_u64() >> 11) / static_cast<double>(std::uint64_t{1} << 53);
    relay->drain_at(worker.now() + std::chrono::duration_cast<Duration>(over * share));
  }
}

void WebSocketRelays::close_all(const net::Worker& worker) {
  Shelf& shelf = on(worker);
  shelf.open.clear();
  shelf.count.store(0, std::memory_order_relaxed);
}

std::uint64_t WebSocketRelays::open() const {
  std::uint64_t sum = 0;
  for (const auto& shelf : shelves_) sum += shelf->count.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace gatehouse::integration
