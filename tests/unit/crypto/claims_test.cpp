#include "gatehouse/crypto/claims.hpp"

#include "jwt_support.hpp"

namespace gatehouse::crypto {
namespace {

using namespace std::chrono_literals;

Claims claims_of(std::string_view json) { return Claims(std::move(JsonTree::parse(json).value())); }

// The text at a path of the claims in token_data(); "-" where there is nothing.
std::string text_at(std::string_view path) {
  const auto verdict = verify_jwt(token_data()["tokens"]["HS256"].get<std::string>(), all_keys(), at(kNow), {});
  const auto parsed = ClaimPath::parse(path);
  if (!verdict || !parsed) return "?";
  Arena arena;
  return std::string(verdict->text(*parsed, arena).value_or("-"));
}

bool grants(std::string_view json, std::vector<std::string> any_of, std::vector<ClaimPath> more = {}) {
  return claims_of(json).has_scope(any_of, more);
}

TEST(ClaimsTest, AreFoundByPath) {
  EXPECT_EQ(text_at("sub"), "user|1234567890");
  EXPECT_EQ(text_at("realm_access.roles[0]"), "manager");
  EXPECT_EQ(text_at("realm_access.roles[1]"), "user");
  EXPECT_EQ(text_at("realm_access['roles'][1]"), "user");
  EXPECT_EQ(text_at("cognito:groups"), R"(["admins","staff"])");
  EXPECT_EQ(text_at("['https://example.com/tenant']"), "blue");
  EXPECT_EQ(text_at("https://example.com/tenant"), "blue");
  EXPECT_EQ(text_at("aud[1]"), "orders");
}

TEST(ClaimsTest, AreNothingWhereThePathLeadsNowhere) {
  for (const char* path : {"nobody", "sub.name", "sub[0]", "realm_access[0]", "realm_access.roles[2]", "realm_access.roles.x"})
    EXPECT_EQ(text_at(path), "-") << path;
}

TEST(ClaimsTest, AsTextAreWhatTheTokenSays) {
  EXPECT_EQ(text_at("level"), "1.50");
  EXPECT_EQ(text_at("big"), "12345678901234567890");
  EXPECT_EQ(text_at("verified"), "true");
  EXPECT_EQ(text_at("name"), "Zo\u00eb \"Z\" \u6771");
  EXPECT_EQ(text_at("realm_access"), R"({"roles":["manager","user"]})");
}

TEST(ClaimsTest, PathsThatAreNoneAreErrors) {
  for (const char* path : {"", ".", "a.", ".a", "a..b", "a[", "a[]", "a[x]", "a[-1]", "a[0", "a[0]b", "['a", "['a'", "['a]", "['a'x]",
                           "a['b'", "a[99999999999999999999]"}) {
    const auto parsed = ClaimPath::parse(path);
    ASSERT_FALSE(parsed.has_value()) << path;
    EXPECT_EQ(parsed.error().reason(), "jwt_claim_path");
  }
}

TEST(ClaimsTest, AQuoteInANameIsDoubled) {
  const auto path = ClaimPath::parse("['it''s'].x");
  ASSERT_TRUE(path.has_value());
  EXPECT_EQ(claims_of(R"({"it's":{"x":"y"}})").find(*path).text(), "y");
}

TEST(ClaimsTest, AUrlIsOneNameOnlyAtTheBeginning) {
  const auto first = ClaimPath::parse("https://a.b/roles[1].x");
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(claims_of(R"({"https://a.b/roles":[0,{"x":"y"}]})").find(*first).text(), "y");
  const auto later = ClaimPath::parse("app['https://a.b'].x");
  ASSERT_TRUE(later.has_value());
  EXPECT_EQ(claims_of(R"({"app":{"https://a.b":{"x":"y"}}})").find(*later).text(), "y");
}

TEST(ClaimsTest, ScopesAreWordsOrArrays) {
  EXPECT_TRUE(grants(R"({"scope":"a b c"})", {"b"}));
  EXPECT_TRUE(grants(R"({"scope":"a b c"})", {"x", "c"}));
  EXPECT_TRUE(grants(R"({"scope":" a  b "})", {"b"}));
  EXPECT_TRUE(grants(R"({"scope":["a","b"]})", {"b"}));
  EXPECT_TRUE(grants(R"({"scp":"a b"})", {"a"}));
  EXPECT_TRUE(grants(R"({"scp":["a","b"]})", {"b"}));
  EXPECT_TRUE(grants(R"({"scope":"x","scp":["b"]})", {"b"}));
}

TEST(ClaimsTest, ScopesMustBeWhole) {
  for (const char* json : {"{}", R"({"scope":""})", R"({"scope":" "})", R"({"scope":"ab"})", R"({"scope":"a,b"})", R"({"scope":"B"})",
                           R"({"scope":{"b":true}})", R"({"scope":["a b",["b"],7]})", R"({"scope":7})", R"({"scope":"a:b"})"}) {
    EXPECT_FALSE(grants(json, {"b"})) << json;
    EXPECT_FALSE(grants(json, {})) << json;
  }
  EXPECT_FALSE(grants(R"({"scope":" a"})", {""}));
}

TEST(ClaimsTest, OtherClaimsGrantScopesWhereAskedTo) {
  const ClaimPath permissions = *ClaimPath::parse("permissions");
  const ClaimPath roles = *ClaimPath::parse("realm_access.roles");
  EXPECT_FALSE(grants(R"({"permissions":["b"]})", {"b"}));
  EXPECT_TRUE(grants(R"({"permissions":["b"]})", {"b"}, {permissions}));
  EXPECT_TRUE(grants(R"({"realm_access":{"roles":["b"]}})", {"b"}, {permissions, roles}));
}

TEST(ClaimsTest, TheExpiryStaysWithinTheClock) {
  EXPECT_EQ(claims_of(R"({"exp":1800000000.5})").expires_at(), at(1800000000) + 500ms);
  EXPECT_EQ(claims_of(R"({"exp":9007199254740992})").expires_at(), Claims::WallTime::max());
  EXPECT_EQ(claims_of(R"({"exp":-1e300})").expires_at(), Claims::WallTime::min());
  EXPECT_EQ(claims_of(R"({"exp":"x"})").expires_at(), std::nullopt);
  EXPECT_EQ(claims_of("{}").expires_at(), std::nullopt);
}

}  // namespace
}  // namespace gatehouse::crypto
