#include "gatehouse/pipeline/body_failure.hpp"

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

}  // namespace gatehouse::pipeline
