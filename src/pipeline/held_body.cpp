#include "gatehouse/pipeline/held_body.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace gatehouse::pipeline {
namespace {

// What is reserved on a client's word alone.
constexpr std::uint64_t kBelieved = 64 * 1024;

}  // namespace

net::Task<HeldBody> read_held_body(RequestContext& context, std::uint64_t limit) {
  if (const std::string* const held = context.held_body()) co_return held->size() > limit ? HeldBody::kTooLarge : HeldBody::kWhole;
  http::Exchange& exchange = context.exchange;
  const std::uint64_t announced = context.body_length().value_or(0);
  if (announced > limit) co_return HeldBody::kTooLarge;
  std::string body;
  body.reserve(std::min(announced, kBelieved));
  while (true) {
    const http::BodyChunk chunk = context.poll_body();
    if (chunk.state == http::BodyState::kEnd) break;
    if (chunk.state == http::BodyState::kFailed) co_return HeldBody::kFailed;
    if (chunk.state == http::BodyState::kPending) {
      co_await exchange.waiter();
      continue;
    }
    if (chunk.bytes.size() > limit - body.size()) co_return HeldBody::kTooLarge;
    body.append(chunk.bytes);
    context.consume_body(chunk.bytes.size());
  }
  context.hold_body(std::move(body));
  co_return HeldBody::kWhole;
}

}  // namespace gatehouse::pipeline
