#include "gatehouse/crypto/sigv4.hpp"

#include "gatehouse/crypto/digest.hpp"
#include "gatehouse/middleware/authorizers.hpp"
#include "waiting_fixture.hpp"

#include <algorithm>
#include <stdexcept>

namespace gatehouse::middleware {
namespace {

constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr std::string_view kSigned = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
constexpr std::string_view kUnsigned = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

class SigV4StepTest : public WaitingStepTest {
 protected:
  SigV4StepTest() {
    settings_.access_keys = {{"ci", std::string(kSecret), {}, {}, {}}, {"temporary", "other", "token-1", {}, {}}};
    signer_ = {"ci", std::string(kSecret), {}, "eu-west-1", "execute-api", crypto::SigV4Path::kNormal};
  }
  void use() { route_.steps = {make_authenticate({{make_sigv4(settings_, clock_)}})}; }

  // What botocore sends: the body's hash is signed, and declared only where `declare`.
  FieldList sign(std::string_view method, std::string_view target, std::string_view body = {}, FieldList fields = {}) {
    fields.insert(fields.begin(), {"host", "api.test"});
    std::vector<crypto::SigV4Header> headers;
    std::string hash = crypto::sha256_hex(body);
    for (const auto& [name, value] : fields) {
      headers.push_back({name, value});
      if (name == "x-amz-content-sha256") hash = value;
    }
    const auto question = target.find('?');
    crypto::SigV4Signature signature;
    signer_.sign(method, target.substr(0, question), question == std::string_view::npos ? "" : target.substr(question + 1), headers, hash,
                 clock_.wall(), signature);
    fields.emplace_back("x-amz-date", signature.time);
    if (!signer_.session_token.empty()) fields.emplace_back("x-amz-security-token", signer_.session_token);
    fields.emplace_back("authorization", signature.authorization);
    return fields;
  }
  // The head of a body that is signed in chunks.
  FieldList chunked(std::string_view form, std::string_view length, std::string_view method = "POST", FieldList fields = {}) {
    fields.emplace_back("x-amz-content-sha256", form);
    fields.emplace_back("x-amz-decoded-content-length", length);
    return sign(method, "/orders", {}, std::move(fields));
  }
  static std::string& find(FieldList& fields, std::string_view name) {
    return std::ranges::find(fields, name, &FieldList::value_type::first)->second;
  }
  // The identity's subject, or "status reason".
  std::string outcome(Running& running) {
    if (run(running)) return std::string(running.request.context.identity.subject);
    return std::to_string(running.request.exchange.status) + ' ' + std::string(running.request.context.reason);
  }
  std::string get(const FieldList& fields, const std::string& target = "/orders") {
    Running running(worker_, route_, "GET", target, fields);
    return outcome(running);
  }
  std::string post(const FieldList& fields, const std::string& body, std::size_t* consumed = nullptr) {
    Running running(worker_, route_, "POST", "/orders", fields);
    running.request.exchange.body(body);
    running.request.exchange.end_body();
    const std::string said = outcome(running);
    if (consumed != nullptr) *consumed = running.request.exchange.consumed;
    if (const std::string* const held = running.request.context.held_body(); held != nullptr && running.passed) {
      EXPECT_EQ(*held, body);
    }
    return said;
  }

  ManualClock clock_;
  SigV4Settings settings_;
  crypto::SigV4Signer signer_;
};

TEST_F(SigV4StepTest, AcceptsWhatWasSigned) {
  use();
  Running running(worker_, route_, "GET", "/orders?b=2&a=1", sign("GET", "/orders?b=2&a=1"));
  EXPECT_EQ(outcome(running), "ci");
  EXPECT_EQ(running.request.context.identity.method, "sigv4");
  EXPECT_EQ(find_field(running.request.forwarded(), "authorization"), std::nullopt);
}

TEST_F(SigV4StepTest, Refuses401WithAChallengeWithoutASignature) {
  use();
  EXPECT_EQ(get({}), "401 sigv4_missing");
  Running running(worker_, route_, "GET", "/", {{"Authorization", "Bearer x"}});
  EXPECT_EQ(outcome(running), "401 sigv4_missing");
  EXPECT_EQ(running.request.field("www-authenticate"), "AWS4-HMAC-SHA256");
  EXPECT_EQ(running.request.context.detail, "Missing Authentication Token");
}

TEST_F(SigV4StepTest, RefusesWhatIsNotComplete) {
  use();
  EXPECT_EQ(get({{"Authorization", "AWS4-HMAC-SHA256 Credential=ci"}}), "403 sigv4_incomplete");
  EXPECT_EQ(get({{"Authorization", "AWS4-ECDSA-P256-SHA256 Credential=ci"}}), "403 sigv4_incomplete");
}

TEST_F(SigV4StepTest, RefusesAClockThatIsFifteenMinutesOff) {
  use();
  const FieldList fields = sign("GET", "/orders");
  clock_.advance(std::chrono::minutes(15));
  EXPECT_EQ(get(fields), "ci");
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(get(fields), "403 sigv4_expired");
  clock_.advance(-std::chrono::seconds(2 * 900 + 2));
  EXPECT_EQ(get(fields), "403 sigv4_not_yet_valid");
}

TEST_F(SigV4StepTest, RefusesWhatWasChangedOnTheWay) {
  use();
  const FieldList fields = sign("GET", "/orders?a=1");
  EXPECT_EQ(get(fields, "/orders?a=2"), "403 sigv4_mismatch");
  EXPECT_EQ(get(fields, "/orders/?a=1"), "403 sigv4_mismatch");
  Running other(worker_, route_, "DELETE", "/orders?a=1", fields);
  EXPECT_EQ(outcome(other), "403 sigv4_mismatch");
  FieldList unsigned_header = fields;
  unsigned_header.emplace_back("X-Amz-Target", "x");
  EXPECT_EQ(get(unsigned_header, "/orders?a=1"), "403 sigv4_unsigned_header");
}

TEST_F(SigV4StepTest, RefusesKeysAndTokensThatItDoesNotKnow) {
  use();
  signer_.access_key = "nobody";
  EXPECT_EQ(get(sign("GET", "/orders")), "403 access_key_unknown");
  signer_ = {"temporary", "other", "token-1", "eu-west-1", "execute-api", crypto::SigV4Path::kNormal};
  EXPECT_EQ(get(sign("GET", "/orders")), "temporary");
  signer_.session_token = "token-2";
  EXPECT_EQ(get(sign("GET", "/orders")), "403 access_key_unknown");
  signer_ = {"ci", "wrong", {}, "eu-west-1", "execute-api", crypto::SigV4Path::kNormal};
  EXPECT_EQ(get(sign("GET", "/orders")), "403 sigv4_mismatch");
}

TEST_F(SigV4StepTest, ServiceAndRegionMustBeTheConfiguredOnes) {
  settings_.region = "us-east-1";
  use();
  EXPECT_EQ(get(sign("GET", "/orders")), "403 sigv4_scope");
  signer_.region = "us-east-1";
  EXPECT_EQ(get(sign("GET", "/orders")), "ci");
  signer_.service = "s3";
  EXPECT_EQ(get(sign("GET", "/orders")), "403 sigv4_scope");
  settings_.service = "s3";
  use();
  EXPECT_EQ(get(sign("GET", "/orders")), "ci");
}

TEST_F(SigV4StepTest, ABodyIsHeldUntilItIsKnownToBeTheOneThatWasSigned) {
  use();
  EXPECT_EQ(post(sign("POST", "/orders", "body"), "body"), "ci");
  EXPECT_EQ(post(sign("POST", "/orders", "body"), "bodY"), "403 sigv4_mismatch");
  const FieldList declared = sign("POST", "/orders", "body", {{"x-amz-content-sha256", crypto::sha256_hex("body")}});
  EXPECT_EQ(post(declared, "body"), "ci");
  EXPECT_EQ(post(declared, "body and more"), "403 sigv4_payload");
}

TEST_F(SigV4StepTest, NoByteOfABodyIsReadForASignatureThatCannotBeRight) {
  use();
  std::size_t consumed = 1;
  FieldList fields = sign("POST", "/orders", "body");
  clock_.advance(std::chrono::hours(1));
  EXPECT_EQ(post(fields, "body", &consumed), "403 sigv4_expired");
  EXPECT_EQ(consumed, 0U);
  signer_.secret_key = "wrong";
  fields = sign("POST", "/orders", "body", {{"x-amz-content-sha256", crypto::sha256_hex("body")}});
  EXPECT_EQ(post(fields, "body", &consumed), "403 sigv4_mismatch");
  EXPECT_EQ(consumed, 0U);
}

TEST_F(SigV4StepTest, ABodyBeyondTheLimitIs413) {
  settings_.body = 4;
  use();
  EXPECT_EQ(post(sign("POST", "/orders", "body"), "body"), "ci");
  EXPECT_EQ(post(sign("POST", "/orders", "body!"), "body!"), "413 sigv4_body_too_large");
}

TEST_F(SigV4StepTest, ABodyThatDoesNotArriveIsRefusedAsSuch) {
  use();
  Running running(worker_, route_, "POST", "/orders", sign("POST", "/orders", "body"));
  running.request.exchange.body("bo");
  running.start();
  EXPECT_FALSE(running.done());
  running.request.exchange.fail(http::Failure::kBodyTimeout);
  EXPECT_FALSE(finish(running));
  EXPECT_EQ(running.request.exchange.status, 408);
  EXPECT_EQ(running.request.context.reason, "body_timeout");
}

TEST_F(SigV4StepTest, AnUnsignedBodyIsRefusedUnlessAllowed) {
  const FieldList fields = sign("POST", "/orders", {}, {{"x-amz-content-sha256", "UNSIGNED-PAYLOAD"}});
  use();
  std::size_t consumed = 1;
  EXPECT_EQ(post(fields, "body", &consumed), "403 sigv4_unsigned_payload");
  settings_.unsigned_payload = true;
  use();
  EXPECT_EQ(post(fields, "body", &consumed), "ci");
  EXPECT_EQ(consumed, 0U);  // it streams
}

TEST_F(SigV4StepTest, WhatIsNoHashIsRefused) {
  use();
  EXPECT_EQ(post(sign("POST", "/orders", {}, {{"x-amz-content-sha256", "abc"}}), "x"), "403 sigv4_payload");
  EXPECT_EQ(post(chunked("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "1"), "x"), "403 sigv4_streaming_payload");
}

TEST_F(SigV4StepTest, OfABodyThatIsSignedInChunksTheHeadIsVerifiedFirst) {
  use();
  std::size_t consumed = 1;
  FieldList fields = chunked(kSigned, "1");
  EXPECT_EQ(post(fields, "x", &consumed), "ci");
  EXPECT_EQ(consumed, 0U);
  find(fields, "x-amz-decoded-content-length") = "2";
  EXPECT_EQ(post(fields, "x"), "403 sigv4_mismatch");
  EXPECT_EQ(post(chunked(kSigned, ""), "x"), "403 sigv4_decoded_length");
  EXPECT_EQ(post(chunked(kSigned, "-1"), "x"), "403 sigv4_decoded_length");
  EXPECT_EQ(get(chunked(kSigned, "0", "GET")), "403 sigv4_chunk_malformed");
  EXPECT_EQ(post(chunked(kUnsigned, "1"), "x"), "403 sigv4_unsigned_payload");
}

TEST_F(SigV4StepTest, ABodyThatIsSignedInChunksGoesOnWithoutThem) {
  settings_.unsigned_payload = true;
  use();
  Running running(worker_, route_, "POST", "/orders", chunked(kUnsigned, "3", "POST", {{"content-encoding", "gzip,aws-chunked"}, {"content-type", "x/y"}}));
  running.request.exchange.body("3\r\nabc\r\n0\r\n\r\n");
  running.request.exchange.end_body();
  EXPECT_EQ(outcome(running), "ci");
  pipeline::RequestContext& context = running.request.context;
  EXPECT_EQ(context.body_length(), 3U);
  EXPECT_EQ(context.poll_body().bytes, "abc");
  context.consume_body(3);
  EXPECT_EQ(context.poll_body().state, http::BodyState::kEnd);
  const FieldList forwarded = running.request.forwarded();
  EXPECT_EQ(find_field(forwarded, "content-encoding"), "gzip");
  EXPECT_EQ(find_field(forwarded, "content-type"), "x/y");
  for (const char* const name : {"x-amz-content-sha256", "x-amz-decoded-content-length", "authorization"})
    EXPECT_EQ(find_field(forwarded, name), std::nullopt) << name;
}

TEST_F(SigV4StepTest, ABodyOfSignedChunksThatIsNoneEndsTheRequestWhoeverReadsIt) {
  use();
  Running running(worker_, route_, "POST", "/orders", chunked(kSigned, "3"));
  running.request.exchange.body("3;chunk-signature=" + std::string(64, '0') + "\r\nabc\r\n");
  EXPECT_EQ(outcome(running), "ci");
  pipeline::RequestContext& context = running.request.context;
  EXPECT_EQ(context.poll_body().state, http::BodyState::kFailed);
  EXPECT_EQ(running.request.exchange.failure(), http::Failure::kBodyRefused);
  EXPECT_EQ(context.failure_reason(), "sigv4_chunk_mismatch");
}

TEST_F(SigV4StepTest, AnEmptyBodyOfSignedChunksIsVerifiedBeforeAnythingGoesOn) {
  settings_.unsigned_payload = true;
  use();
  Running running(worker_, route_, "POST", "/orders", chunked(kUnsigned, "0"));
  running.request.exchange.body("0\r\n");
  running.start();
  EXPECT_FALSE(running.done());
  running.request.exchange.body("\r\n");
  running.request.exchange.end_body();
  running.request.exchange.unblock();
  EXPECT_TRUE(finish(running));
  EXPECT_EQ(post(chunked(kUnsigned, "0"), "1\r\nx\r\n0\r\n\r\n"), "403 sigv4_decoded_length");
  EXPECT_EQ(post(chunked(kSigned, "0"), "0;chunk-signature=" + std::string(64, '0') + "\r\n\r\n"), "403 sigv4_chunk_mismatch");
}

TEST_F(SigV4StepTest, TheLimitOfTheRouteHoldsForTheBodyAndNotForItsFraming) {
  settings_.unsigned_payload = true;
  route_.steps = {make_limits(3), make_authenticate({{make_sigv4(settings_, clock_)}})};
  const auto said = [this](const std::string& length) {
    Running running(worker_, route_, "POST", "/orders", chunked(kUnsigned, length));
    running.request.exchange.body("3\r\nabc\r\n0\r\n\r\n");
    running.request.exchange.head().content_length = 13;
    return outcome(running);
  };
  EXPECT_EQ(said("3"), "ci");
  EXPECT_EQ(said("4"), "413 body_too_large");
}

TEST_F(SigV4StepTest, PathsAreSignedAsS3HasThemWhereThatIsTheService) {
  settings_.service = signer_.service = "s3";
  use();
  signer_.path = crypto::SigV4Path::kS3;
  EXPECT_EQ(get(sign("GET", "/a%20b//c"), "/a%20b//c"), "ci");
  signer_.path = crypto::SigV4Path::kNormal;
  EXPECT_EQ(get(sign("GET", "/a%20b//c"), "/a%20b//c"), "403 sigv4_mismatch");
}

TEST_F(SigV4StepTest, AKeyMayCallWhatItsPatternsSay) {
  settings_.access_keys[0].allow = {{"GET", "/orders"}, {"", "/files/*"}};
  use();
  EXPECT_EQ(get(sign("GET", "/orders")), "ci");
  EXPECT_EQ(post(sign("POST", "/orders", "b"), "b"), "403 access_key_denied");
  EXPECT_EQ(get(sign("GET", "/files/a/b"), "/files/a/b"), "ci");
  // Nothing in a path makes it another method's.
  EXPECT_EQ(get(sign("GET", "/x/GET/orders"), "/x/GET/orders"), "403 access_key_denied");
  Running running(worker_, route_, "GET", "/secret", sign("GET", "/secret"));
  outcome(running);
  EXPECT_EQ(running.request.context.detail,
            "User: ci is not authorized to perform: execute-api:Invoke on resource: "
            "arn:aws:execute-api:us-east-1:000000000000:shop/$default/GET/secret");
}

TEST_F(SigV4StepTest, AKeysPolicyMayDenyWhatPatternsAllow) {
  settings_.access_keys[0].allow = {{"", "*"}};
  settings_.access_keys[0].policy.json =
      R"({"Statement":{"Effect":"Deny","Action":"execute-api:Invoke","Resource":"execute-api:/*/GET/orders/secret"}})";
  use();
  EXPECT_EQ(get(sign("GET", "/orders")), "ci");
  EXPECT_EQ(get(sign("GET", "/orders/secret"), "/orders/secret"), "403 access_key_explicit_deny");
}

TEST_F(SigV4StepTest, AResourcePolicyThatAllowsIsEnoughForAKeyWhosePolicyIsSilent) {
  settings_.access_keys[0].allow = {{"GET", "/other"}};
  use();
  Running running(worker_, route_, "GET", "/orders", sign("GET", "/orders"));
  running.request.context.resource_policy = pipeline::ResourcePolicy::kAllows;
  EXPECT_EQ(outcome(running), "ci");
  EXPECT_FALSE(running.request.context.identity.allowed_by_policy);
  Running silent(worker_, route_, "GET", "/orders", sign("GET", "/orders"));
  silent.request.context.resource_policy = pipeline::ResourcePolicy::kSilent;
  EXPECT_EQ(outcome(silent), "403 access_key_denied");
}

TEST_F(SigV4StepTest, AKeyWithABrokenPolicyCannotBeMade) {
  settings_.access_keys[0].policy.json = "{";
  EXPECT_THROW(make_sigv4(settings_, clock_), std::invalid_argument);
}

}  // namespace
}  // namespace gatehouse::middleware
