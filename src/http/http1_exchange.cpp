// The life of an exchange, and the request's body. What it sends is in http1_exchange_send.cpp.
#include "http1_exchange.hpp"

#include "gatehouse/base/log.hpp"
#include "http1_session.hpp"
#include "session_host.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <exception>

namespace gatehouse::http {
namespace {

// What one read takes of a body at most, first and once the client has proved to be fast: a slow one holds no large block.
constexpr std::size_t kFirstBodyRead = 64 * 1024;
constexpr std::size_t kBodyRead = 256 * 1024;

// Then other connections have their turn.
constexpr std::uint32_t kReadsPerTurn = 4;

}  // namespace

// A coroutine that reports each time it is resumed: what a request's task continues with when it ends.
class Http1Exchange::EndSignal {
 public:
  struct promise_type {
    EndSignal get_return_object() { return EndSignal{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };

  static EndSignal report_to(Http1Exchange* exchange) {
    while (true) {
      exchange->on_handler_end();
      co_await std::suspend_always();
    }
  }

  explicit EndSignal(std::coroutine_handle<> handle) : handle_(handle) {}
  std::coroutine_handle<> handle() const { return handle_; }

 private:
  std::coroutine_handle<> handle_;
};

Http1Exchange::Http1Exchange(SessionHost& host)
    : host_(host), parser_(head_limits()), end_signal_(EndSignal::report_to(this).handle()) {}

Http1Exchange::~Http1Exchange() {
  task_.reset();
  end_signal_.destroy();
}

HeadLimits Http1Exchange::head_limits() const {
  const ServerLimits& limits = host_.settings().limits;
  return {limits.head, limits.uri, limits.headers};
}

void Http1Exchange::attach(Http1Session& session) {
  session_ = &session;
  parser_.set_limits(head_limits());
}

void Http1Exchange::restart() {
  task_.reset();
  waiter_.reset();
  arena_.clear();
  refs_.clear();
  parser_.restart();
  parser_.set_limits(head_limits());
  answer_.restart();
  arrival_ = {};
  sent_before_ = output_.sent() + output_.size();
  head_bytes_ = 0;
  failure_ = Failure::kNone;
  expects_continue_ = ended_ = false;
}

void Http1Exchange::reset() {
  task_.reset();
  input_.clear();
  output_.clear();
  send_deadline_ = TimePoint::max();
  restart();
  session_ = nullptr;
}

const Peer& Http1Exchange::peer() const { return session_->peer(); }

net::Worker& Http1Exchange::worker() { return host_.worker(); }

ParseStatus Http1Exchange::parse() {
  if (input_.empty()) return ParseStatus::kIncomplete;
  if (arrival_ == TimePoint()) arrival_ = host_.worker().now();
  return parser_.parse_request(input_.view(), refs_);
}

void Http1Exchange::start() {
  head_bytes_ = parser_.head_size();
  const std::string_view head = arena_.copy(input_.view().substr(0, head_bytes_));
  input_.consume(head_bytes_);
  request_ = parser_.request(head.data(), refs_);
  request_.scheme = session_->peer().tls ? "https" : "http";
  body_.begin(parser_.request_framing(), request_.content_length, host_.settings().limits.body, head_limits());
  patience_.begin(host_.settings().timeouts.body);
  body_read_ = kFirstBodyRead;
  expects_continue_ = parser_.expects_continue() && request_.version != Version::kHttp10;
  waiter_.emplace(host_.worker().ready());

  starting_ = true;
  task_ = host_.handler().handle(*this);
  task_.start(end_signal_);
  starting_ = false;
}

// Runs in the last moment of the handler's coroutine: its frame is still in use.
void Http1Exchange::on_handler_end() {
  ended_ = true;
  if (!starting_) host_.run_soon(*session_);
}

void Http1Exchange::settle() {
  try {
    task_.take();
  } catch (const std::exception& thrown) {
    log::error("handler_failed", {{"error", thrown.what()}});
  } catch (...) {
    log::error("handler_failed", {{"error", "unknown exception"}});
  }
  task_.reset();
  patience_.stop(host_.worker().now());
}

void Http1Exchange::cancel() {
  fail(Failure::kHandler);
  task_.reset();
}

void Http1Exchange::fail(Failure why) {
  if (failure_ == Failure::kNone) failure_ = why;
  if (waiter_) waiter_->wake();
}

BodyChunk Http1Exchange::poll_body() {
  if (failed()) return {BodyState::kFailed, {}};
  while (true) {
    const BodyChunk chunk = body_.look(input_);
    if (chunk.state == BodyState::kFailed) fail(body_.failure());
    if (chunk.state != BodyState::kPending) return chunk;
    if (!receive_body()) return {failed() ? BodyState::kFailed : BodyState::kPending, {}};
  }
}

void Http1Exchange::consume_body(std::size_t bytes) { body_.consume(input_, bytes); }

// True when there is more to look at.
bool Http1Exchange::receive_body() {
  net::Stream* const stream = session_->stream();
  if (stream == nullptr) {
    fail(Failure::kClientGone);
    return false;
  }
  if (!stream->may_read()) {
    await_body();
    return false;
  }
  if (turn_ != host_.worker().now()) {
    turn_ = host_.worker().now();
    reads_in_turn_ = 0;
  }
  if (reads_in_turn_ == kReadsPerTurn) {
    host_.run_next_turn(*session_);
    return false;
  }
  ++reads_in_turn_;

  const std::size_t wanted = body_.wanted(input_, body_read_);
  const net::IoResult result = input_.receive(*stream, wanted);
  switch (result.status) {
    case net::IoStatus::kOk:
      body_read_ = result.bytes == wanted ? kBodyRead : kFirstBodyRead;
      patience_.received(result.bytes, host_.settings().timeouts.body, turn_);
      return true;
    case net::IoStatus::kBlocked: await_body(); return false;
    case net::IoStatus::kEnd: fail(Failure::kBodyIncomplete); return false;
    default: session_->lose(Failure::kClientGone); return false;
  }
}

void Http1Exchange::await_body() {
  input_.fit();
  // Only to a client that is waiting for it: one that went ahead, or has its answer, has no use for it.
  if (expects_continue_ && body_.untouched() && input_.empty()) inform(100, nullptr);
  expects_continue_ = false;
  if (failed()) return;
  patience_.wait(host_.worker().now());
  session_->wake_by(patience_.deadline());
}

TimePoint Http1Exchange::deadline() const { return std::min(patience_.deadline(), send_deadline_); }

void Http1Exchange::on_deadline(TimePoint now) {
  if (send_deadline_ <= now) {
    session_->lose(Failure::kSendTimeout, Http1Session::Farewell::kReset);
  } else if (patience_.deadline() <= now) {
    patience_.stop(now);
    fail(Failure::kBodyTimeout);
  }
}

// A client that ended its side (EPOLLRDHUP) may still read: `nc` and some simple clients do so after the request, and HTTP
// allows it (RFC 9112 section 9.6). It gets its answer; a client that is really gone answers the first bytes with a reset,
// which ends the exchange. What we pay is that a wait for the backend goes on for a client that left without a reset;
// the wait's own deadline bounds it.
void Http1Exchange::on_io(std::uint32_t events) {
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
    session_->lose(Failure::kClientGone);
    return;
  }
  if (output_.blocked() && (events & EPOLLOUT) != 0) {
    flush();
    if (waiter_ && !output_.blocked()) waiter_->wake();
  }
  if (patience_.waiting() && (events & (EPOLLIN | EPOLLRDHUP)) != 0) {
    patience_.stop(host_.worker().now());
    if (waiter_) waiter_->wake();
  }
}

}  // namespace gatehouse::http
