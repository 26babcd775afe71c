#include "gatehouse/integration/dynamodb.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/dynamo/adapter/protocol.hpp"
#include "whole_body.hpp"

#include <utility>

namespace gatehouse::integration {
namespace {

using dynamo::BufferLease;
using dynamo::Buffers;
using dynamo::HttpAnswer;
using dynamo::HttpRequest;
using http::FieldId;
using pipeline::RequestContext;

std::span<const crypto::SigV4Header> read_headers(const http::Fields& fields, Arena& arena) {
  const auto headers = arena.array<crypto::SigV4Header>(fields.size());
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    const http::Field field = fields[i];
    headers[i] = {field.name, field.value};
  }
  return headers;
}

class Dynamodb final : public pipeline::Integration {
 public:
  Dynamodb(const dynamo::ProtocolSettings& settings, std::shared_ptr<dynamo::Engine> engine, const Clock& clock)
      : protocol_(settings, std::move(engine), clock) {}

  std::string_view kind() const override { return "dynamodb"; }
  net::Task<void> serve(RequestContext& context) const override;

 private:
  static net::Task<bool> read_body(RequestContext& context, Buffers& buffers);
  static void respond(RequestContext& context, const HttpAnswer& answer);

  dynamo::Protocol protocol_;
};

net::Task<void> Dynamodb::serve(RequestContext& context) const {
  const BufferLease buffers;
  const bool whole = co_await read_body(context, *buffers);
  if (!whole) co_return;
  const http::RequestHead& head = context.request();
  const HttpRequest request{head.method_text, head.path,       head.query, head.authority, read_headers(head.fields, context.arena()),
                            buffers->received};
  const TimePoint deadline =
      context.deadline_after == Duration() ? TimePoint::max() : context.exchange.arrival() + context.deadline_after;
  HttpAnswer answer;
  co_await protocol_.serve(request, context.exchange.worker(), context.exchange.waiter(), deadline, context.arena(), *buffers, answer);
  if (!answer.access_key.empty()) context.identity = {"sigv4", answer.access_key};
  respond(context, answer);
}

// False when the request is over.
net::Task<bool> Dynamodb::read_body(RequestContext& context, Buffers& buffers) {
  http::Exchange& exchange = context.exchange;
  exchange.set_body_limit(dynamo::kMaxBody);
  while (true) {
    const http::BodyChunk chunk = context.poll_body();
    if (chunk.state == http::BodyState::kEnd) co_return true;
    if (chunk.state == http::BodyState::kFailed) break;
    if (chunk.state == http::BodyState::kData) {
      buffers.received.append(chunk.bytes);
      context.consume_body(chunk.bytes.size());
    } else {
      co_await exchange.waiter();
    }
  }
  if (exchange.failure() == http::Failure::kBodyTooLarge) {
    HttpAnswer answer;
    dynamo::Protocol::answer_too_large(buffers, answer);
    respond(context, answer);
  } else {
    end_by_client(context);
  }
  co_return false;
}

void Dynamodb::respond(RequestContext& context, const HttpAnswer& answer) {
  http::ResponseHead head(context.arena());
  head.status = answer.status;
  head.content_length = answer.body.size();
  head.edits.set_valid(FieldId::kContentType, answer.content_type);
  if (!answer.content_encoding.empty()) head.edits.set_valid(FieldId::kContentEncoding, answer.content_encoding);
  char digits[20];
  const std::string_view crc(digits, static_cast<std::size_t>(write_u64(digits, answer.crc32) - digits));
  head.edits.append("x-amz-crc32", context.arena().copy(crc));
  head.edits.append("x-amzn-RequestId", {answer.request_id.data(), answer.request_id.size()});
  context.reason = answer.reason;
  context.respond(head, answer.body, http::More::kNo);
}

}  // namespace

std::shared_ptr<const pipeline::Integration> make_dynamodb(const dynamo::ProtocolSettings& settings,
                                                           std::shared_ptr<dynamo::Engine> engine, const Clock& clock) {
  return std::make_shared<Dynamodb>(settings, std::move(engine), clock);
}

}  // namespace gatehouse::integration
