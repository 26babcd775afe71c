#include "gatehouse/base/json_tree.hpp"
#include "gatehouse/crypto/claims.hpp"
#include "step_fixture.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace gatehouse::middleware {
namespace {

crypto::ClaimPath path(std::string_view text) { return std::move(*crypto::ClaimPath::parse(text)); }

class AuthorizeTest : public StepTest {
 protected:
  // The reason of the refusal; "ok" when it is let through.
  std::string judge(const AuthorizeSettings& settings, std::string_view claims) {
    route_.steps = {make_authorize(settings)};
    Request request(worker_, route_, "GET", "/");
    std::optional<crypto::Claims> caller;
    if (!claims.empty()) request.context.identity.claims = &caller.emplace(std::move(*JsonTree::parse(claims)));
    request.context.identity.scope_claims = more_scopes_;
    const bool passed = request.run();
    EXPECT_EQ(request.exchange.status, passed ? 200 : 403);
    EXPECT_EQ(request.exchange.sent_body, passed ? "hello" : R"({"message":"Forbidden"})");
    detail_ = request.context.detail;
    challenge_ = request.field("WWW-Authenticate").value_or("");
    return std::string(request.context.reason);
  }

  std::vector<crypto::ClaimPath> more_scopes_;
  std::string detail_, challenge_;
};

TEST_F(AuthorizeTest, NeedsOneOfTheScopes) {
  AuthorizeSettings settings;
  settings.scopes = {"orders:read", "orders:admin"};
  EXPECT_EQ(judge(settings, R"({"scope":"a orders:read"})"), "ok");
  EXPECT_EQ(judge(settings, R"({"scp":["orders:admin"]})"), "ok");
  EXPECT_EQ(judge(settings, R"({"scope":"orders"})"), "scope_missing");
  EXPECT_EQ(detail_, "the caller has none of the scopes orders:read orders:admin");
  EXPECT_EQ(challenge_, R"(Bearer error="insufficient_scope", scope="orders:read orders:admin")");
}

TEST_F(AuthorizeTest, TakesScopesFromTheClaimsThatTheAuthorizerNames) {
  AuthorizeSettings settings;
  settings.scopes = {"read"};
  EXPECT_EQ(judge(settings, R"({"roles":["read"]})"), "scope_missing");
  more_scopes_ = {path("roles")};
  EXPECT_EQ(judge(settings, R"({"roles":["read"]})"), "ok");
}

TEST_F(AuthorizeTest, NeedsEveryClaimToBeOneOfItsValues) {
  AuthorizeSettings settings;
  settings.claims = {{path("email_verified"), {"true"}}, {path("org.level"), {"7", "8"}}};
  EXPECT_EQ(judge(settings, R"({"email_verified":true,"org":{"level":7}})"), "ok");
  EXPECT_EQ(judge(settings, R"({"email_verified":"true","org":{"level":["1","8"]}})"), "ok");
  EXPECT_EQ(judge(settings, R"({"email_verified":true,"org":{"level":9}})"), "claim_mismatch");
  EXPECT_EQ(detail_, "the claim org.level is not what the route asks for");
  EXPECT_EQ(challenge_, "");
  for (const char* claims : {R"({"email_verified":false,"org":{"level":7}})", R"({"org":{"level":7}})", "{}",
                             R"({"email_verified":true,"org":{"level":[[7]]}})", R"({"email_verified":true,"org":{"level":{}}})",
                             R"({"email_verified":true,"org":{"level":[]}})"})
    EXPECT_EQ(judge(settings, claims), "claim_mismatch") << claims;
}

TEST_F(AuthorizeTest, TakesNullForNoValue) {
  AuthorizeSettings settings;
  settings.claims = {{path("team"), {"null"}}};
  EXPECT_EQ(judge(settings, R"({"team":null})"), "claim_mismatch");
  EXPECT_EQ(judge(settings, R"({"team":[null]})"), "claim_mismatch");
  EXPECT_EQ(judge(settings, R"({"team":"null"})"), "ok");
}

TEST_F(AuthorizeTest, RefusesWhenAClaimThatTheRouteIsMadeOfIsMissing) {
  AuthorizeSettings settings;
  settings.needed = {path("sub")};
  EXPECT_EQ(judge(settings, R"({"sub":"alice"})"), "ok");
  EXPECT_EQ(judge(settings, R"({"sub":0})"), "ok");
  for (const char* claims : {"{}", R"({"sub":null})", R"({"sub":""})"}) EXPECT_EQ(judge(settings, claims), "claim_missing") << claims;
  EXPECT_EQ(detail_, "the caller has no claim sub");
}

TEST_F(AuthorizeTest, RefusesCallersWithoutClaims) {
  AuthorizeSettings scopes;
  scopes.scopes = {"read"};
  EXPECT_EQ(judge(scopes, ""), "scope_missing");
  AuthorizeSettings claims;
  claims.claims = {{path("a"), {"b"}}};
  EXPECT_EQ(judge(claims, ""), "claim_mismatch");
  AuthorizeSettings needed;
  needed.needed = {path("sub")};
  EXPECT_EQ(judge(needed, ""), "claim_missing");
}

}  // namespace
}  // namespace gatehouse::middleware
