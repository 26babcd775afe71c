#include "gatehouse/base/json_tree.hpp"
#include "gatehouse/net/worker.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "gatehouse/pipeline/value_template.hpp"
#include "support/fake_exchange.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace gatehouse::pipeline {
namespace {

using PathValues = ValueTemplate::PathValues;
using BodyValues = ValueTemplate::BodyValues;

class BodyTemplateTest : public ::testing::Test {
 protected:
  std::string evaluate(std::string_view text, PathValues values = PathValues::kDecoded, BodyValues known = BodyValues::kKnown) {
    const auto parsed = ValueTemplate::parse(text, {}, values, values == PathValues::kEncoded, known);
    if (!parsed) return "error: " + parsed.error().message();
    return std::string(parsed->evaluate(context_));
  }
  bool fails(std::string_view text) { return evaluate(text).starts_with("error: "); }
  void body(std::string_view json) {
    tree_.emplace(JsonTree::parse(json).value());
    context_.body_json = &*tree_;
  }

  net::Worker worker_{0};
  Route route_;
  gatehouse::testing::FakeExchange exchange_{worker_, "POST", "/", {}};
  RequestContext context_{exchange_, route_};
  std::optional<JsonTree> tree_;
};

TEST_F(BodyTemplateTest, MembersAndElementsAreInserted) {
  body(R"({"a":{"b":"text"},"list":["x",{"y":7}],"no":false,"Name":"big","name":"small"})");
  EXPECT_EQ(evaluate("$request.body.a.b"), "text");
  EXPECT_EQ(evaluate("$body.a.b!"), "text!");
  EXPECT_EQ(evaluate("${request.body.a.b}c"), "textc");
  EXPECT_EQ(evaluate("$request.body.list[0]"), "x");
  EXPECT_EQ(evaluate("$request.body.list[1].y and ${body.list[1].y}"), "7 and 7");
  EXPECT_EQ(evaluate("$request.body.no"), "false");
  EXPECT_EQ(evaluate("$body.Name $body.name"), "big small");
  EXPECT_EQ(evaluate("$body.a"), R"({"b":"text"})");
  EXPECT_EQ(evaluate("$body.a.b."), "text.");
}

TEST_F(BodyTemplateTest, TheWholeBodyIsCompactJson) {
  body(R"({"a": [1, "two"], "b": null})");
  for (const char* const text : {"$body", "$request.body", "${body}", "${request.body}", "${request.body|none}"})
    EXPECT_EQ(evaluate(text), R"({"a":[1,"two"],"b":null})") << text;
  EXPECT_EQ(evaluate("<$request.body>, $body."), R"(<{"a":[1,"two"],"b":null}>, {"a":[1,"two"],"b":null}.)");
  body(R"("plain")");
  EXPECT_EQ(evaluate("$request.body"), "plain");
  body("null");
  EXPECT_EQ(evaluate("$request.body|none"), "none");
}

TEST_F(BodyTemplateTest, WhatIsNotThereIsTheDefault) {
  EXPECT_EQ(evaluate("$body.a|none"), "none");
  body(R"({"a":null,"b":"","c":"text"})");
  for (const char* const text : {"$body.a|none", "$body.b|none", "$body.d|none", "$body.c.d|none", "$body.c[0]|none", "${request.body.A|none}"})
    EXPECT_EQ(evaluate(text), "none") << text;
  body("[1]");
  EXPECT_EQ(evaluate("$body.a|none"), "none");
}

TEST_F(BodyTemplateTest, AValueAddsNothingToAPath) {
  body(R"({"id":"../a/b?c#d%2F\r\n"})");
  EXPECT_EQ(evaluate("/items/$body.id", PathValues::kEncoded), "/items/..%2Fa%2Fb%3Fc%23d%252F%0D%0A");
}

TEST_F(BodyTemplateTest, OtherPathsThanNamesAndIndexesAreErrors) {
  for (const char* const text : {"$request.body..a", "$body[0]", "$body..a", "$request.body[0]", "${body.}", "$request.bodyless", "$request.body.a..b",
                                 "$request.body.a[?(@.b)]", "$request.body.a[*]", "$request.body.a[-1]", "${request.body.a[?(@.b)]}", "${request.body.}"})
    EXPECT_TRUE(fails(text)) << text;
}

TEST_F(BodyTemplateTest, ItIsKnownOnlyWhereTheBodyIsRead) {
  EXPECT_TRUE(evaluate("$body.a", PathValues::kDecoded, BodyValues::kUnknown).starts_with("error: $body.a is known where a request is changed"));
  EXPECT_TRUE(evaluate("${request.body.a}", PathValues::kErrorText, BodyValues::kUnknown).starts_with("error: "));
  EXPECT_TRUE(ValueTemplate::parse("x$body.a", {}, PathValues::kDecoded, false, BodyValues::kKnown)->uses_body());
  EXPECT_FALSE(ValueTemplate::parse("$header.a", {})->uses_body());
}

}  // namespace
}  // namespace gatehouse::pipeline
