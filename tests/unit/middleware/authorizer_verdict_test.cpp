#include "middleware/authorizer_verdict.hpp"

#include "middleware/verdict_cache.hpp"

#include <gtest/gtest.h>

namespace gatehouse::middleware {
namespace {

using Kind = Verdict::Kind;

class AuthorizerVerdictTest : public ::testing::Test {
 protected:
  static upstream::HttpReply reply(int status, std::string body = {}, std::vector<std::pair<std::string, std::string>> fields = {}) {
    return {status, std::move(body), std::move(fields)};
  }
  static VerdictPtr lambda(std::string body, AuthorizerPayload payload = AuthorizerPayload::kRequest1) {
    return read_lambda_answer(reply(200, std::move(body)), payload);
  }
  static std::string claim(const VerdictPtr& verdict, std::string_view path) {
    Arena arena;
    return std::string(verdict->claims->text(crypto::ClaimPath::parse(path).value(), arena).value_or("(none)"));
  }
  static std::string policy(const std::string& more = "") {
    return R"({"principalId":"ada","policyDocument":{"Version":"2012-10-17","Statement":[{"Action":"execute-api:Invoke",)"
           R"("Effect":"Allow","Resource":"*"}]})" + more + "}";
  }
};

TEST_F(AuthorizerVerdictTest, SimpleAnswersAreJudgedByTheirStatus) {
  const HttpAuthorizerSettings settings;
  EXPECT_EQ(read_simple_answer(reply(200), settings)->kind, Kind::kAllowed);
  EXPECT_EQ(read_simple_answer(reply(204), settings)->kind, Kind::kAllowed);
  EXPECT_EQ(read_simple_answer(reply(403), settings)->kind, Kind::kDenied);
  const auto unauthorized = read_simple_answer(reply(401, {}, {{"WWW-Authenticate", "Bearer realm=a"}}), settings);
  EXPECT_EQ(unauthorized->kind, Kind::kUnauthorized);
  EXPECT_EQ(unauthorized->challenge, "Bearer realm=a");
  for (const int status : {302, 400, 404, 429}) {
    const auto verdict = read_simple_answer(reply(status), settings);
    EXPECT_EQ(verdict->kind, Kind::kFailed) << status;
    EXPECT_EQ(verdict->status, 500);
    EXPECT_EQ(verdict->reason, "authorizer_bad_answer");
  }
  EXPECT_EQ(read_simple_answer(reply(500), settings)->reason, "authorizer_unavailable");
}

TEST_F(AuthorizerVerdictTest, SimpleAnswersSayWhoItIsInTheNamedFields) {
  HttpAuthorizerSettings settings;
  settings.response_headers = {"x-user", "x-role"};
  settings.subject = "x-user";
  const auto verdict = read_simple_answer(reply(200, "ignored", {{"X-User", "a\"da"}, {"X-Other", "no"}}), settings);
  EXPECT_EQ(verdict->subject, "a\"da");
  EXPECT_EQ(verdict->fields, (std::vector<std::pair<std::string, std::string>>{{"x-user", "a\"da"}}));
  EXPECT_EQ(claim(verdict, "x-user"), "a\"da");
  EXPECT_EQ(claim(verdict, "x-role"), "(none)");
}

TEST_F(AuthorizerVerdictTest, APolicyAnswerHasPrincipalContextAndKey) {
  const auto verdict = lambda(policy(R"(,"context":{"tier":"gold","n":1.50,"flag":true},"usageIdentifierKey":"key-1")"));
  ASSERT_EQ(verdict->kind, Kind::kPolicy) << verdict->detail;
  EXPECT_EQ(verdict->subject, "ada");
  EXPECT_EQ(verdict->api_key, "key-1");
  EXPECT_EQ(claim(verdict, "tier"), "gold");
  EXPECT_EQ(claim(verdict, "n"), "1.50");
  EXPECT_EQ(claim(verdict, "flag"), "true");
  EXPECT_EQ(claim(verdict, "principalId"), "ada");
  EXPECT_TRUE(verdict->claims->find("n").is_string());  // as Amazon makes texts of all of them
  EXPECT_EQ(verdict->policy->evaluate("execute-api:Invoke", "arn:x", {}), crypto::PolicyDecision::kAllow);
}

TEST_F(AuthorizerVerdictTest, ASimpleResponseOfPayload2KeepsItsContextsTypes) {
  const auto verdict = lambda(R"({"isAuthorized":true,"context":{"n":1,"list":["a"],"map":{"b":2}}})", AuthorizerPayload::kRequest2);
  ASSERT_EQ(verdict->kind, Kind::kAllowed) << verdict->detail;
  EXPECT_TRUE(verdict->claims->find("n").is_number());
  EXPECT_EQ(claim(verdict, "list[0]"), "a");
  EXPECT_EQ(claim(verdict, "map.b"), "2");
  EXPECT_EQ(lambda(R"({"isAuthorized":false})", AuthorizerPayload::kRequest2)->kind, Kind::kDenied);
  EXPECT_EQ(lambda(policy(), AuthorizerPayload::kRequest2)->kind, Kind::kPolicy);
}

TEST_F(AuthorizerVerdictTest, UnauthorizedIsSaidByOneTextOnly) {
  EXPECT_EQ(lambda(R"({"errorMessage":"Unauthorized","errorType":"Error"})")->kind, Kind::kUnauthorized);
  EXPECT_EQ(lambda(R"({"errorMessage":"unauthorized"})")->reason, "authorizer_bad_answer");
  EXPECT_EQ(read_lambda_answer(reply(401), AuthorizerPayload::kToken)->kind, Kind::kUnauthorized);
  EXPECT_EQ(read_lambda_answer(reply(403), AuthorizerPayload::kToken)->kind, Kind::kDenied);
}

TEST_F(AuthorizerVerdictTest, WhateverElseALambdaSaysIsABadAnswer) {
  for (const std::string& bad :
       {std::string(), std::string("null"), std::string("[]"), std::string("{"), std::string("{}"), std::string(R"({"isAuthorized":true})"),
        std::string(R"({"policyDocument":{}})"), std::string(R"({"principalId":"a","policyDocument":{}})"),
        std::string(R"({"principalId":7,"policyDocument":{"Statement":[]}})"), policy(R"(,"context":[])"), policy(R"(,"context":{"a":[]})"),
        policy(R"(,"context":{"a":null})"), std::string(R"({"errorMessage":"boom"})"),
        std::string(R"({"principalId":"a","policyDocument":{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*",)"
                    R"("Condition":{"StringEquals":{"aws:username":"x"}}}]}})")}) {
    const auto verdict = lambda(bad);
    EXPECT_EQ(verdict->kind, Kind::kFailed) << bad;
    EXPECT_EQ(verdict->status, 500) << bad;
    EXPECT_EQ(verdict->reason, "authorizer_bad_answer") << bad;
    EXPECT_FALSE(verdict->keeps());
  }
  EXPECT_EQ(lambda(R"({"isAuthorized":"true"})", AuthorizerPayload::kRequest2)->kind, Kind::kFailed);
  EXPECT_EQ(read_lambda_answer(reply(502, policy()), AuthorizerPayload::kToken)->reason, "authorizer_unavailable");
}

// ---- The cache

class VerdictCacheTest : public ::testing::Test {
 protected:
  static VerdictPtr verdict(std::size_t bytes = 0) {
    auto made = std::make_shared<Verdict>();
    made->kind = Kind::kAllowed;
    made->bytes = bytes;
    return made;
  }
  crypto::Sha256 key(int number) const { return secret_({std::to_string(number)}); }

  ManualClock clock_;
  crypto::SecretDigest secret_;
};

TEST_F(VerdictCacheTest, KeepsForAsLongAsItWasToldAndNoLonger) {
  VerdictCache cache(std::chrono::seconds(300), clock_);
  const auto one = verdict();
  cache.add(key(1), one);
  clock_.advance(std::chrono::seconds(299));
  EXPECT_EQ(cache.find(key(1)), one);
  EXPECT_EQ(cache.find(key(2)), nullptr);
  clock_.advance(std::chrono::seconds(1));  // being asked for does not make it younger
  EXPECT_EQ(cache.find(key(1)), nullptr);
  EXPECT_EQ(cache.size(), 0U);
}

TEST_F(VerdictCacheTest, ANewerVerdictTakesTheOlderOnesPlace) {
  VerdictCache cache(std::chrono::seconds(10), clock_);
  cache.add(key(1), verdict());
  clock_.advance(std::chrono::seconds(9));
  const auto newer = verdict();
  cache.add(key(1), newer);
  clock_.advance(std::chrono::seconds(9));
  EXPECT_EQ(cache.find(key(1)), newer);
  EXPECT_EQ(cache.size(), 1U);
}

TEST_F(VerdictCacheTest, TheLeastRecentlyUsedGoesWhenThereAreTooMany) {
  VerdictCache cache(std::chrono::hours(1), clock_);
  for (int i = 0; i < static_cast<int>(VerdictCache::kMostVerdicts); ++i) cache.add(key(i), verdict());
  EXPECT_NE(cache.find(key(0)), nullptr);  // used again
  cache.add(key(-1), verdict());
  EXPECT_EQ(cache.size(), VerdictCache::kMostVerdicts);
  EXPECT_NE(cache.find(key(0)), nullptr);
  EXPECT_EQ(cache.find(key(1)), nullptr);
}

TEST_F(VerdictCacheTest, LargeAnswersCountForMore) {
  VerdictCache cache(std::chrono::hours(1), clock_);
  for (int i = 0; i < 1000; ++i) cache.add(key(i), verdict(64 * 1024));
  EXPECT_LE(cache.size(), VerdictCache::kMostBytes / (4 * 64 * 1024));
  EXPECT_GT(cache.size(), 30U);
}

}  // namespace
}  // namespace gatehouse::middleware
