#include "gatehouse/crypto/claims.hpp"
#include "gatehouse/net/worker.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "gatehouse/pipeline/value_template.hpp"
#include "support/fake_exchange.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::pipeline {
namespace {

class ClaimsTemplateTest : public ::testing::Test {
 protected:
  std::string evaluate(std::string_view text) {
    const auto parsed = ValueTemplate::parse(text, {});
    if (!parsed) return "error: " + parsed.error().message();
    return std::string(parsed->evaluate(context_));
  }
  void claims(std::string_view json) {
    const auto claims = std::make_shared<const crypto::Claims>(JsonTree::parse(json).value());
    context_.identity.claims = claims.get();
    context_.keep(claims);
  }

  net::Worker worker_{0};
  Route route_;
  gatehouse::testing::FakeExchange exchange_{worker_, "GET", "/", {}};
  RequestContext context_{exchange_, route_};
};

TEST_F(ClaimsTemplateTest, InsertsWhatTheAuthorizerSaysOfTheCaller) {
  claims(R"({"sub":"ada","realm_access":{"roles":["admin","dev"]},"cognito:groups":["a"],"age":36})");
  EXPECT_EQ(evaluate("user $claims.sub!"), "user ada!");
  EXPECT_EQ(evaluate("$claims.realm_access.roles[1]"), "dev");
  EXPECT_EQ(evaluate("$claims.realm_access.roles"), R"(["admin","dev"])");
  EXPECT_EQ(evaluate("${claims.cognito:groups}"), R"(["a"])");
  EXPECT_EQ(evaluate("$claims.age"), "36");
  EXPECT_EQ(evaluate("$claims.sub."), "ada.");
}

TEST_F(ClaimsTemplateTest, UsesTheDefaultForWhatIsNotThere) {
  EXPECT_EQ(evaluate("$claims.sub|nobody"), "nobody");
  claims(R"({"sub":"ada"})");
  EXPECT_EQ(evaluate("$claims.email|none"), "none");
  EXPECT_EQ(evaluate("$claims.sub.first|none"), "none");
}

TEST_F(ClaimsTemplateTest, NeedsAName) {
  EXPECT_EQ(evaluate("$claims"), "error: $claims needs a name: write $claims.x");
  EXPECT_TRUE(evaluate("${claims.a[}").starts_with("error: ${claims.a[}: "));
}

}  // namespace
}  // namespace gatehouse::pipeline
