#include "gatehouse/pipeline/route_pattern.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::pipeline {
namespace {

using ::testing::HasSubstr;
using Kind = PathSegment::Kind;

RoutePattern parsed(std::string_view text, std::string_view base = {}) {
  auto pattern = RoutePattern::parse(text, base);
  if (pattern) return *pattern;
  ADD_FAILURE() << text << ": " << pattern.error().message();
  return {};
}

std::string refused(std::string_view text, std::string_view base = {}) {
  const auto pattern = RoutePattern::parse(text, base);
  EXPECT_FALSE(pattern) << text;
  return pattern ? std::string() : pattern.error().message();
}

TEST(RoutePatternTest, HasMethodAndSegments) {
  const auto pattern = parsed("GET /orders/{id}");
  EXPECT_EQ(pattern.method, "GET");
  const std::vector<PathSegment> expected{{Kind::kLiteral, "orders"}, {Kind::kVariable, "id"}};
  EXPECT_EQ(pattern.segments, expected);
  EXPECT_FALSE(pattern.trailing_slash);
  EXPECT_THAT(pattern.variables(), ::testing::ElementsAre("id"));
}

TEST(RoutePatternTest, AnyIsNoMethodAndGreedyIsTheRest) {
  const auto pattern = parsed("ANY /files/{proxy+}");
  EXPECT_EQ(pattern.method, "");
  EXPECT_EQ(pattern.segments.back(), (PathSegment{Kind::kGreedy, "proxy"}));
}

TEST(RoutePatternTest, AnyTokenInUpperCaseIsAMethod) { EXPECT_EQ(parsed("M-SEARCH /x").method, "M-SEARCH"); }

TEST(RoutePatternTest, DefaultHasNoSegmentsWhateverTheBase) {
  const auto pattern = parsed("$default", "/v1");
  EXPECT_TRUE(pattern.is_default);
  EXPECT_TRUE(pattern.segments.empty());
  EXPECT_EQ(pattern.to_string(), "$default");
}

TEST(RoutePatternTest, BasePathComesFirst) {
  EXPECT_EQ(parsed("GET /orders", "/v1").to_string(), "GET /v1/orders");
  EXPECT_EQ(parsed("GET /orders", "/v1/").to_string(), "GET /v1/orders");
  EXPECT_EQ(parsed("GET /orders", "/").to_string(), "GET /orders");
  EXPECT_EQ(parsed("GET /", "/v1").to_string(), "GET /v1/");
}

TEST(RoutePatternTest, TextComesBack) {
  for (const char* text : {"GET /", "POST /orders/", "ANY /a/{b}/c/{d+}", "$default", "GET /a%2Fb"}) {
    EXPECT_EQ(parsed(text).to_string(), text);
    EXPECT_EQ(parsed(parsed(text).to_string()), parsed(text));
  }
}

TEST(RoutePatternTest, LiteralsAreNormalisedLikePaths) {
  EXPECT_EQ(parsed("GET /%61bc/caf%c3%a9").to_string(), "GET /abc/caf%C3%A9");
  EXPECT_EQ(parsed("GET /caf\xC3\xA9").to_string(), "GET /caf%C3%A9");
}

TEST(RoutePatternTest, TrailingSlashIsKept) {
  EXPECT_TRUE(parsed("GET /orders/").trailing_slash);
  EXPECT_TRUE(parsed("GET /").trailing_slash);
  EXPECT_FALSE(parsed("GET /orders/{id}").trailing_slash);
}

TEST(RoutePatternTest, SaysHowToWriteTheMethod) {
  EXPECT_THAT(refused("/orders"), HasSubstr("\"GET /orders\""));
  EXPECT_THAT(refused("get /orders"), HasSubstr("write \"GET\""));
  EXPECT_THAT(refused("G(T /orders"), HasSubstr("is no method"));
  EXPECT_THAT(refused("GET"), HasSubstr("no path"));
  EXPECT_THAT(refused(""), HasSubstr("$default"));
  EXPECT_THAT(refused("$defualt"), HasSubstr("did you mean \"$default\""));
}

TEST(RoutePatternTest, SaysHowToWriteVariables) {
  EXPECT_THAT(refused("GET /a/{id}.json"), HasSubstr("whole segment"));
  EXPECT_THAT(refused("GET /a/{}"), HasSubstr("a name is"));
  EXPECT_THAT(refused("GET /a/{a b}"), HasSubstr("%20"));
  EXPECT_THAT(refused("GET /a/{a.b}"), HasSubstr("a name is"));
  EXPECT_THAT(refused("GET /{p+}/x"), HasSubstr("{p+} takes the rest"));
  EXPECT_THAT(refused("GET /{p+}/"), HasSubstr("{p+} takes the rest"));
  EXPECT_THAT(refused("GET /{id}/{id}"), HasSubstr("two variables are called {id}"));
}

TEST(RoutePatternTest, RefusesPathsThatNoRequestHas) {
  EXPECT_THAT(refused("GET /a//b"), HasSubstr("two slashes"));
  EXPECT_THAT(refused("GET /a/../b"), HasSubstr("dot segments"));
  EXPECT_THAT(refused("GET /a/%2e"), HasSubstr("dot segments"));
  EXPECT_THAT(refused("GET /a%2"), HasSubstr("escape"));
  EXPECT_THAT(refused("GET /a\\b"), HasSubstr("backslash"));
  EXPECT_THAT(refused("GET /a?b=1"), HasSubstr("query"));
  EXPECT_THAT(refused("GET /a#b"), HasSubstr("fragment"));
  EXPECT_THAT(refused("GET /a b"), HasSubstr("%20"));
  EXPECT_THAT(refused("GET a"), HasSubstr("begin with '/'"));
}

TEST(RoutePatternTest, RefusesABasePathThatIsNotPlain) {
  EXPECT_THAT(refused("GET /a", "v1"), HasSubstr("must begin with '/'"));
  EXPECT_THAT(refused("GET /a", "/{tenant}"), HasSubstr("no variables"));
  EXPECT_THAT(refused("$default", "/a//b"), HasSubstr("two slashes"));
}

TEST(RoutePatternTest, SixteenVariablesAreTheMost) {
  std::string path;
  for (int i = 0; i < 16; ++i) path += "/{v" + std::to_string(i) + "}";
  EXPECT_EQ(parsed("GET " + path).variables().size(), 16u);
  EXPECT_THAT(refused("GET " + path + "/{v16}"), HasSubstr("more than 16"));
}

}  // namespace
}  // namespace gatehouse::pipeline
