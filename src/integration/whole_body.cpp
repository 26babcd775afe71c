#include "whole_body.hpp"

namespace gatehouse::integration {
namespace {

constexpr int kClientClosedRequest = 499;

void refuse(pipeline::RequestContext& context, int status, std::string_view message) {
  context.answer(pipeline::Answer(context.arena(), status, http::to_string(context.exchange.failure()), message));
}

}  // namespace

net::Task<bool> read_whole_body(pipeline::RequestContext& context, std::string& to) {
  http::Exchange& exchange = context.exchange;
  while (true) {
    const http::BodyChunk chunk = context.poll_body();
    switch (chunk.state) {
      case http::BodyState::kData:
        to.append(chunk.bytes);
        context.consume_body(chunk.bytes.size());
        break;
      case http::BodyState::kPending: co_await exchange.waiter(); break;
      case http::BodyState::kEnd: co_return true;
      case http::BodyState::kFailed: end_by_client(context); co_return false;
    }
  }
}

void end_by_client(pipeline::RequestContext& context) {
  switch (context.exchange.failure()) {
    case http::Failure::kBodyTooLarge: return refuse(context, 413, "Payload Too Large");
    case http::Failure::kBodyTimeout: return refuse(context, 408, "Request Timeout");
    case http::Failure::kBodyMalformed:
    case http::Failure::kBodyIncomplete: return refuse(context, 400, "Bad Request");
    case http::Failure::kNone:
    case http::Failure::kClientGone:
    case http::Failure::kSendTimeout:
    case http::Failure::kHandler: break;
  }
  context.reason = http::to_string(context.exchange.failure());
  context.status = kClientClosedRequest;
}

}  // namespace gatehouse::integration
