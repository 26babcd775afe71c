#include "gatehouse/json/schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace gatehouse::json {
namespace {

using testing::HasSubstr;

std::string problem_of(std::string_view schema) {
  const auto parsed = Schema::parse(schema);
  return parsed ? "" : parsed.error().message();
}

std::vector<Violation> violations(std::string_view schema, std::string_view document) {
  return Schema::parse(schema).value()->validate(document);
}

TEST(Schema, ValidDocumentHasNoViolation) {
  const auto schema = R"({"type":"object","required":["title"],"properties":{"title":{"type":"string","maxLength":5}}})";
  EXPECT_TRUE(violations(schema, R"({"title":"short"})").empty());
}

TEST(Schema, ViolationNamesTheFieldByPointer) {
  const auto schema = R"({"properties":{"a/b":{"items":{"properties":{"price":{"type":"number","minimum":0}}}}}})";
  const auto found = violations(schema, R"({"a/b":[{"price":1},{"price":-1}]})");
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].pointer, "/a~1b/1/price");
}

TEST(Schema, ViolationNamesTheRuleAndNothingOfItsParents) {
  const auto schema = R"({"properties":{"a":{"items":{"properties":{"price":{"type":"number","minimum":0}}}},"b":{"type":"string"}}})";
  const auto found = violations(schema, R"({"a":[{"price":1},{"price":-1}],"b":2})");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].pointer, "/a/1/price");
  EXPECT_EQ(found[0].rule, "minimum");
  EXPECT_EQ(found[1].pointer, "/b");
  EXPECT_EQ(found[1].rule, "type");
}

TEST(Schema, ParentIsNamedWhereItIsItselfWrong) {
  const auto found = violations(R"({"properties":{"a":{"required":["x"],"properties":{"y":{"type":"string"}}}}})", R"({"a":{"y":1}})");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].pointer + " " + found[0].rule, "/a/y type");
  EXPECT_EQ(found[1].pointer + " " + found[1].rule, "/a required");
}

TEST(Schema, BadValueOfAKeywordIsNamedByPointer) {
  EXPECT_EQ(problem_of(R"({"properties":{"a":{"type":"strng"}}})"),
            "/properties/a/type: unknown type \"strng\"; did you mean \"string\"?");
  EXPECT_EQ(problem_of(R"({"items":{"required":"a"}})"), "/items/required: expected a list of names");
  EXPECT_EQ(problem_of(R"({"items":{"maxLength":-1}})"), "/items/maxLength: expected a whole number, 0 or more");
  EXPECT_EQ(problem_of(R"({"exclusiveMaximum":"5"})"), "/exclusiveMaximum: expected a number");
}

TEST(Schema, BoundsOfDraft4AreFlags) {
  const auto schema = R"({"$schema":"http://json-schema.org/draft-04/schema#","maximum":5,"exclusiveMaximum":true})";
  EXPECT_TRUE(violations(schema, "4").empty());
  EXPECT_FALSE(violations(schema, "5").empty());
  EXPECT_FALSE(violations(R"({"maximum":5,"exclusiveMaximum":true})", "5").empty());
  EXPECT_FALSE(violations(R"({"exclusiveMaximum":5})", "5").empty());
  EXPECT_THAT(problem_of(R"({"$schema":"http://json-schema.org/draft-04/schema#","const":5})"), HasSubstr("/const: no keyword of draft 4"));
}

TEST(Schema, NameThatStandsTwiceIsAViolation) {
  const auto found = violations("{}", R"([{"a":1,"b":{"a":1}},{"a":1,"\u0061":2}])");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].message, HasSubstr("\"a\" stands twice"));
}

TEST(Schema, MissingRequiredFieldIsNamed) {
  const auto found = violations(R"({"required":["title"]})", "{}");
  ASSERT_FALSE(found.empty());
  EXPECT_THAT(found[0].message, HasSubstr("title"));
}

TEST(Schema, UnknownKeywordIsRefusedWithTheNearestOne) {
  EXPECT_EQ(problem_of(R"({"properties":{"a":{"maxLenght":3}}})"),
            "/properties/a/maxLenght: unknown keyword; did you mean \"maxLength\"?");
}

TEST(Schema, APropertyMayHaveAKeywordsName) {
  EXPECT_EQ(problem_of(R"({"properties":{"type":{"type":"string"},"whatever":{}}})"), "");
}

TEST(Schema, FormatThatIsNotCheckedIsRefused) {
  EXPECT_THAT(problem_of(R"({"properties":{"mail":{"format":"email"}}})"), HasSubstr("/properties/mail/format"));
  EXPECT_TRUE(violations(R"({"format":"date-time"})", R"("2026-11-22T10:00:00Z")").empty());
  EXPECT_FALSE(violations(R"({"format":"date"})", R"("2026-13-45")").empty());
}

TEST(Schema, PatternOutsideOfRe2IsRefused) {
  EXPECT_THAT(problem_of(R"x({"pattern":"^(?=a)"})x"), HasSubstr("/pattern: regular expression"));
  EXPECT_THAT(problem_of(R"x({"patternProperties":{"(":{}}})x"), HasSubstr("regular expression"));
}

TEST(Schema, PatternTakesLinearTimeAndNoStackOnLongInput) {
  const std::string document = "\"" + std::string(1'000'000, 'a') + "\"";
  EXPECT_TRUE(violations(R"x({"pattern":"^(a+)+$"})x", document).empty());
  EXPECT_FALSE(violations(R"x({"pattern":"^(a+)+b$"})x", document).empty());
}

TEST(Schema, ReferencesWithinTheDocumentAreFollowed) {
  const auto schema = R"({"definitions":{"p":{"type":"integer"}},"properties":{"n":{"$ref":"#/definitions/p"}}})";
  EXPECT_TRUE(violations(schema, R"({"n":3})").empty());
  EXPECT_FALSE(violations(schema, R"({"n":"3"})").empty());
}

TEST(Schema, RecursiveSchemaDescribesATree) {
  const auto schema = R"({"properties":{"children":{"items":{"$ref":"#"}},"name":{"type":"string"}}})";
  EXPECT_TRUE(violations(schema, R"({"name":"a","children":[{"name":"b","children":[]}]})").empty());
  EXPECT_FALSE(violations(schema, R"({"name":"a","children":[{"name":1}]})").empty());
}

TEST(Schema, ReferenceToItselfIsRefused) {
  EXPECT_THAT(problem_of(R"({"$ref":"#"})"), HasSubstr("back to itself"));
  EXPECT_THAT(problem_of(R"({"definitions":{"a":{"allOf":[{"$ref":"#/definitions/a"}]}}})"), HasSubstr("back to itself"));
}

TEST(Schema, ReferenceToNothingOrElsewhereIsRefused) {
  EXPECT_THAT(problem_of(R"({"$ref":"#/definitions/none"})"), HasSubstr("/$ref: leads to nothing"));
  EXPECT_THAT(problem_of(R"({"$ref":"other.json"})"), HasSubstr("/$ref: leads to nothing"));
}

TEST(Schema, DepthIsBoundedInSchemaAndDocument) {
  EXPECT_THAT(problem_of(std::string(200'000, '[')), HasSubstr("nested deeper"));
  const auto found = violations("{}", std::string(200'000, '['));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].message, HasSubstr("nested deeper"));
  EXPECT_TRUE(violations("{}", "\"" + std::string(1000, '[') + "\"").empty());
}

TEST(Schema, WhatIsNoJsonIsAViolation) {
  ASSERT_EQ(violations("{}", "{\"a\":").size(), 1u);
  EXPECT_NE(problem_of("{\"a\":"), "");
}

TEST(Schema, ViolationsAreBounded) {
  std::string document = "[";
  for (int i = 0; i < 1000; ++i) document += i == 0 ? "1" : ",1";
  EXPECT_EQ(violations(R"({"items":{"type":"string"}})", document + "]").size(), Schema::kMaxViolations);
}

}  // namespace
}  // namespace gatehouse::json
