#include "gatehouse/upstream/http_call.hpp"

#include "gatehouse/base/arena.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/http/exchange.hpp"

namespace gatehouse::upstream {

std::string_view HttpReply::field(std::string_view name) const {
  for (const auto& [written, value] : fields)
    if (iequals(written, name)) return value;
  return {};
}

HttpCall::HttpCall(net::Worker& worker, Pool& pool, TimePoint deadline, std::size_t max_answer, http::Exchange* client)
    : own_(worker.ready()),
      client_(client),
      waiter_(client == nullptr ? own_ : client->waiter()),
      deadline_(deadline),
      max_answer_(max_answer),
      attempt_(pool, waiter_) {
  if (deadline != TimePoint::max()) worker.timers().arm(*this, deadline);
}

void HttpCall::on_timer() {
  late_ = true;
  waiter_.wake();
}

CallEnd HttpCall::ended(CallEnd end, std::string cause) {
  end_ = end;
  cause_ = std::move(cause);
  return end;
}

bool HttpCall::given_up() const { return late_ || (client_ != nullptr && client_->failed()); }

CallEnd HttpCall::give_up(std::string_view why) { return ended(CallEnd::kLate, std::string(late_ ? why : "the client left")); }

net::Task<bool> HttpCall::connect(std::uint64_t tried) {
  attempt_.start(0, tried, deadline_);
  while (attempt_.poll() == AttemptState::kPending && !given_up()) co_await waiter_;
  if (attempt_.poll() == AttemptState::kReady) co_return true;
  if (given_up()) {
    give_up("no connection in time");
  } else {
    ended(CallEnd::kNotSent, std::string(attempt_.error().reason()) + ": " + attempt_.error().message());
  }
  co_return false;
}

void HttpCall::send(std::string_view method, std::string_view path, std::string_view host, std::span<const HttpField> fields,
                    std::string_view body) {
  Arena arena;
  http::FieldEdits edits(arena);
  for (const auto& [name, value] : fields) edits.append(name, value);
  http::OutgoingRequest head;
  head.method = method;
  head.target = path;
  head.authority = host;
  head.edits = &edits;
  head.has_body = !body.empty();
  head.content_length = body.size();
  attempt_.call().send(head, body, http::More::kNo);
}

net::Task<CallEnd> HttpCall::exchange(std::string_view method, std::string_view path, std::string_view host,
                                      std::span<const HttpField> fields, std::string_view body, HttpReply& reply) {
  send(method, path, host, fields, body);
  net::Task<CallEnd> receiving = receive(reply);
  const CallEnd end = co_await receiving;
  const bool left = end == CallEnd::kLate && !late_;  // which says nothing of the target
  attempt_.finish(left                      ? AttemptOutcome::kAbandoned
                  : end != CallEnd::kAnswered ? AttemptOutcome::kFailed
                  : reply.status >= 500     ? AttemptOutcome::kAnsweredWithError
                                            : AttemptOutcome::kAnswered);
  co_return end;
}

// Stricter than closed_before_answer(): a server that dies with a request it has received may have carried it out.
CallEnd HttpCall::broken() {
  const http::UpstreamCall& call = attempt_.call();
  const auto& failure = call.failure();
  std::string cause = failure ? std::string(failure->reason()) : "the answer is not complete";
  return ended(call.bytes_sent() == 0 ? CallEnd::kNotSent : CallEnd::kBroken, std::move(cause));
}

net::Task<CallEnd> HttpCall::receive(HttpReply& reply) {
  http::UpstreamCall& call = attempt_.call();
  while (true) {
    const http::HeadState state = call.poll_head();
    if (state == http::HeadState::kReady) break;
    if (state == http::HeadState::kFailed) co_return broken();
    if (given_up()) co_return give_up("no answer in time");
    if (state == http::HeadState::kPending) co_await waiter_;
  }
  reply.status = call.response().status;
  const http::Fields& fields = call.response().fields;
  for (std::uint32_t i = 0; i < fields.size(); ++i) reply.fields.emplace_back(fields[i].name, fields[i].value);
  while (true) {
    const http::BodyChunk chunk = call.poll_body();
    if (chunk.state == http::BodyState::kEnd) co_return ended(CallEnd::kAnswered, {});
    if (chunk.state == http::BodyState::kFailed) co_return broken();
    if (given_up()) co_return give_up("the answer was not complete in time");
    if (chunk.state == http::BodyState::kPending) {
      co_await waiter_;
      continue;
    }
    if (reply.body.size() + chunk.bytes.size() > max_answer_) co_return ended(CallEnd::kBroken, "the answer is too large");
    reply.body.append(chunk.bytes);
    call.consume_body(chunk.bytes.size());
  }
}

}  // namespace gatehouse::upstream
