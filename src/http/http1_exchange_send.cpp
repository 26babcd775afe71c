// What an exchange sends: heads, body, refusals, upgrades.
#include "http1_exchange.hpp"
#include "http1_session.hpp"
#include "session_host.hpp"

namespace gatehouse::http {
namespace {

// Answers to pipelined requests are gathered up to this size and leave in one write.
constexpr std::size_t kGathered = 32 * 1024;
// Answers to different clients up to this size leave one after the other once all requests of the turn are handled: a client that
// sleeps is woken by the first of its answers and finds the others, instead of being woken for each.
constexpr std::size_t kWaitsForOthers = 4 * 1024;

}  // namespace

void Http1Exchange::respond(const ResponseHead& head, std::string_view first, More more) {
  if (answer_.begun() || session_->stream() == nullptr) return;
  // The handler is done with the body: what came of it with the head need not cost the connection.
  if (more == More::kNo) body_.discard(input_);
  const bool keep_alive = parser_.keep_alive() && !host_.draining() && !failed() && body_will_end(more);
  answer_.begin(output_.staged(), head, {request_.method, request_.version, keep_alive}, first.size(), more,
                host_.date());
  send(answer_.frame(first, more).all(), more);
}

// False when the connection cannot come to its next request because the body stands before it.
bool Http1Exchange::body_will_end(More more) const {
  if (body_.complete()) return true;
  if (body_.failure() != Failure::kNone) return false;
  // Nobody knows whether a client that was not told to continue sends its body all the same (RFC 9110 section 10.1.1).
  if (expects_continue_ && body_.untouched() && input_.empty()) return false;
  // The handler may still be reading.
  if (more == More::kYes) return true;
  return body_.rest_is_small();
}

void Http1Exchange::write(std::string_view bytes, More more) {
  if (answer_.begun()) send(answer_.frame(bytes, more).all(), more);
}

void Http1Exchange::finish(const Fields& trailers) {
  if (!answer_.begun() || session_->stream() == nullptr) return;
  answer_.finish(output_.staged(), trailers);
  send({}, More::kNo);
}

void Http1Exchange::send(std::span<const std::string_view> pieces, More more) {
  net::Stream* const stream = session_->stream();
  if (stream == nullptr) return;
  if (more == More::kNo && starting_ && !output_.blocked()) {
    std::size_t bytes = output_.size();
    for (const std::string_view piece : pieces) bytes += piece.size();
    // More requests are there already: their answers may go along.
    const bool pipelined = !input_.empty() && bytes <= kGathered;
    if (pipelined || (bytes <= kWaitsForOthers && host_.answers_gather())) {
      output_.stage(pieces);
      return;
    }
  }
  after_send(output_.send(*stream, pieces));
}

bool Http1Exchange::flush() {
  net::Stream* const stream = session_->stream();
  if (stream == nullptr) return false;
  if (output_.empty()) return true;
  const std::uint64_t before = output_.sent();
  const auto status = output_.send(*stream);
  if (status == Http1Output::Status::kBlocked && output_.sent() == before && send_deadline_ != TimePoint::max())
    return false;
  after_send(status);
  return status == Http1Output::Status::kSent;
}

void Http1Exchange::after_send(Http1Output::Status status) {
  switch (status) {
    case Http1Output::Status::kSent: send_deadline_ = TimePoint::max(); break;
    case Http1Output::Status::kBlocked:
      send_deadline_ = host_.worker().now() + host_.settings().timeouts.send;
      session_->wake_by(send_deadline_);
      break;
    case Http1Output::Status::kFailed: session_->lose(Failure::kClientGone); break;
  }
}

std::size_t Http1Exchange::send_room() const {
  const net::Stream* const stream = session_->stream();
  return stream == nullptr ? 0 : stream->send_room();
}

std::uint64_t Http1Exchange::bytes_sent() const {
  std::uint64_t total = output_.sent();
  // What waits will be sent, unless the connection is gone.
  if (session_->stream() != nullptr) total += output_.size();
  return total > sent_before_ ? total - sent_before_ : 0;
}

void Http1Exchange::inform(int status, const Fields* fields) {
  if (answer_.begun() || session_->stream() == nullptr || request_.version == Version::kHttp10) return;
  if (status == 100) expects_continue_ = false;
  write_informational(output_.staged(), status, fields);
  after_send(output_.send(*session_->stream()));
}

void Http1Exchange::abort() {
  if (session_->stream() == nullptr) {
    fail(Failure::kHandler);
    return;
  }
  // Answers to earlier requests may still be waiting for company.
  if (!output_.blocked()) flush();
  const bool looks_complete = answer_.begun() && answer_.ends_by_close();
  session_->lose(Failure::kHandler, looks_complete ? Http1Session::Farewell::kReset : Http1Session::Farewell::kClose);
}

Upgraded Http1Exchange::upgrade(const ResponseHead& head) {
  if (answer_.begun() || session_->stream() == nullptr) return {};
  answer_.begin_upgrade(output_.staged(), head, host_.date());
  if (!flush()) {
    session_->lose(Failure::kClientGone);
    return {};
  }
  Upgraded upgraded;
  upgraded.received = input_.view();
  input_.clear();
  upgraded.permit = session_->make_permit();
  upgraded.stream = session_->detach();
  return upgraded;
}

void Http1Exchange::answer_refusal(int status) {
  ResponseHead head(arena_);
  head.status = status;
  head.edits.set(FieldId::kContentType, "application/json");
  const std::string_view body = arena_.concat({"{\"message\":\"", reason_phrase(status), "\"}"});
  answer_.begin(output_.staged(), head, {Method::kGet, Version::kHttp11, false}, body.size(), More::kNo, host_.date());
  send(answer_.frame(body, More::kNo).all(), More::kNo);
}

}  // namespace gatehouse::http
