#include "gatehouse/pipeline/body_failure.hpp"

#include "gatehouse/base/strings.hpp"

#include <iterator>

namespace gatehouse::pipeline {
namespace {

constexpr int kClientClosedRequest = 499;

Answer answer_of_refusal(RequestContext& context) {
  const BodyRefusal& refusal = *context.body_refusal();
  context.detail = refusal.detail;
  return Answer(context.arena(), refusal.status, refusal.reason, refusal.status == 413 ? "Payload Too Large" : "Forbidden");
}

}  // namespace

Answer answer_of_failure(RequestContext& context, http::Failure failure) {
  const auto made = [&](int status, std::string_view message) {
    return Answer(context.arena(), status, http::to_string(failure), message);
  };
  switch (failure) {
    case http::Failure::kBodyTooLarge: return made(413, "Payload Too Large");
    case http::Failure::kBodyTimeout: return made(408, "Request Timeout");
    case http::Failure::kBodyMalformed:
    case http::Failure::kBodyIncomplete: return made(400, "Bad Request");
    case http::Failure::kBodyRefused: return answer_of_refusal(context);
    case http::Failure::kNone:
    case http::Failure::kClientGone:
    case http::Failure::kSendTimeout:
    case http::Failure::kHandler: break;
  }
  return made(kClientClosedRequest, "Client Closed Request");
}

std::optional<Answer> answer_of_unheld(RequestContext& context, HeldBody held, const HoldLimit& limit) {
  if (held == HeldBody::kWhole) return std::nullopt;
  if (held == HeldBody::kFailed) return answer_of_failure(context, context.exchange.failure());
  char digits[20];
  const std::string_view bytes(std::begin(digits), write_u64(digits, limit.bytes));
  context.detail = context.arena().concat({"a body ", limit.purpose, " may have ", bytes, " bytes (", limit.key, ")"});
  return answer_of_failure(context, http::Failure::kBodyTooLarge);
}

}  // namespace gatehouse::pipeline
