#include "relay.hpp"

#include "forwarding.hpp"

#include <utility>

namespace gatehouse::integration {

using http::BodyChunk;
using http::BodyState;
using http::HeadState;
using http::More;

namespace {

// What one turn moves of an answer before the worker's other connections have theirs.
constexpr std::size_t kBytesPerTurn = 4 * 1024 * 1024;

// What may have to be kept of an answer for a client that stops reading.
constexpr std::size_t kKept = 32 * 1024;

constexpr int kContinue = 100;
constexpr int kSwitchingProtocols = 101;

}  // namespace

Relay::Relay(pipeline::RequestContext& context, http::UpstreamCall& call, RequestBody& body,
             const upstream::TimeoutSettings& timeouts)
    : context_(context),
      exchange_(context.exchange),
      call_(call),
      body_(body),
      timeouts_(timeouts),
      started_(exchange_.worker().now()),
      last_moved_(started_) {}

Relay::~Relay() = default;

void Relay::start(const http::OutgoingRequest& head) {
  if (!head.has_body) {
    call_.send(head, {}, More::kNo);
    request_ended_ = true;
    if (call_.drained()) sent_ = started_;
    return;
  }
  has_length_ = head.content_length.has_value();
  length_left_ = head.content_length.value_or(0);
  const BodyChunk chunk = body_.poll();
  if (chunk.state == BodyState::kFailed) return;  // move() will say so; the backend need not know
  if (chunk.state != BodyState::kData) {
    call_.send(head, {}, More::kYes);
  } else {
    request_ended_ = has_length_ && length_left_ == chunk.bytes.size();
    call_.send(head, chunk.bytes, request_ended_ ? More::kNo : More::kYes);
    length_left_ -= chunk.bytes.size();
    body_.consume(chunk.bytes.size());
  }
  pump_request();
}

Relay::Progress Relay::move() {
  if (exchange_.failed() || !pump_request()) return Progress::kClientFailed;
  return answering_ ? pump_answer() : await_head();
}

// False when the client failed.
bool Relay::pump_request() {
  while (!request_ended_ && call_.drained()) {
    const BodyChunk chunk = body_.poll();
    switch (chunk.state) {
      case BodyState::kData: send_piece(chunk.bytes); break;
      case BodyState::kEnd:
        call_.finish(body_.trailers());
        request_ended_ = true;
        break;
      case BodyState::kPending: return true;
      case BodyState::kFailed: return false;
    }
    moved();
  }
  if (request_ended_ && sent_ == TimePoint() && call_.drained()) sent_ = exchange_.worker().now();
  return true;
}

void Relay::send_piece(std::string_view bytes) {
  request_ended_ = has_length_ && length_left_ == bytes.size();
  call_.write(bytes, request_ended_ ? More::kNo : More::kYes);
  length_left_ -= bytes.size();
  body_.consume(bytes.size());
}

Relay::Progress Relay::await_head() {
  while (true) {
    switch (call_.poll_head()) {
      case HeadState::kPending: return Progress::kPending;
      case HeadState::kFailed: return Progress::kUpstreamFailed;
      case HeadState::kReady: return call_.response().status == kSwitchingProtocols ? Progress::kUpgraded : begin_answer();
      case HeadState::kInformational:
        moved();
        // Our own 100 is the exchange's business.
        if (call_.response().status == kContinue) break;
        exchange_.inform(call_.response().status, &call_.response().fields);
        informed_ = true;
    }
  }
}

// An answer that is there whole leaves in one write.
Relay::Progress Relay::begin_answer() {
  const http::IncomingResponse& response = call_.response();
  const BodyChunk chunk = call_.poll_body();
  if (chunk.state == BodyState::kFailed) return Progress::kUpstreamFailed;
  context_.upstream.status = response.status;
  context_.upstream.first_byte = exchange_.worker().now() - started_;

  http::ResponseHead head(context_.arena());
  edit_response(response, head);
  const bool whole = is_last_piece() && chunk.state != BodyState::kPending;
  answering_ = true;
  moved();
  last_piece_ = chunk.bytes.size();
  context_.respond(head, chunk.bytes, whole ? More::kNo : More::kYes);
  if (!chunk.bytes.empty()) call_.consume_body(chunk.bytes.size());
  return whole ? Progress::kComplete : pump_answer();
}

// Behind what poll_body() has just given there is nothing more, trailers neither.
bool Relay::is_last_piece() const { return call_.body_complete() && call_.trailers().size() == 0; }

Relay::Progress Relay::pump_answer() {
  for (std::size_t bytes = 0; bytes < kBytesPerTurn;) {
    if (exchange_.failed()) return Progress::kClientFailed;
    if (!exchange_.drained()) {
      client_behind_ = true;
      return Progress::kPending;
    }
    if (std::exchange(client_behind_, false)) moved();
    limit_read();
    const BodyChunk chunk = call_.poll_body();
    switch (chunk.state) {
      case BodyState::kPending: return Progress::kPending;
      case BodyState::kFailed: return Progress::kUpstreamFailed;
      case BodyState::kEnd: context_.finish(call_.trailers()); return Progress::kComplete;
      case BodyState::kData: break;
    }
    const bool last = is_last_piece();
    last_piece_ = chunk.bytes.size();
    context_.write(chunk.bytes, last ? More::kNo : More::kYes);
    bytes += last_piece_;
    call_.consume_body(last_piece_);
    moved();
    if (last) return Progress::kComplete;
  }
  if (!next_turn_) next_turn_ = std::make_unique<net::RemoteWake>(exchange_.worker(), exchange_.waiter());
  next_turn_->handle().wake();
  return Progress::kPending;
}

// Reads no more than the client's connection takes at once and we may keep. Where the backend has little at a time, there is
// nothing to gain from asking how much that is.
void Relay::limit_read() { call_.limit_read(kKept + (last_piece_ > kKept / 2 ? exchange_.send_room() : 0)); }

TimePoint Relay::due() const {
  if (answering_) return client_behind_ ? TimePoint::max() : last_moved_ + timeouts_.idle;
  if (sent_ != TimePoint()) return sent_ + timeouts_.first_byte;
  return call_.drained() ? TimePoint::max() : last_moved_ + timeouts_.idle;
}

std::string_view Relay::late_reason() const {
  return !answering_ && sent_ != TimePoint() ? "upstream_first_byte_timeout" : "upstream_idle_timeout";
}

}  // namespace gatehouse::integration
