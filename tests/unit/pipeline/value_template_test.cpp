#include "gatehouse/pipeline/value_template.hpp"

#include "gatehouse/pipeline/route.hpp"
#include "support/fake_exchange.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::pipeline {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using PathValues = ValueTemplate::PathValues;

const std::vector<std::string> kVariables{"id", "proxy"};

class ValueTemplateTest : public ::testing::Test {
 protected:
  ValueTemplateTest() {
    route.api = "shop";
    route.label = "GET /orders/{id}";
    context.path = "/orders/a%20b";
    context.client = *IpAddress::parse("203.0.113.9");
    context.scheme = "https";
    context.host = "api.example.com";
    context.request_id = "r-1";
    context.params.push("id", "a%20b");
    context.params.push("proxy", "x/y%2Fz");
  }

  std::string value(std::string_view text) {
    const auto made = ValueTemplate::parse(text, kVariables);
    if (made) return std::string(made->evaluate(context));
    ADD_FAILURE() << text << ": " << made.error().message();
    return {};
  }
  std::string path(std::string_view text) {
    const auto made = ValueTemplate::parse(text, kVariables, PathValues::kEncoded, true);
    if (made) return std::string(made->evaluate(context));
    ADD_FAILURE() << text << ": " << made.error().message();
    return {};
  }
  static std::string refused(std::string_view text, bool braces = false) {
    const auto made = ValueTemplate::parse(text, kVariables, PathValues::kDecoded, braces);
    EXPECT_FALSE(made) << text;
    return made ? std::string() : made.error().message();
  }

  net::Worker worker{0};
  testing::FakeExchange exchange{worker,
                                 "GET",
                                 "/orders/a%20b?q=1+%2F2&q=3&empty=&filter%5Bid%5D=7",
                                 {{"X-User", "anna"}, {"X-User", "bert"}, {"X-Empty", ""}}};
  Route route;
  RequestContext context{exchange, route};
};

TEST_F(ValueTemplateTest, LiteralTextIsItself) {
  const auto made = ValueTemplate::parse("plain text, {braces} too", {});
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->is_literal());
  EXPECT_EQ(made->evaluate(context), "plain text, {braces} too");
  EXPECT_EQ(value("costs $$5"), "costs $5");
  EXPECT_EQ(value(""), "");
}

TEST_F(ValueTemplateTest, SourcesHaveTheirValues) {
  EXPECT_EQ(value("user=$path.id"), "user=a b");
  EXPECT_EQ(value("$query.q"), "1 /2");
  EXPECT_EQ(value("$header.x-user"), "anna");
  EXPECT_EQ(value("<$context.request_id>$context.client_ip,$context.scheme"), "<r-1>203.0.113.9,https");
  EXPECT_EQ(value("$context.method $context.path $context.host $context.api $context.route"),
            "GET /orders/a%20b api.example.com shop GET /orders/{id}");
}

TEST_F(ValueTemplateTest, DefaultStandsForAbsentAndEmpty) {
  EXPECT_EQ(value("$query.none|20"), "20");
  EXPECT_EQ(value("$query.empty|20"), "20");
  EXPECT_EQ(value("$header.x-empty|-"), "-");
  EXPECT_EQ(value("$context.identity|nobody"), "nobody");
  EXPECT_EQ(value("[$header.none]"), "[]");
  EXPECT_EQ(value("$query.q|unused"), "1 /2");
}

TEST_F(ValueTemplateTest, UndelimitedNameAndDefaultEndWhereTheyMust) {
  EXPECT_EQ(value("$path.id.json"), "a b.json");
  EXPECT_EQ(value(R"({"user":"$header.none|nobody"})"), R"({"user":"nobody"})");
  EXPECT_EQ(value("$query.none|a.b/c"), "a.b/c");
}

TEST_F(ValueTemplateTest, BracesDelimit) {
  EXPECT_EQ(value("${header.x-user}s"), "annas");
  EXPECT_EQ(value("${query.filter[id]}"), "7");
  EXPECT_EQ(value("${query.none|any text, $ too}!"), "any text, $ too!");
}

TEST_F(ValueTemplateTest, GeneratedValuesHaveTheirShape) {
  EXPECT_THAT(value("$uuid"), MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_THAT(value("$ulid"), MatchesRegex("[0-9A-HJKMNP-TV-Z]{26}"));
  EXPECT_THAT(value("$now"), MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z"));
  EXPECT_THAT(value("at-$now.json"), MatchesRegex("at-.*Z\\.json"));
}

TEST_F(ValueTemplateTest, PathVariablesGoIntoPathsAsTheyStood) {
  EXPECT_EQ(path("/internal/{id}/items"), "/internal/a%20b/items");
  EXPECT_EQ(path("/files/{proxy}"), "/files/x/y%2Fz");
  EXPECT_EQ(path("/files/{proxy+}"), "/files/x/y%2Fz");
  EXPECT_EQ(path("/files/$path.id"), "/files/a%20b");
  EXPECT_EQ(path("$context.path"), "/orders/a%20b");
}

TEST_F(ValueTemplateTest, OtherValuesCannotAddPathStructure) {
  EXPECT_EQ(path("/search/$query.q"), "/search/1%20%2F2");
  EXPECT_EQ(path("/u/$header.x-user/$context.route"), "/u/anna/GET%20%2Forders%2F%7Bid%7D");
}

TEST_F(ValueTemplateTest, UnknownVariablesNameTheNearest) {
  EXPECT_THAT(refused("$quary.x"), HasSubstr("did you mean $query?"));
  EXPECT_THAT(refused("$context.client"), HasSubstr("did you mean $context.client_ip?"));
  EXPECT_THAT(refused("$path.idd"), HasSubstr("did you mean $path.id?"));
  EXPECT_THAT(refused("/x/{prox}", true), HasSubstr("did you mean proxy?"));
  EXPECT_THAT(refused("$context.xyzzyplugh"), HasSubstr("there is $context.request_id, "));
}

TEST_F(ValueTemplateTest, MistakesSayHowToWriteIt) {
  EXPECT_THAT(refused("costs $"), HasSubstr("$$"));
  EXPECT_THAT(refused("costs $ 5"), HasSubstr("$$"));
  EXPECT_THAT(refused("$query"), HasSubstr("$query.x"));
  EXPECT_THAT(refused("${header.x"), HasSubstr("no '}'"));
  EXPECT_THAT(refused("${uuid.x}"), HasSubstr("write $uuid"));
  EXPECT_THAT(refused("/a/{id", true), HasSubstr("{id}"));
  EXPECT_THAT(refused("/a/id}", true), HasSubstr("{id}"));
}

TEST_F(ValueTemplateTest, PathTemplatesArePaths) {
  EXPECT_THAT(refused("internal/{id}", true), HasSubstr("begins with '/'"));
  EXPECT_THAT(refused("", true), HasSubstr("begins with '/'"));
  EXPECT_THAT(refused("$query.q/x", true), HasSubstr("begins with '/'"));
  EXPECT_THAT(refused("/a?b={id}", true), HasSubstr("no query"));
  EXPECT_THAT(refused("/a b", true), HasSubstr("space"));
}

}  // namespace
}  // namespace gatehouse::pipeline
