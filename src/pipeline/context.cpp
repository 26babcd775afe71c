#include "gatehouse/pipeline/context.hpp"

#include "gatehouse/base/comma_list.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/pipeline/error_answers.hpp"
#include "gatehouse/pipeline/middleware.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "gatehouse/pipeline/trail.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::pipeline {
namespace {

constexpr int kClientClosedRequest = 499;  // nginx's number, which log readers know

// A body that broke a rule is answered, though the exchange cannot be completed as asked; a client that left is not.
bool can_answer(http::Failure failure) {
  switch (failure) {
    case http::Failure::kNone:
    case http::Failure::kBodyIncomplete:
    case http::Failure::kBodyMalformed:
    case http::Failure::kBodyTooLarge:
    case http::Failure::kBodyTimeout:
    case http::Failure::kBodyRefused: return true;
    case http::Failure::kClientGone:
    case http::Failure::kSendTimeout:
    case http::Failure::kHandler: break;
  }
  return false;
}

}  // namespace

RequestContext::RequestContext(http::Exchange& exchange_, const Route& route_)
    : exchange(exchange_), route(route_), query(exchange_.request().query), request_edits(exchange_.arena()) {}

http::BodyChunk RequestContext::poll_body() {
  if (!held_body_) return decoder_ ? decode() : exchange.poll_body();
  if (held_consumed_ == held_body_->size()) return {http::BodyState::kEnd, {}};
  return {http::BodyState::kData, std::string_view(*held_body_).substr(held_consumed_)};
}

void RequestContext::consume_body(std::size_t bytes) {
  if (held_body_) {
    held_consumed_ += bytes;
  } else if (decoder_) {
    decoder_->consume(bytes);
  } else {
    exchange.consume_body(bytes);
  }
}

http::BodyChunk RequestContext::decode() {
  const http::BodyChunk chunk = decoder_->poll(exchange);
  if (decoder_->refusal() != nullptr && !exchange.failed()) exchange.refuse_body();
  return chunk;
}

std::string_view RequestContext::content_encoding() {
  constexpr std::string_view kTakenOff = "aws-chunked";
  const http::Fields& fields = request().fields;
  std::string_view list;
  if (!fields.has(http::FieldId::kContentEncoding)) return list;
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    if (fields[i].id != http::FieldId::kContentEncoding) continue;
    std::string_view rest = fields[i].value;
    for (std::string_view coding; next_element(rest, coding);) {
      if (decoder_ && iequals(coding, kTakenOff)) continue;
      list = list.empty() ? coding : arena().concat({list, ", ", coding});
    }
  }
  return list;
}

std::string_view RequestContext::failure_reason() const {
  const http::Failure failure = exchange.failure();
  const BodyRefusal* const refusal = failure == http::Failure::kBodyRefused ? body_refusal() : nullptr;
  return refusal != nullptr ? refusal->reason : http::to_string(failure);
}

RequestContext::~RequestContext() {
  while (kept_ != nullptr) std::exchange(kept_, kept_->next)->~Kept();
}

void RequestContext::respond(http::ResponseHead& head, std::string_view first, http::More more) {
  if (!can_answer(exchange.failure())) {
    status = kClientClosedRequest;
    return;
  }
  // The same id that the log and the backend have, on answers of every origin.
  if (!request_id.empty()) head.edits.set_valid(http::FieldId::kXRequestId, request_id);
  answering = &head;
  for (auto step = route.steps.rbegin(); step != route.steps.rend(); ++step) (*step)->on_response(*this, head);
  if (trail != nullptr) [[unlikely]] trail->tell(*this, head);
  answering = nullptr;
  status = head.status;
  if (filters_.empty()) return exchange.respond(head, first, more);
  const std::string_view passed = filtered(first, more);
  if (more == http::More::kNo && head.content_length) head.content_length = passed.size();
  exchange.respond(head, passed, more);
}

http::Upgraded RequestContext::upgrade(http::ResponseHead& head) {
  if (!request_id.empty()) head.edits.set_valid(http::FieldId::kXRequestId, request_id);
  for (auto step = route.steps.rbegin(); step != route.steps.rend(); ++step) (*step)->on_response(*this, head);
  status = head.status;
  return exchange.upgrade(head);
}

void RequestContext::write(std::string_view bytes, http::More more) {
  if (filters_.empty()) return exchange.write(bytes, more);
  const std::string_view passed = filtered(bytes, more);
  if (!passed.empty() || more == http::More::kNo) exchange.write(passed, more);
}

void RequestContext::finish(const http::Fields& trailers) {
  if (trailers.size() > 0) {
    for (const auto& filter : filters_) filter->see_trailers(trailers);
  }
  if (!filters_.empty()) {
    if (const std::string_view last = filtered({}, http::More::kNo); !last.empty()) exchange.write(last, http::More::kYes);
  }
  exchange.finish(trailers);
}

void RequestContext::end_steps() noexcept {
  if (exchange.failed() && reason == "ok") reason = failure_reason();
  for (const auto& step : route.steps) step->on_end(*this);
}

std::string_view RequestContext::filtered(std::string_view bytes, http::More more) {
  for (const auto& filter : filters_) bytes = filter->pass(bytes, more);
  return bytes;
}

void RequestContext::answer(const Answer& made) {
  if (made.status < 400 || !route.errors) return send(made);
  const Answer shaped = route.errors->shape(*this, made);
  send(shaped);
}

void RequestContext::send(const Answer& made) {
  http::ResponseHead head(arena());
  head.status = made.status;
  head.edits = made.fields;
  head.content_length = made.body.size();
  reason = made.reason;
  respond(head, made.body, http::More::kNo);
}

}  // namespace gatehouse::pipeline
