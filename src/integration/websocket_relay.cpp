#include "websocket_relay.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::integration {

namespace websocket = http::websocket;
using websocket::CloseCode;
using websocket::Opcode;

namespace {

constexpr std::size_t kReadAtOnce = RelayBatch::kRoom;  // and so the most that is kept of a peer that stops reading
constexpr std::size_t kBatched = 2048;  // a longer piece goes on at once, while it is in the cache
constexpr std::size_t kBytesPerTurn = 256 * 1024;
constexpr auto kClosePatience = std::chrono::seconds(5);
constexpr std::uint16_t kAbnormal = 1006;
constexpr Duration kSecond = std::chrono::seconds(1);

}  // namespace

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
  for (End* end : {&client_, &backend_}) {
    passage_->relays->on(worker_).batch.forget(*end);
    if (end->stream) worker_.reactor().remove(end->stream->fd(), *end);
  }
}

void WebSocketRelay::start() {
  passage_->relays->observer().on_websocket_opened(worker_);
  for (End* end : {&client_, &backend_})
    if (!worker_.reactor().add(end->stream->fd(), *end)) return finish("websocket_no_descriptor", kAbnormal);
  const std::string first = std::exchange(first_bytes_, {});
  const std::string_view of_client = std::string_view(first).substr(0, from_client_);
  const std::string_view of_backend = std::string_view(first).substr(from_client_);
  if (may_pass(client_, of_client)) send(backend_, of_client);
  if (may_pass(backend_, of_backend)) send(client_, of_backend);
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
  pass_ends();
}

void WebSocketRelay::pass_ends() {
  if (!over_) pass_end(client_, backend_);
  if (!over_) pass_end(backend_, client_);
  if (!over_) rearm();
}

// Reads only what the other side can take: what its socket refuses is kept, and nothing is read until that is gone.
void WebSocketRelay::move(End& from, End& to) {
  std::size_t moved = 0;
  while (!over_ && !from.read_ended && to.pending.empty() && from.stream->may_read()) {
    if (moved >= kBytesPerTurn) return worker_.reactor().rearm(from.stream->fd(), from);
    const auto room = passage_->relays->on(worker_).batch.room(worker_);
    const net::IoResult got = from.stream->read(room);
    switch (got.status) {
      case net::IoStatus::kBlocked: return;
      case net::IoStatus::kEnd:
      case net::IoStatus::kFailed: from.read_ended = true; return;
      case net::IoStatus::kOk: break;
    }
    moved += got.bytes;
    const std::string_view bytes(room.data(), got.bytes);
    if (may_pass(from, bytes)) pass(to, bytes);
  }
}

// False when nothing more goes on: what follows is read away.
bool WebSocketRelay::may_pass(End& from, std::string_view bytes) {
  if (bytes.empty()) return false;
  last_moved_ = worker_.now();
  if (&from == &client_) unanswered_pings_ = 0;
  from.bytes += bytes.size();
  if (said_last_word_) return false;
  switch (from.watch.look(bytes, passage_->settings)) {
    case FrameWatch::Verdict::kFine: break;
    case FrameWatch::Verdict::kFrameTooBig: close(CloseCode::kTooBig, "websocket_frame_too_big"); return false;
    case FrameWatch::Verdict::kMessageTooBig: close(CloseCode::kTooBig, "websocket_message_too_big"); return false;
  }
  if (&from != &client_ || !too_fast()) return true;
  close(CloseCode::kPolicyViolation, "websocket_too_many_messages");
  return false;
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

// `bytes` are what was just read into the batch's room.
void WebSocketRelay::pass(End& to, std::string_view bytes) {
  if (bytes.size() > kBatched || !to.batched.empty()) return send(to, bytes);
  to.batched = bytes;
  const auto towards = &to == &backend_ ? RelayBatch::Towards::kBackend : RelayBatch::Towards::kClient;
  passage_->relays->on(worker_).batch.keep(worker_, to, bytes.size(), towards);
}

void WebSocketRelay::send_batched(End& to) {
  send(to, {});
  if (to.write_ended) pass_ends();
}

// Behind what waits for the batch's end.
void WebSocketRelay::send(End& to, std::string_view bytes) {
  write(to, std::exchange(to.batched, {}));
  write(to, bytes);
}

void WebSocketRelay::write(End& to, std::string_view bytes) {
  if (to.write_ended || bytes.empty()) return;
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
  send(end, {});
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
  for (End* end : {&client_, &backend_}) send(*end, {});
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

}  // namespace gatehouse::integration
