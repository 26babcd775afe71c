// The SigV4 authorizer. What of a signature can be judged from the head is judged before a byte of the body is read; a body is
// held, up to a limit, only for those whose signature may still turn out to be right.
#include "gatehouse/crypto/sigv4.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/crypto/digest.hpp"
#include "gatehouse/middleware/authorizers.hpp"
#include "gatehouse/middleware/policy_facts.hpp"
#include "gatehouse/pipeline/held_body.hpp"
#include "gatehouse/pipeline/integration.hpp"
#include "gatehouse/pipeline/query.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "signed_body.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace gatehouse::middleware {
namespace {

using crypto::PolicyDecision;
using crypto::SigV4Claim;
using crypto::SigV4Refusal;
using crypto::SigV4Request;
using http::FieldId;
using pipeline::HeldBody;
using pipeline::RequestContext;

constexpr std::string_view kContentSha256 = "x-amz-content-sha256";
constexpr std::string_view kDecodedLength = "x-amz-decoded-content-length";
constexpr std::string_view kTrailerNames = "x-amz-trailer";
constexpr std::string_view kSecurityToken = "x-amz-security-token";
constexpr std::string_view kScheme = "AWS4-";
constexpr std::string_view kChallenge = "AWS4-HMAC-SHA256";
constexpr std::string_view kMismatch = "sigv4_mismatch";
constexpr std::size_t kDigits = 64;
// SHA-256 of nothing: what a request without a body is signed with.
constexpr std::string_view kEmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::array<std::string_view, 7> kPresigned = {"X-Amz-Algorithm", "X-Amz-Credential",    "X-Amz-Date",          "X-Amz-Expires",
                                                        "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Security-Token"};

bool matches(std::string_view pattern, std::string_view text) {
  std::size_t at = 0, star = std::string_view::npos, resume = 0, i = 0;
  while (i < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      resume = i;
    } else if (at < pattern.size() && pattern[at] == text[i]) {
      ++at;
      ++i;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      i = ++resume;
    } else {
      return false;
    }
  }
  return std::ranges::all_of(pattern.substr(at), [](char c) { return c == '*'; });
}

Finding refused(int status, std::string_view reason, std::string_view detail) {
  Finding finding;
  finding.kind = Finding::Kind::kRefused;
  finding.status = status;
  finding.reason = reason;
  finding.detail = detail;
  return finding;
}

bool is_digest(std::string_view text) {
  return text.size() == kDigits && std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::span<const crypto::SigV4Header> headers_of(const http::Fields& fields, Arena& arena) {
  const auto headers = arena.array<crypto::SigV4Header>(fields.size());
  for (std::uint32_t i = 0; i < fields.size(); ++i) headers[i] = {fields[i].name, fields[i].value};
  return headers;
}

class SigV4Authorizer final : public Authorizer {
 public:
  SigV4Authorizer(const SigV4Settings& settings, const Clock& clock) : settings_(settings), clock_(clock) {
    for (const SigV4Key& given : settings.access_keys) {
      Key key{given, {}};
      if (!given.policy.json.empty()) {
        auto policy = crypto::Policy::parse(given.policy.json, kPolicyKeys);
        if (!policy) throw std::invalid_argument("policy of access key " + given.id + ": " + policy.error().message());
        key.policy = std::move(*policy);
      }
      keys_.emplace(given.id, std::move(key));
    }
  }

  Finding check(RequestContext& context) const override;
  net::Task<Finding> wait(RequestContext& context) const override;
  void prepare_forwarding(RequestContext& context) const override;

 private:
  struct Key {
    SigV4Key settings;
    std::optional<crypto::Policy> policy;
  };

  std::string_view service_of(const RequestContext& context) const {
    if (!settings_.service.empty()) return settings_.service;
    const auto& integration = context.route.integration;
    return integration && integration->kind() == "dynamodb" ? "dynamodb" : "execute-api";
  }
  crypto::SigV4Expectation expectation(const RequestContext& context, const Key& key) const {
    const std::string_view service = service_of(context);
    const auto path = service == "s3" ? crypto::SigV4Path::kS3 : crypto::SigV4Path::kNormal;
    return {key.settings.secret, service, settings_.region, clock_.wall(), path};
  }
  Finding verify(RequestContext& context, SigV4Request& request, const SigV4Claim& claim, const Key& key) const;
  Finding verify_chunked(RequestContext& context, const SigV4Request& request, const SigV4Claim& claim, const Key& key,
                         std::string_view declared) const;
  Finding accept(RequestContext& context, const Key& key) const;

  const SigV4Settings settings_;
  const Clock& clock_;
  std::map<std::string, Key, std::less<>> keys_;
};

bool shows_signature(const http::RequestHead& head) {
  const auto authorization = head.fields.get(FieldId::kAuthorization);
  if (authorization && authorization->starts_with(kScheme)) return true;
  return pipeline::find_parameter(head.query, "X-Amz-Algorithm") || pipeline::find_parameter(head.query, "X-Amz-Signature");
}

Finding SigV4Authorizer::check(RequestContext& context) const {
  const http::RequestHead& head = context.request();
  if (!shows_signature(head)) {
    Finding absent;
    absent.reason = "sigv4_missing";
    absent.detail = "Missing Authentication Token";
    absent.challenge = kChallenge;
    return absent;
  }
  SigV4Request request{head.method_text, head.path, head.query, headers_of(head.fields, context.arena()), {}};
  const auto claim = crypto::read_sigv4_claim(request, context.arena());
  if (!claim) {
    const SigV4Refusal refusal = claim.error();
    return refused(403, refusal.reason, context.arena().copy(refusal.message));
  }
  const auto key = keys_.find(claim->access_key);
  if (key == keys_.end() || !crypto::constant_time_equal(key->second.settings.session_token, claim->session_token))
    return refused(403, "access_key_unknown", "The security token included in the request is invalid.");
  return verify(context, request, *claim, key->second);
}

// With what is known of the body. Where nothing is, a signature that cannot be right whatever the body is refused at once.
Finding SigV4Authorizer::verify(RequestContext& context, SigV4Request& request, const SigV4Claim& claim, const Key& key) const {
  const http::RequestHead& head = context.request();
  const std::string_view declared = head.fields.get(kContentSha256).value_or("");
  if (declared.starts_with("STREAMING-")) return verify_chunked(context, request, claim, key, declared);
  const bool is_unsigned = declared == crypto::kUnsignedPayload;
  if (!declared.empty() && !is_unsigned && !is_digest(declared))
    return refused(403, "sigv4_payload", "X-Amz-Content-Sha256 must be the SHA-256 of the body, 64 lower-case hexadecimal digits.");
  if (is_unsigned && !settings_.unsigned_payload)
    return refused(403, "sigv4_unsigned_payload", "The body must be signed: UNSIGNED-PAYLOAD is not accepted here.");

  const std::string* const held = context.held_body();
  enum class Payload { kKnown, kToCompare, kUnknown };
  Payload payload = Payload::kKnown;
  if (is_unsigned) {
    request.payload_hash = {};
  } else if (held != nullptr) {
    request.body = *held;
  } else if (!head.has_body) {
    request.payload_hash = kEmptyHash;
  } else {
    payload = is_digest(declared) ? Payload::kToCompare : Payload::kUnknown;
    request.payload_hash = payload == Payload::kToCompare ? declared : kEmptyHash;
  }
  crypto::SigV4Expectation expected = expectation(context, key);
  if (is_unsigned) expected.unsigned_payload = crypto::UnsignedPayload::kAccepted;
  const auto verdict = crypto::verify_sigv4(request, claim, expected);
  if (verdict) return payload == Payload::kKnown ? accept(context, key) : Finding::wait();
  const SigV4Refusal refusal = verdict.error();
  const bool body_may_tell = payload == Payload::kUnknown && (refusal.reason == kMismatch || refusal.reason == "sigv4_payload");
  if (body_may_tell) return Finding::wait();
  return refused(403, refusal.reason, context.arena().copy(refusal.message));
}

// Of a body that is signed in chunks: what signs its head is verified here, and each chunk when somebody asks for it.
Finding SigV4Authorizer::verify_chunked(RequestContext& context, const SigV4Request& request, const SigV4Claim& claim, const Key& key,
                                        std::string_view declared) const {
  Arena& arena = context.arena();
  const http::RequestHead& head = context.request();
  const auto form = crypto::find_sigv4_streaming(declared);
  if (!form || claim.form == crypto::SigV4Form::kPresigned)
    return refused(403, "sigv4_streaming_payload",
                   arena.concat({"Bodies signed this way (", declared, ") are not accepted: sign the whole body, or its chunks as "
                                 "STREAMING-AWS4-HMAC-SHA256-PAYLOAD with the signature in Authorization."}));
  if (form == crypto::SigV4Streaming::kUnsignedTrailers && !settings_.unsigned_payload)
    return refused(403, "sigv4_unsigned_payload", arena.concat({"The body must be signed: ", declared, " is not accepted here."}));
  crypto::SigV4Expectation expected = expectation(context, key);
  expected.streaming = declared;
  if (const auto verdict = crypto::verify_sigv4(request, claim, expected); !verdict) {
    const SigV4Refusal refusal = verdict.error();
    return refused(403, refusal.reason, arena.copy(refusal.message));
  }
  const auto length = parse_u64(head.fields.get(kDecodedLength).value_or(""));
  if (!length)
    return refused(403, "sigv4_decoded_length", "X-Amz-Decoded-Content-Length must say how long the body is without the framing of its chunks.");
  if (!head.has_body) return refused(403, "sigv4_chunk_malformed", "A body that is signed in chunks has a last one, with no data in it.");
  if (!context.decodes_body()) {
    if (*length > context.exchange.body_limit()) return refused(413, "body_too_large", "X-Amz-Decoded-Content-Length is beyond the limit of the route.");
    // From here on it is the decoder that keeps the body within its length, and the framing in proportion.
    context.exchange.set_body_limit(std::numeric_limits<std::uint64_t>::max());
    const SignedBodyFacts facts{*form, *length, settings_.body, head.fields.get(kTrailerNames).value_or("")};
    context.decode_body(std::make_unique<SignedBody>(facts, crypto::SigV4Chain(key.settings.secret, claim)));
  }
  // What has no bytes looks whole to a backend at once.
  if (*length == 0 && context.held_body() == nullptr) return Finding::wait();
  return accept(context, key);
}

net::Task<Finding> SigV4Authorizer::wait(RequestContext& context) const {
  net::Task<HeldBody> reading = pipeline::read_held_body(context, settings_.body);
  const HeldBody body = co_await reading;
  if (body == HeldBody::kWhole) co_return check(context);
  if (body == HeldBody::kTooLarge)
    co_return refused(413, "sigv4_body_too_large",
                      "The body is larger than a signed one may be here: raise `body` of the authorizer, or send UNSIGNED-PAYLOAD where "
                      "that is accepted.");
  if (const pipeline::BodyRefusal* const refusal = context.body_refusal()) co_return refused(refusal->status, refusal->reason, refusal->detail);
  const http::Failure failure = context.exchange.failure();
  const int status = failure == http::Failure::kBodyTooLarge ? 413 : failure == http::Failure::kBodyTimeout ? 408 : 400;
  co_return refused(status, http::to_string(failure), "the body did not arrive whole");
}

Finding SigV4Authorizer::accept(RequestContext& context, const Key& key) const {
  pipeline::Identity identity{"sigv4", key.settings.id};
  if (key.settings.allow.empty() && !key.policy) return Finding::accepted(identity);
  const std::string_view method = context.request().method_text;
  const bool listed = std::ranges::any_of(key.settings.allow, [&](const CallPattern& pattern) {
    return (pattern.method.empty() || pattern.method == method) && matches(pattern.path, context.path);
  });
  const std::string_view arn = method_arn(context);
  PolicyDecision decision = listed ? PolicyDecision::kAllow : PolicyDecision::kImplicit;
  if (key.policy) {
    const PolicyDecision said = decide(*key.policy, arn, context);
    if (said != PolicyDecision::kImplicit) decision = said;
  }
  identity.allowed_by_policy = decision == PolicyDecision::kAllow;
  // Amazon's rule within one account: the key's policy or the resource's must allow, and neither may deny.
  const bool resource_allows = context.resource_policy == pipeline::ResourcePolicy::kAllows;
  if (decision == PolicyDecision::kAllow || (decision == PolicyDecision::kImplicit && resource_allows))
    return Finding::accepted(identity);
  return refused(403, decision == PolicyDecision::kDeny ? "access_key_explicit_deny" : "access_key_denied",
                 not_authorized(key.settings.id, arn, decision, context));
}

// Nothing says any more that the body was framed.
void forget_chunks(RequestContext& context) {
  for (const std::string_view name : {kContentSha256, kDecodedLength, kTrailerNames}) context.request_edits.remove(name);
  const std::string_view codings = context.content_encoding();
  context.request_edits.remove(FieldId::kContentEncoding);
  if (!codings.empty()) context.request_edits.append(FieldId::kContentEncoding, codings);
}

// A signature is for this gateway: what the backend is sent is another request, which it does not fit.
void SigV4Authorizer::prepare_forwarding(RequestContext& context) const {
  const http::Fields& fields = context.request().fields;
  const auto authorization = fields.get(FieldId::kAuthorization);
  if (authorization && authorization->starts_with(kScheme)) context.request_edits.remove(FieldId::kAuthorization);
  if (fields.get(kSecurityToken)) context.request_edits.remove(kSecurityToken);
  if (context.decodes_body()) forget_chunks(context);
  if (!pipeline::find_parameter(context.query, "X-Amz-Signature")) return;
  for (const std::string_view name : kPresigned) context.query = pipeline::without_parameter(context.query, name, context.arena());
}

}  // namespace

AuthorizerPtr make_sigv4(const SigV4Settings& settings, const Clock& clock) {
  return std::make_shared<SigV4Authorizer>(settings, clock);
}

}  // namespace gatehouse::middleware
