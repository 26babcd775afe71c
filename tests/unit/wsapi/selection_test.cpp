// Route selection: what a message asks for, and what is no message to ask.
#include "gatehouse/wsapi/selection.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::wsapi {
namespace {

class Selected {
 public:
  explicit Selected(std::string_view expression) : selection_(RouteSelection::parse(expression).value()) {}
  std::string operator()(std::string_view message) {
    const auto key = selection_.evaluate(message, arena_);
    return key ? std::string(*key) : "(none)";
  }

 private:
  RouteSelection selection_;
  Arena arena_;
};

std::string problem(std::string_view expression) {
  const auto parsed = RouteSelection::parse(expression);
  return parsed ? "(none)" : parsed.error().message();
}

TEST(RouteSelection, TakesTheFieldThatTheExpressionNames) {
  Selected selected("$request.body.action");
  EXPECT_EQ(selected(R"({"action":"sendMessage","data":{"action":"other"}})"), "sendMessage");
  EXPECT_EQ(selected(R"( { "data" : [1, {"x": [ ] }, "}"] , "action" : "a" } )"), "a");
  EXPECT_EQ(selected(R"({"data":{"action":"inner"},"action":"outer"})"), "outer");
}

TEST(RouteSelection, JoinsSeveralPartsAndText) {
  Selected selected("${request.body.service}/${request.body.action}");
  EXPECT_EQ(selected(R"({"action":"join","service":"chat"})"), "chat/join");
  EXPECT_EQ(selected(R"({"service":"chat"})"), "chat/");
  EXPECT_EQ(Selected("v${request.body.version}-beta")(R"({"version":2})"), "v2-beta");
}

TEST(RouteSelection, GoesDownIntoObjectsAndLists) {
  EXPECT_EQ(Selected("$request.body.a.b.c")(R"({"a":{"x":1,"b":{"c":"deep"}}})"), "deep");
  EXPECT_EQ(Selected("$request.body.list[1].kind")(R"({"list":[{"kind":"no"},{"kind":"yes"}]})"), "yes");
  EXPECT_EQ(Selected("$request.body[0]")(R"(["first","second"])"), "first");
  EXPECT_EQ(Selected("${request.body.a}${request.body.a.b}")(R"({"a":{"b":"x"}})"), "x");
}

TEST(RouteSelection, AMissingPathIsTheEmptyText) {
  Selected selected("$request.body.action");
  for (const std::string_view message : {R"({})", R"({"other":1})", R"({"action":null})", R"({"action":{"a":1}})", R"({"action":[]})", R"("text")",
                                         R"([{"action":"a"}])", "7", "null"})
    EXPECT_EQ(selected(message), "") << message;
}

TEST(RouteSelection, NumbersAndBooleansAreTextAsWritten) {
  Selected selected("$request.body.action");
  EXPECT_EQ(selected(R"({"action":1.50e3})"), "1.50e3");
  EXPECT_EQ(selected(R"({"action":true})"), "true");
}

TEST(RouteSelection, WhatIsNoJsonSelectsNothing) {
  Selected selected("$request.body.action");
  for (const std::string_view message :
       {"", " ", "hello", "{", R"({"action":"a")", R"({"action":"a"} x)", R"({"action":"a",})", R"({action:"a"})", R"({'action':'a'})",
        R"({"action":"a" "b":1})", R"({"action":01})", R"({"action":-})", R"({"action":1.})", R"({"action":1e})", R"({"action":tru})",
        "{\"action\":\"a\nb\"}", R"({"action":"\x"})", R"({"action":"\u12g4"})", R"({"action":"a","x":[1,]})", R"({"action":"a","x":[1})",
        R"({"action":"a","x":{]})", R"([})", R"({"a":1,"b"})", R"({"action":"a","x":{"y"}})", R"({"action":"\)"})
    EXPECT_EQ(selected(message), "(none)") << message;
}

TEST(RouteSelection, ANameThatStandsTwiceSelectsNothing) {
  Selected selected("$request.body.action");
  EXPECT_EQ(selected(R"({"action":"read","action":"delete"})"), "(none)");
  EXPECT_EQ(selected(R"({"action":"read","\u0061ction":"delete"})"), "(none)");
  EXPECT_EQ(selected(R"({"action":"read","x":1,"x":2})"), "read") << "names that nobody asks for are nobody's business";
}

TEST(RouteSelection, EscapesAreDecoded) {
  Selected selected("$request.body.action");
  EXPECT_EQ(selected(R"({"\u0061ction":"s\u0065nd"})"), "send");
  EXPECT_EQ(selected(R"({"action":"\ud83d\ude00\n\/\"\\"})"), "\xf0\x9f\x98\x80\n/\"\\");
  EXPECT_EQ(selected(R"({"action":"\ud83d!\ude00"})"), "\xef\xbf\xbd!\xef\xbf\xbd");
}

TEST(RouteSelection, ADollarSignIsEscaped) {
  Selected selected("\\$default");
  EXPECT_EQ(selected(R"({"action":"a"})"), "$default");
  EXPECT_EQ(Selected("\\$${request.body.a}")(R"({"a":"x"})"), "$x");
}

TEST(RouteSelection, DeepNestingEndsTheSearch) {
  Selected selected("$request.body.action");
  const auto nested = [](std::size_t depth) {
    return R"({"action":"a","x":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(selected(nested(RouteSelection::kMaxNesting - 1)), "a");
  EXPECT_EQ(selected(nested(RouteSelection::kMaxNesting)), "(none)");
  EXPECT_EQ(selected(std::string(1 << 20, '[')), "(none)");
}

TEST(RouteSelection, AWrongExpressionSaysHowToWriteIt) {
  EXPECT_EQ(problem(""), "no expression: write it like $request.body.action");
  EXPECT_NE(problem("$request.header.x").find("all body: write it like $request.body.action"), std::string::npos);
  EXPECT_NE(problem("$request.body").find("which field"), std::string::npos);
  EXPECT_NE(problem("$request.bodyaction").find("says nothing of a message"), std::string::npos);
  EXPECT_NE(problem("${request.body.a").find("no '}'"), std::string::npos);
  EXPECT_NE(problem("a\\b").find("backslash"), std::string::npos);
  EXPECT_NE(problem("$request.body.a[x]").find("[0]"), std::string::npos);
  EXPECT_NE(problem("${request.body..a}").find("a name is missing"), std::string::npos);
  EXPECT_NE(problem("${request.body.a[0]b}").find("a dot is missing"), std::string::npos);
  EXPECT_NE(problem("$request.body.a" + std::string(2000, 'x')).find("longer than"), std::string::npos);
  std::string many;
  for (int i = 0; i < 9; ++i) many += "$request.body.a/";
  EXPECT_NE(problem(many).find("more than 8 variables"), std::string::npos);
  std::string deep = "$request.body";
  for (int i = 0; i < 17; ++i) deep += ".a";
  EXPECT_NE(problem(deep).find("more than 16 steps"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::wsapi
