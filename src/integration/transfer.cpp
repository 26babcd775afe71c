#include "transfer.hpp"

#include "balance_key.hpp"
#include "forwarding.hpp"
#include "gatehouse/base/log.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/pipeline/answer_fields.hpp"
#include "gatehouse/upstream/retry.hpp"
#include "websocket_relay.hpp"
#include "whole_body.hpp"

#include <algorithm>
#include <chrono>

namespace gatehouse::integration {

using pipeline::Answer;
using upstream::AttemptOutcome;
using upstream::AttemptState;

namespace {

constexpr std::string_view kTotalTimeout = "upstream_total_timeout";
constexpr std::string_view kWebSocket = "websocket";
constexpr std::string_view kBreakerOpen = "upstream_breaker_open";

// The tighter of the backend's and the route's; 0 is none.
TimePoint total_deadline(TimePoint began, Duration backend, Duration route) {
  TimePoint deadline = TimePoint::max();
  if (backend > Duration()) deadline = began + backend;
  if (route > Duration()) deadline = std::min(deadline, began + route);
  return deadline;
}

// A body is worth keeping only where the request may be sent twice at all.
RequestBody::Replay replay(const http::RequestHead& request, const upstream::Backend& backend) {
  const bool repeats = backend.settings().retries.attempts > 0 && http::is_idempotent(request.method);
  return repeats ? RequestBody::Replay::kWhileSmall : RequestBody::Replay::kNever;
}

}  // namespace

Transfer::Transfer(const Destination& to, pipeline::RequestContext& context)
    : to_(to),
      context_(context),
      exchange_(context.exchange),
      backend_(to.pools->backend()),
      began_(now()),
      total_deadline_(total_deadline(began_, backend_.settings().timeouts.total, context.deadline_after)),
      body_(context, replay(context.request(), backend_)) {
  context.upstream.backend = backend_.settings().name;
  context.upstream.began = began_;
}

bool Transfer::advance() {
  while (true) {
    const Step step = relay_ ? relay() : attempt_ ? connect() : prepare();
    if (step == Step::kWait) return false;
    if (step == Step::kEnd) break;
  }
  context_.upstream.total = now() - began_;
  return true;
}

Transfer::Step Transfer::prepare() {
  const auto target = forwarded_target(context_, to_.settings.path);
  if (!target) {
    answer(400, "bad_path_value", "Bad Request");
    return Step::kEnd;
  }
  const http::RequestHead& request = context_.request();
  // A body that is too large is known as such before a backend hears of it.
  if (request.has_body && body_.poll().state == http::BodyState::kFailed) return end_by_client();
  edit_request(context_);
  head_.method = request.method_text;
  head_.target = *target;
  head_.base = &request.fields;
  head_.edits = &context_.request_edits;
  if (to_.websocket && iequals(request.protocol, kWebSocket) && !request.has_body) head_.upgrade = kWebSocket;
  head_.has_body = request.has_body;
  head_.content_length = context_.body_length();
  hash_ = balance_key(context_, backend_.settings().balance);
  backend_.count_request(began_);
  return start_try();
}

Transfer::Step Transfer::start_try() {
  relay_.reset();
  attempt_.emplace(to_.pools->on(exchange_.worker()), exchange_.waiter());
  attempt_->start(hash_, tried_, total_deadline_);
  ++context_.upstream.tries;
  if (attempt_->has_target()) {
    tried_ |= attempt_->target() < 64 ? std::uint64_t{1} << attempt_->target() : 0;
    context_.upstream.target = backend_.settings().targets[attempt_->target()].url;
  }
  return connect();
}

Transfer::Step Transfer::connect() {
  if (exchange_.failed()) return end_by_client();
  switch (attempt_->poll()) {
    case AttemptState::kPending: return Step::kWait;  // under the attempt's own deadlines
    case AttemptState::kFailed: return try_again_or_fail(attempt_->error(), false, false);
    case AttemptState::kReady: break;
  }
  context_.upstream.reused_connection = attempt_->reused_connection();
  context_.upstream.connect = std::chrono::nanoseconds(attempt_->connect_nanoseconds());
  head_.authority = authority();
  relay_.emplace(context_, attempt_->call(), body_, backend_.settings().timeouts);
  relay_->start(head_);
  return wait_until(std::min(total_deadline_, relay_->due()));
}

std::string_view Transfer::authority() const {
  const upstream::BackendSettings& settings = backend_.settings();
  if (settings.host == upstream::HostHeader::kFixed) return settings.host_name;
  if (settings.host == upstream::HostHeader::kPreserve && !context_.request().authority.empty()) {
    return context_.request().authority;
  }
  return to_.authorities[attempt_->target()];
}

Transfer::Step Transfer::relay() {
  switch (relay_->move()) {
    case Relay::Progress::kPending: break;
    case Relay::Progress::kComplete: return end_answered();
    case Relay::Progress::kClientFailed: return end_by_client();
    case Relay::Progress::kUpgraded: return hand_over();
    case Relay::Progress::kUpstreamFailed: {
      const http::UpstreamCall& call = attempt_->call();
      return try_again_or_fail(*call.failure(), call.bytes_sent() > 0, call.closed_before_answer());
    }
  }
  const TimePoint due = std::min(total_deadline_, relay_->due());
  if (now() < due) return wait_until(due);
  return end_late(now() >= total_deadline_ ? kTotalTimeout : relay_->late_reason());
}

Transfer::Step Transfer::wait_until(TimePoint due) {
  if (due != TimePoint::max()) exchange_.worker().timers().arm(*this, due);
  return Step::kWait;
}

Transfer::Step Transfer::try_again_or_fail(const Error& error, bool sent, bool closed_before_answer) {
  const upstream::TryFacts facts{.idempotent = http::is_idempotent(context_.request().method),
                                 .sent = sent,
                                 .reused_connection = attempt_->reused_connection(),
                                 .closed_before_answer = closed_before_answer,
                                 .body_gone = body_.gone(),
                                 .responded = relay_ && relay_->responded(),
                                 .tries = context_.upstream.tries,
                                 .attempts = backend_.settings().retries.attempts,
                                 .error = error.kind()};
  if (now() >= total_deadline_) return end_late(kTotalTimeout);
  if (!upstream::may_retry(facts) || !backend_.take_retry()) return end_with(error);
  // A kept connection that the backend had closed says nothing about the backend.
  const bool stale = facts.reused_connection && closed_before_answer;
  relay_.reset();
  attempt_->finish(stale ? AttemptOutcome::kAbandoned : AttemptOutcome::kFailed);
  body_.rewind();
  return start_try();
}

Transfer::Step Transfer::end_answered() {
  const bool error = context_.upstream.status >= 500;
  relay_.reset();
  attempt_->finish(error ? AttemptOutcome::kAnsweredWithError : AttemptOutcome::kAnswered);
  return Step::kEnd;
}

// Both connections leave the request, which ends with the 101: what is said on them from now on is none of HTTP.
Transfer::Step Transfer::hand_over() {
  http::UpstreamCall& call = attempt_->call();
  context_.upstream.status = call.response().status;
  context_.upstream.first_byte = now() - began_;
  http::ResponseHead head(context_.arena());
  edit_response(call.response(), head);
  head.status = call.response().status;
  relay_.reset();
  http::Upgraded client = context_.upgrade(head);
  std::string from_backend;
  std::unique_ptr<net::Stream> backend = call.take_stream(from_backend);
  attempt_->finish(AttemptOutcome::kAnswered);
  if (!client.stream) {
    context_.reason = http::to_string(exchange_.failure());
    return Step::kEnd;
  }
  net::Worker& worker = exchange_.worker();
  to_.websocket->relays->on(worker).add(std::make_unique<WebSocketRelay>(
      worker, to_.websocket, std::move(client), std::move(backend), from_backend, context_.client, context_.request_id));
  return Step::kEnd;
}

Transfer::Step Transfer::end_late(std::string_view reason) {
  return end_with(Error(ErrorKind::kTimeout, ErrorSource::kUpstream, reason));
}

// The backend failed. The client gets an answer, or, when one has begun, sees that it stays incomplete.
Transfer::Step Transfer::end_with(const Error& error) {
  log_failure(error);
  if (exchange_.responded()) {
    context_.reason = error.reason();
    exchange_.abort();
  } else if (error.kind() == ErrorKind::kTimeout) {
    answer(504, error.reason(), "Endpoint request timed out");
  } else if (error.kind() == ErrorKind::kUnavailable) {
    answer_unavailable(error);
  } else {
    answer(502, error.reason(), "Bad Gateway");
  }
  relay_.reset();
  attempt_->finish(AttemptOutcome::kFailed);
  return Step::kEnd;
}

// What the client did, in answers where one can still be given. The attempt is abandoned.
Transfer::Step Transfer::end_by_client() {
  if (exchange_.responded()) {
    context_.reason = context_.failure_reason();
    exchange_.abort();
    return Step::kEnd;
  }
  integration::end_by_client(context_);
  return Step::kEnd;
}

// The access log has the reason of every request; here is the cause behind it, at most once a second and route.
void Transfer::log_failure(const Error& error) const {
  constexpr std::int64_t kBetween = std::chrono::nanoseconds(std::chrono::seconds(1)).count();
  const std::int64_t time = now().time_since_epoch().count();
  std::int64_t next = to_.next_log.load(std::memory_order_relaxed);
  if (time < next || !to_.next_log.compare_exchange_strong(next, time + kBetween, std::memory_order_relaxed)) return;
  log::error("upstream_failed", {{"request_id", context_.request_id},
                                 {"backend", context_.upstream.backend},
                                 {"target", context_.upstream.target},
                                 {"reason", error.reason()},
                                 {"cause", error.message()}});
}

void Transfer::answer(int status, std::string_view reason, std::string_view message) {
  context_.answer(Answer(context_.arena(), status, reason, message));
}

void Transfer::answer_unavailable(const Error& error) {
  Answer made(context_.arena(), 503, error.reason(), "Service Unavailable");
  const Duration wait = error.reason() == kBreakerOpen ? backend_.breaker_remaining() : std::chrono::seconds(1);
  pipeline::set_retry_after(made, context_.arena(), wait);
  context_.answer(made);
}

}  // namespace gatehouse::integration
