#include "gatehouse/crypto/sigv4.hpp"

#include "gatehouse/crypto/digest.hpp"
#include "sigv4_vectors.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <span>
#include <thread>
#include <vector>

namespace gatehouse::crypto {
namespace {

using namespace std::chrono_literals;

struct Verdict {
  std::string reason;  // empty: accepted
  std::string message;
  SigV4Refused kind{};
};

Verdict judge(OwnedRequest request, WallTime now = vector_time(), std::string_view secret = kVectorSecret,
              std::string_view region = "us-east-1", UnsignedPayload payload = UnsignedPayload::kRefused) {
  Arena arena;
  const SigV4Request view = request.view();
  const auto claim = read_sigv4_claim(view, arena);
  if (!claim) return {std::string(claim.error().reason), claim.error().message, claim.error().kind};
  const SigV4Path path = request.kind == "s3" ? SigV4Path::kS3 : SigV4Path::kNormal;
  const auto verdict = verify_sigv4(view, *claim, {secret, request.service, region, now, path, payload});
  if (!verdict) return {std::string(verdict.error().reason), verdict.error().message, verdict.error().kind};
  return {};
}

std::string reason(OwnedRequest request, WallTime now = vector_time()) { return judge(std::move(request), now).reason; }

OwnedRequest get_item() { return sigv4_vector("header/dynamodb-get-item"); }
OwnedRequest presigned() { return sigv4_vector("presigned/dynamodb-no-body"); }

void replace(std::string& text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
}

// Signs it as a client would that does what `request` says.
OwnedRequest resigned(OwnedRequest request, WallTime now = vector_time()) {
  SigV4Signer signer{std::string(kVectorAccess), std::string(kVectorSecret), request.token, "us-east-1", request.service};
  std::erase_if(request.headers, [](const auto& header) {
    return header.first == "Authorization" || header.first == "X-Amz-Date" || header.first == "X-Amz-Security-Token";
  });
  SigV4Signature signature;
  const SigV4Request view = request.view();
  signer.sign(view.method, view.path, view.query, view.headers, sha256_hex(view.body), now, signature);
  request.header("X-Amz-Date") = signature.time;
  if (!request.token.empty()) request.header("X-Amz-Security-Token") = request.token;
  request.header("Authorization") = signature.authorization;
  return request;
}

TEST(SigV4Test, AcceptsEveryVectorOfThePeer) {
  const auto& vectors = sigv4_vectors();
  ASSERT_GT(vectors.size(), 70U);
  for (const auto& request : vectors) EXPECT_EQ(reason(request), "") << request.name;
}

// The published answer to the suite's first case (AWS General Reference, "get-vanilla").
TEST(SigV4Test, SignsThePublishedRequestAsPublished) {
  const SigV4Signer signer{std::string(kVectorAccess), std::string(kVectorSecret), "", "us-east-1", "service"};
  SigV4Signature signature;
  const std::vector<SigV4Header> headers{{"Host", "example.amazonaws.com"}};
  signer.sign("GET", "/", "", headers, sha256_hex(""), vector_time(), signature);
  EXPECT_EQ(signature.time, "20150830T123600Z");
  EXPECT_EQ(signature.authorization,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, "
            "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST(SigV4Test, SignsEveryHeaderVectorAsThePeerDoes) {
  for (auto request : sigv4_vectors()) {
    if (request.kind == "presigned") continue;
    SigV4Signer signer{std::string(kVectorAccess), std::string(kVectorSecret), request.token, "us-east-1", request.service};
    if (request.kind == "s3") signer.path = SigV4Path::kS3;
    const std::string expected = request.header("Authorization");
    std::erase_if(request.headers, [](const auto& header) {
      return header.first == "Authorization" || header.first == "X-Amz-Date" || header.first == "X-Amz-Security-Token";
    });
    SigV4Signature signature;
    const SigV4Request view = request.view();
    signer.sign(view.method, view.path, view.query, view.headers, sha256_hex(view.body), vector_time(), signature);
    EXPECT_EQ(signature.authorization, expected) << request.name;
  }
}

TEST(SigV4Test, TellsWhoSigned) {
  Arena arena;
  auto request = sigv4_vector("presigned/get-vanilla/token");
  const auto claim = read_sigv4_claim(request.view(), arena);
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->form, SigV4Form::kPresigned);
  EXPECT_EQ(claim->access_key, "AKIDEXAMPLE");
  EXPECT_EQ(claim->scope, "20150830/us-east-1/service/aws4_request");
  EXPECT_EQ(claim->region, "us-east-1");
  EXPECT_EQ(claim->service, "service");
  EXPECT_EQ(claim->session_token, request.token);
  EXPECT_EQ(claim->expires_s, 3600U);
}

TEST(SigV4Test, RefusesWhatWasChangedAfterSigning) {
  const auto changed = [](auto change) {
    OwnedRequest request = get_item();
    change(request);
    return reason(request);
  };
  EXPECT_EQ(changed([](OwnedRequest& r) { r.method = "GET"; }), "sigv4_mismatch");
  EXPECT_EQ(changed([](OwnedRequest& r) { r.path = "/x"; }), "sigv4_mismatch");
  EXPECT_EQ(changed([](OwnedRequest& r) { r.query = "a=1"; }), "sigv4_mismatch");
  EXPECT_EQ(changed([](OwnedRequest& r) { r.body += ' '; }), "sigv4_mismatch");
  EXPECT_EQ(changed([](OwnedRequest& r) { r.body.clear(); }), "sigv4_mismatch");
  EXPECT_EQ(changed([](OwnedRequest& r) { r.header("Host") = "other.amazonaws.com"; }), "sigv4_mismatch");
  EXPECT_EQ(changed([](OwnedRequest& r) { r.header("X-Amz-Target") = "DynamoDB_20120810.DeleteItem"; }), "sigv4_mismatch");
  EXPECT_EQ(changed([](OwnedRequest& r) { r.header("X-Amz-Date") = "20150830T123601Z"; }), "sigv4_mismatch");
  EXPECT_EQ(changed([](OwnedRequest& r) { r.headers.emplace_back("Host", "twice"); }), "sigv4_mismatch");
  EXPECT_EQ(changed([](OwnedRequest& r) { std::erase_if(r.headers, [](auto& h) { return h.first == "Content-Type"; }); }),
            "sigv4_mismatch");
  EXPECT_EQ(changed([](OwnedRequest& r) { replace(r.header("Authorization"), "us-east-1", "us-east-2"); }), "sigv4_scope");
  EXPECT_EQ(changed([](OwnedRequest& r) { replace(r.header("Authorization"), "content-type;", ""); }), "sigv4_mismatch");
}

TEST(SigV4Test, RefusesEverySignatureThatDiffersInOneDigit) {
  const OwnedRequest good = get_item();
  const std::size_t begin = OwnedRequest(good).header("Authorization").find("Signature=") + 10;
  for (std::size_t i = 0; i < 64; ++i) {
    OwnedRequest request = good;
    char& digit = request.header("Authorization")[begin + i];
    digit = digit == '0' ? '1' : '0';
    EXPECT_EQ(reason(request), "sigv4_mismatch") << i;
  }
  OwnedRequest shorter = good;
  shorter.header("Authorization").pop_back();
  EXPECT_EQ(reason(shorter), "sigv4_mismatch");
  OwnedRequest upper = good;
  for (char& c : std::span(upper.header("Authorization")).subspan(begin)) c = c >= 'a' ? static_cast<char>(c - 32) : c;
  EXPECT_EQ(reason(upper), "sigv4_mismatch");
}

TEST(SigV4Test, RefusesAnotherSecret) {
  const Verdict verdict = judge(get_item(), vector_time(), "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEZ");
  EXPECT_EQ(verdict.reason, "sigv4_mismatch");
  EXPECT_EQ(verdict.kind, SigV4Refused::kInvalid);
  EXPECT_TRUE(verdict.message.starts_with("The request signature we calculated does not match the signature you provided."));
}

TEST(SigV4Test, RefusesAPresignedRequestThatWasChanged) {
  OwnedRequest request = presigned();
  replace(request.query, "X-Amz-Expires=3600", "X-Amz-Expires=3601");
  EXPECT_EQ(reason(request), "sigv4_mismatch");
  request = presigned();
  request.query += "&extra=1";
  EXPECT_EQ(reason(request), "sigv4_mismatch");
  request = presigned();
  request.header("X-Amz-Target") = "DynamoDB_20120810.DeleteItem";
  EXPECT_EQ(reason(request), "sigv4_mismatch");
  request = sigv4_vector("presigned/get-vanilla/token");
  replace(request.query, "X-Amz-Security-Token=AQ", "X-Amz-Security-Token=AR");
  EXPECT_EQ(reason(request), "sigv4_mismatch");
}

TEST(SigV4Test, AllowsFifteenMinutesBothWays) {
  EXPECT_EQ(reason(get_item(), vector_time() + 15min), "");
  EXPECT_EQ(reason(get_item(), vector_time() + 15min + 1s), "sigv4_expired");
  EXPECT_EQ(reason(get_item(), vector_time() - 15min), "");
  EXPECT_EQ(reason(get_item(), vector_time() - 15min - 1s), "sigv4_not_yet_valid");
}

TEST(SigV4Test, SaysWhenItExpiredAsTheServiceDoes) {
  EXPECT_EQ(judge(get_item(), vector_time() + 20min).message,
            "Signature expired: 20150830T123600Z is now earlier than 20150830T124100Z (20150830T125600Z - 15 min.)");
  EXPECT_EQ(judge(get_item(), vector_time() - 20min).message,
            "Signature not yet current: 20150830T123600Z is still later than 20150830T123100Z (20150830T121600Z + 15 min.)");
}

TEST(SigV4Test, LetsAPresignedRequestLiveAsLongAsItSays) {
  EXPECT_EQ(reason(presigned(), vector_time() + 1h), "");
  EXPECT_EQ(reason(presigned(), vector_time() + 1h + 1s), "sigv4_expired");
  EXPECT_EQ(reason(presigned(), vector_time() - 15min - 1s), "sigv4_not_yet_valid");
}

TEST(SigV4Test, RefusesExpiriesBeyondAWeek) {
  for (const std::string_view expires : {"X-Amz-Expires=604801", "X-Amz-Expires=0", "X-Amz-Expires=-1", "X-Amz-Expires=x",
                                         "X-Amz-Expires=99999999999999999999"}) {
    OwnedRequest request = presigned();
    replace(request.query, "X-Amz-Expires=3600", expires);
    EXPECT_EQ(reason(request), "sigv4_incomplete") << expires;
  }
}

TEST(SigV4Test, RefusesDatesThatAreNone) {
  for (const std::string_view date : {"20150830T12360Z", "20150830 123600Z", "20150230T123600Z", "20151330T123600Z", "x",
                                      "2015-08-30T12:36:00Z", "20150830T246000Z"}) {
    OwnedRequest request = get_item();
    request.header("X-Amz-Date") = date;
    EXPECT_EQ(reason(request), "sigv4_bad_date") << date;
  }
}

TEST(SigV4Test, HoldsTheScopeToServiceRegionAndDate) {
  OwnedRequest request = get_item();
  request.service = "dynamodb";
  EXPECT_EQ(judge(request).message, "Credential should be scoped to correct service: 'dynamodb'.");
  EXPECT_EQ(judge(get_item(), vector_time(), kVectorSecret, "eu-west-1").message,
            "Credential should be scoped to a valid region, not 'us-east-1'.");
  EXPECT_EQ(judge(get_item(), vector_time(), kVectorSecret, "").reason, "");
  request = get_item();
  replace(request.header("Authorization"), "/20150830/", "/20150829/");
  EXPECT_EQ(judge(request).message,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150829' != "
            "'20150830', from '20150830T123600Z'.");
  request = get_item();
  replace(request.header("Authorization"), "aws4_request", "aws5_request");
  EXPECT_EQ(reason(request), "sigv4_scope");
}

TEST(SigV4Test, WantsHostAndAmzHeadersSigned) {
  OwnedRequest request = get_item();
  request.headers.emplace_back("x-amz-added-on-the-way", "1");
  EXPECT_EQ(reason(request), "sigv4_unsigned_header");
  request = get_item();
  request.headers.emplace_back("user-agent", "anything");
  EXPECT_EQ(reason(request), "");
  request = get_item();
  std::erase_if(request.headers, [](const auto& header) { return header.first == "Host"; });
  request = resigned(request);
  EXPECT_EQ(reason(request), "sigv4_unsigned_header");
}

TEST(SigV4Test, WantsTheListOfSignedHeadersInItsOneForm) {
  for (const std::string_view list : {"x-amz-date;host", "host;host", "Host;x-amz-date", "host;;x-amz-date", ";host"}) {
    OwnedRequest request = sigv4_vector("header/get-vanilla");
    replace(request.header("Authorization"), "SignedHeaders=host;x-amz-date", "SignedHeaders=" + std::string(list));
    EXPECT_EQ(reason(request), "sigv4_bad_signed_headers") << list;
  }
  OwnedRequest request = get_item();
  std::string list = "SignedHeaders=";
  for (int i = 1000; i < 1200; ++i) list += "a" + std::to_string(i) + ";";
  replace(request.header("Authorization"), "SignedHeaders=", list);
  EXPECT_EQ(reason(request), "sigv4_bad_signed_headers");
}

TEST(SigV4Test, RefusesASignedHeaderThatIsNotThere) {
  OwnedRequest request = get_item();
  replace(request.header("Authorization"), "SignedHeaders=", "SignedHeaders=absent;");
  EXPECT_EQ(reason(request), "sigv4_mismatch");
}

TEST(SigV4Test, BelievesThePayloadHashOnlyWhereItIsTrue) {
  OwnedRequest request = get_item();
  request.header("X-Amz-Content-Sha256") = sha256_hex(request.body);
  request = resigned(request);
  EXPECT_EQ(reason(request), "");
  request.body += ' ';
  EXPECT_EQ(reason(request), "sigv4_payload");
}

TEST(SigV4Test, AcceptsUnsignedPayloadsOnlyWhereTold) {
  OwnedRequest request = get_item();
  request.header("X-Amz-Content-Sha256") = kUnsignedPayload;
  std::erase_if(request.headers, [](const auto& header) { return header.first == "Authorization" || header.first == "X-Amz-Date"; });
  const SigV4Signer signer{std::string(kVectorAccess), std::string(kVectorSecret), "", "us-east-1", "service"};
  SigV4Signature signature;
  const SigV4Request view = request.view();
  signer.sign(view.method, view.path, view.query, view.headers, kUnsignedPayload, vector_time(), signature);
  request.header("X-Amz-Date") = signature.time;
  request.header("Authorization") = signature.authorization;
  EXPECT_EQ(reason(request), "sigv4_payload");
  EXPECT_EQ(judge(request, vector_time(), kVectorSecret, "us-east-1", UnsignedPayload::kAccepted).reason, "");
  request.body = "changed";
  EXPECT_EQ(judge(request, vector_time(), kVectorSecret, "us-east-1", UnsignedPayload::kAccepted).reason, "");
}

TEST(SigV4Test, TellsPathsApartThatOneEncodingWouldConfuse) {
  OwnedRequest request = sigv4_vector("header/get-space");
  request.path = "/example%2520space/";
  EXPECT_EQ(reason(request), "sigv4_mismatch");
  request = sigv4_vector("header/get-slashes");
  request.path = "/example/";  // what it is signed as
  EXPECT_EQ(reason(request), "");
  request = sigv4_vector("s3/get-slashes");
  request.path = "/example/";
  EXPECT_EQ(reason(request), "sigv4_mismatch");
}

TEST(SigV4Test, SaysWhatIsMissing) {
  OwnedRequest request = get_item();
  std::erase_if(request.headers, [](const auto& header) { return header.first == "Authorization"; });
  Verdict verdict = judge(request);
  EXPECT_EQ(verdict.kind, SigV4Refused::kMissing);
  EXPECT_EQ(verdict.message, "Request is missing Authentication Token");

  request.header("Authorization") = "AWS4-HMAC-SHA256 Signature=b,Credential=a";
  verdict = judge(request);
  EXPECT_EQ(verdict.kind, SigV4Refused::kIncomplete);
  EXPECT_EQ(verdict.message, "Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256");

  request = get_item();
  std::erase_if(request.headers, [](const auto& header) { return header.first == "X-Amz-Date"; });
  EXPECT_EQ(judge(request).kind, SigV4Refused::kIncomplete);

  request = presigned();
  replace(request.query, "X-Amz-SignedHeaders", "Other");
  EXPECT_EQ(judge(request).message,
            "AWS query-string parameters must include 'X-Amz-SignedHeaders'. Re-examine the query-string parameters.");
}

TEST(SigV4Test, RefusesOtherSchemes) {
  for (const std::string_view value : {"", "Bearer x", "AWS4-HMAC-SHA1 Credential=a", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ,,,",
                                       "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=0",
                                       "AWS4-HMAC-SHA256 Credential=/////, SignedHeaders=host, Signature=0"}) {
    OwnedRequest request = get_item();
    request.header("Authorization") = value;
    EXPECT_EQ(reason(request), "sigv4_incomplete") << value;
  }
}

TEST(SigV4Test, RefusesTwoFormsAtOnce) {
  OwnedRequest request = presigned();
  request.header("Authorization") = get_item().header("Authorization");
  EXPECT_EQ(reason(request), "sigv4_two_forms");
}

TEST(SigV4Test, KeepsDerivedKeysApart) {
  // More pairs of secret and scope than a thread keeps, twice over, on several threads.
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&wrong] {
      for (int i = 0; i < 400; ++i) {
        const SigV4Signer signer{"k", "secret" + std::to_string(i % 200), "", "region" + std::to_string(i % 7), "s"};
        SigV4Signature signature;
        const std::vector<SigV4Header> headers{{"host", "h"}};
        signer.sign("GET", "/", "", headers, sha256_hex(""), vector_time(), signature);
        const std::vector<SigV4Header> all{{"host", "h"}, {"x-amz-date", signature.time}, {"authorization", signature.authorization}};
        const SigV4Request request{"GET", "/", "", all, ""};
        Arena arena;
        const auto claim = read_sigv4_claim(request, arena);
        const auto other = verify_sigv4(request, *claim, {"secret" + std::to_string((i + 1) % 200), "s", "", vector_time()});
        const auto same = verify_sigv4(request, *claim, {signer.secret_key, "s", "", vector_time()});
        if (!same || other) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(SigV4Test, SignsLongScopes) {
  const SigV4Signer signer{"k", "s", "", std::string(500, 'r'), "dynamodb"};
  SigV4Signature signature;
  const std::vector<SigV4Header> headers{{"host", "h"}};
  signer.sign("POST", "/", "", headers, sha256_hex(""), vector_time(), signature);
  const std::vector<SigV4Header> all{{"host", "h"}, {"x-amz-date", signature.time}, {"authorization", signature.authorization}};
  const SigV4Request request{"POST", "/", "", all, ""};
  Arena arena;
  const auto claim = read_sigv4_claim(request, arena);
  ASSERT_TRUE(claim);
  EXPECT_TRUE(verify_sigv4(request, *claim, {"s", "dynamodb", signer.region, vector_time()}));
}

}  // namespace
}  // namespace gatehouse::crypto
