#include "whole_body.hpp"

#include "gatehouse/pipeline/body_failure.hpp"

namespace gatehouse::integration {

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
  context.answer(pipeline::answer_of_failure(context, context.exchange.failure()));
}

}  // namespace gatehouse::integration
