#include "gatehouse/dynamo/adapter/protocol.hpp"

#include "access.hpp"
#include "compression.hpp"
#include "gatehouse/base/ids.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"
#include "leading_keys.hpp"
#include "signature.hpp"

#include <optional>
#include <utility>

namespace gatehouse::dynamo {
namespace {

constexpr std::string_view kContentType = "application/x-amz-json-1.0";
constexpr int kNotFound = 404;
constexpr int kUnsupportedMediaType = 415;

// The fields of a request that the protocol looks at, found in one pass.
struct Facts {
  std::string_view target, content_type, content_encoding, accept_encoding;
};

Facts look_at(const HttpRequest& request) {
  Facts facts;
  for (const crypto::SigV4Header& header : request.headers) {
    switch (header.name.size()) {
      case 12:
        if (iequals(header.name, "x-amz-target")) facts.target = header.value;
        if (iequals(header.name, "content-type")) facts.content_type = header.value;
        break;
      case 15:
        if (iequals(header.name, "accept-encoding")) facts.accept_encoding = header.value;
        break;
      case 16:
        if (iequals(header.name, "content-encoding")) facts.content_encoding = header.value;
        break;
      default: break;
    }
  }
  return facts;
}

// As the service's own, "VV4KQNSO5AEMVJF66Q9ASUAAJG…": 52 characters of base 32.
void write_request_id(std::array<char, 52>& to) {
  constexpr char kDigits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
  constexpr std::size_t kDigitsPerWord = 12;
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (i % kDigitsPerWord == 0) word = random_u64();
    to[i] = kDigits[word & 31];
    word >>= 5;
  }
}

void refuse(const Fault& fault, std::string_view reason, Buffers& buffers, HttpAnswer& answer, int status = 0) {
  buffers.answer.clear();
  fault.write(buffers.answer);
  answer.status = status != 0 ? status : fault_status(fault.type());
  answer.reason = reason;
}

// The last step of every answer.
void seal(std::string_view accept_encoding, Buffers& buffers, HttpAnswer& answer) {
  answer.body = buffers.answer;
  if (buffers.answer.size() >= kWorthCompressing && !accept_encoding.empty()) {
    const Coding coding = choose_coding(accept_encoding);
    if (coding != Coding::kIdentity && compress(coding, buffers.answer, buffers.compressed)) {
      answer.body = buffers.compressed;
      answer.content_encoding = coding_name(coding);
    }
  }
  answer.crc32 = crc32(answer.body);
  write_request_id(answer.request_id);
}

void answer_health(const HttpRequest& request, Buffers& buffers, HttpAnswer& answer) {
  std::string_view host = request.host;
  if (const std::size_t colon = host.rfind(':'); colon != std::string_view::npos && !host.ends_with(']'))
    host = host.substr(0, colon);
  buffers.answer = "healthy: dynamodb.";
  buffers.answer += host;
  buffers.answer += ' ';
  answer.content_type = "text/plain";
}

bool begins_an_object(std::string_view body) {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && body[first] == '{';
}

// Every other method, path and type of content is somebody else's protocol, and told so in the service's way.
std::optional<Operation> find_asked(const HttpRequest& request, const Facts& facts, Buffers& buffers, HttpAnswer& answer) {
  const std::string_view type = trim(facts.content_type.substr(0, facts.content_type.find(';')));
  if (request.method != "POST" || !iequals(type, kContentType)) {
    refuse({FaultType::kUnknownOperation, ""}, "dynamodb_not_the_protocol", buffers, answer, kNotFound);
    return std::nullopt;
  }
  const auto operation = find_target(facts.target);
  if (!operation) refuse({FaultType::kUnknownOperation, ""}, "dynamodb_unknown_operation", buffers, answer);
  return operation;
}

// The body that the engine sees; nullopt when it was refused.
std::optional<std::string_view> open_body(std::string_view body, const Facts& facts, Buffers& buffers, HttpAnswer& answer) {
  const Coding coding = find_coding(facts.content_encoding);
  if (coding == Coding::kUnknown) {
    refuse({FaultType::kSerialization, "Content-Encoding must be gzip, deflate or identity"}, "dynamodb_unknown_encoding", buffers,
           answer, kUnsupportedMediaType);
    return std::nullopt;
  }
  if (coding != Coding::kIdentity) {
    switch (inflate(coding, body, kMaxBody, buffers.inflated)) {
      case Inflated::kDone: break;
      case Inflated::kTooLarge: Protocol::answer_too_large(buffers, answer); return std::nullopt;
      case Inflated::kMalformed:
        refuse({FaultType::kSerialization, "The request body is not what Content-Encoding says"}, "dynamodb_malformed_encoding",
               buffers, answer);
        return std::nullopt;
    }
    body = buffers.inflated;
  }
  if (!begins_an_object(body)) {
    refuse({FaultType::kSerialization, ""}, "dynamodb_malformed_body", buffers, answer);
    return std::nullopt;
  }
  return body;
}

}  // namespace

struct Protocol::Impl {
  Access access;
  Unsigned without_signature;
  std::shared_ptr<Engine> engine;
  const Clock& clock;

  net::Task<bool> admit(const AccessKey& key, std::string_view region, const Call& call, Arena& arena, Buffers& buffers,
                        HttpAnswer& answer) const;
};

Protocol::Protocol(const ProtocolSettings& settings, std::shared_ptr<Engine> engine, const Clock& clock)
    : impl_(std::make_unique<const Impl>(
          Impl{Access(settings.access_keys), settings.without_signature, std::move(engine), clock})) {}

Protocol::~Protocol() = default;

void Protocol::answer_too_large(Buffers& buffers, HttpAnswer& answer) {
  refuse({FaultType::kRequestEntityTooLarge, "Request body must not be larger than 16 MB"}, "body_too_large", buffers, answer);
  seal({}, buffers, answer);
}

// Of a key with restrictions. False when it was refused.
net::Task<bool> Protocol::Impl::admit(const AccessKey& key, std::string_view region, const Call& call, Arena& arena, Buffers& buffers,
                                      HttpAnswer& answer) const {
  const Iterators iterators = engine->kind() == "remote" ? Iterators::kOpaque : Iterators::kNameTheirStream;
  const auto touches = check_access(key, region, call.operation, call.body, iterators, arena);
  if (!touches) {
    const bool denied = touches.error().type() == FaultType::kAccessDenied;
    refuse(touches.error(), denied ? "dynamodb_access_denied" : "dynamodb_malformed_body", buffers, answer);
    co_return false;
  }
  if (key.settings.leading_keys.empty()) co_return true;
  const Touch* const foreign = co_await find_foreign_touch(key, *touches, *engine, call, buffers.answer, arena);
  buffers.answer.clear();
  if (foreign == nullptr) co_return true;
  refuse(access_denied(key, region, *foreign), "dynamodb_access_denied", buffers, answer);
  co_return false;
}

net::Task<void> Protocol::serve(const HttpRequest& request, net::Worker& worker, net::Waiter& waiter, TimePoint deadline, Arena& arena,
                                Buffers& buffers, HttpAnswer& answer) const {
  const Facts facts = look_at(request);
  const bool asks_health = (request.method == "GET" || request.method == "HEAD") && request.path == "/";
  if (asks_health && request.query.empty()) {
    answer_health(request, buffers, answer);
    seal({}, buffers, answer);
    co_return;
  }
  const auto operation = find_asked(request, facts, buffers, answer);
  if (!operation) {
    seal({}, buffers, answer);
    co_return;
  }
  Caller caller = identify(request, impl_->access, impl_->without_signature, impl_->clock.wall(), arena);
  if (caller.refused) {
    refuse(*caller.refused, caller.reason, buffers, answer);
    seal({}, buffers, answer);
    co_return;
  }
  if (caller.key != nullptr) answer.access_key = caller.key->settings.id;
  const auto body = open_body(request.body, facts, buffers, answer);
  if (body) {
    Call call{*operation, *body, worker, waiter, deadline, 200, buffers.answer};
    bool admitted = true;
    if (caller.key != nullptr && !caller.key->unrestricted)
      admitted = co_await impl_->admit(*caller.key, caller.region, call, arena, buffers, answer);
    if (admitted) {
      co_await impl_->engine->execute(call);
      answer.status = call.status;
      if (call.status != 200) answer.reason = call.status < 500 ? "dynamodb_refused" : "dynamodb_failed";
    }
  }
  seal(facts.accept_encoding, buffers, answer);
}

}  // namespace gatehouse::dynamo
