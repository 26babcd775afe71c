#include "gatehouse/dynamo/expr/legacy.hpp"

#include "unit/dynamo/expr/fixtures.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace gatehouse::dynamo {
namespace {

using test::Encoded;
using test::sorted_json;

constexpr std::string_view kItem = R"({"pk": {"S": "g"}, "sk": {"N": "1"}, "n": {"N": "2"}, "s": {"S": "stra"}, "ss": {"SS": ["a", "b"]},
    "l": {"L": [{"S": "a"}, {"N": "1"}]}, "b": {"B": "AAE="}, "t": {"BOOL": true}, "nul": {"NULL": true}, "m": {"M": {}}})";

struct Case {
  std::string_view json;
  std::string_view conditional_operator;
  std::string_view expected;
  friend std::ostream& operator<<(std::ostream& to, const Case& one) { return to << one.json; }
};

std::string verdict(const Outcome<Condition>& condition) {
  static const Encoded item(kItem);
  if (!condition) return condition.error().message();
  return condition->matches(item.map()) ? "true" : "false";
}

// ---- Recorded from DynamoDB Local 2.6.

// Comparisons mean the same in Expected and in filters.
constexpr Case kComparisons[] = {
    {R"({"s":{"ComparisonOperator":"NOT_NULL"}})", "", "true"},
    {R"({"zz":{"ComparisonOperator":"NULL"}})", "", "true"},
    {R"({"s":{"ComparisonOperator":"NULL"}})", "", "false"},
    {R"({"s":{"ComparisonOperator":"EQ","AttributeValueList":[]}})", "", "One or more parameter values were invalid: Invalid number of argument(s) for the EQ ComparisonOperator"},
    {R"({"s":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"a"},{"S":"b"}]}})", "", "One or more parameter values were invalid: Invalid number of argument(s) for the EQ ComparisonOperator"},
    {R"({"s":{"ComparisonOperator":"NULL","AttributeValueList":[{"S":"a"}]}})", "", "One or more parameter values were invalid: Invalid number of argument(s) for the NULL ComparisonOperator"},
    {R"({"s":{"ComparisonOperator":"NOT_NULL","AttributeValueList":[{"S":"a"}]}})", "", "One or more parameter values were invalid: Invalid number of argument(s) for the NOT_NULL ComparisonOperator"},
    {R"({"s":{"ComparisonOperator":"IN","AttributeValueList":[]}})", "", "One or more parameter values were invalid: Invalid number of argument(s) for the IN ComparisonOperator"},
    {R"({"s":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"S":"a"}]}})", "", "One or more parameter values were invalid: Invalid number of argument(s) for the BETWEEN ComparisonOperator"},
    {R"({"s":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"S":"b"},{"S":"a"}]}})", "", "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"},
    {R"({"s":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"S":"b"},{"N":"1"}]}})", "", "One or more parameter values were invalid: AttributeValues inside AttributeValueList must be of same type"},
    {R"({"s":{"ComparisonOperator":"IN","AttributeValueList":[{"S":"b"},{"N":"1"}]}})", "", "One or more parameter values were invalid: AttributeValues inside AttributeValueList must be of same type"},
    {R"({"s":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"NULL":true},{"S":"b"}]}})", "", "One or more parameter values were invalid: ComparisonOperator BETWEEN is not valid for NULL AttributeValue type"},
    {R"({"s":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"S":"b"},{"M":{}}]}})", "", "One or more parameter values were invalid: ComparisonOperator BETWEEN is not valid for M AttributeValue type"},
    {R"({"s":{"ComparisonOperator":"IN","AttributeValueList":[{"S":"stra"},{"S":"b"}]}})", "", "true"},
    {R"({"s":{"ComparisonOperator":"IN","AttributeValueList":[{"SS":["a"]}]}})", "", "One or more parameter values were invalid: ComparisonOperator IN is not valid for SS AttributeValue type"},
    {R"({"ss":{"ComparisonOperator":"EQ","AttributeValueList":[{"SS":["a"]}]}})", "", "false"},
    {R"({"s":{"ComparisonOperator":"LT","AttributeValueList":[{"SS":["a"]}]}})", "", "One or more parameter values were invalid: ComparisonOperator LT is not valid for SS AttributeValue type"},
    {R"({"s":{"ComparisonOperator":"LT","AttributeValueList":[{"L":[]}]}})", "", "One or more parameter values were invalid: ComparisonOperator LT is not valid for L AttributeValue type"},
    {R"({"l":{"ComparisonOperator":"EQ","AttributeValueList":[{"L":[]}]}})", "", "false"},
    {R"({"l":{"ComparisonOperator":"NE","AttributeValueList":[{"L":[]}]}})", "", "true"},
    {R"({"m":{"ComparisonOperator":"EQ","AttributeValueList":[{"M":{}}]}})", "", "true"},
    {R"({"t":{"ComparisonOperator":"EQ","AttributeValueList":[{"BOOL":true}]}})", "", "true"},
    {R"({"nul":{"ComparisonOperator":"EQ","AttributeValueList":[{"NULL":true}]}})", "", "true"},
    {R"({"l":{"ComparisonOperator":"CONTAINS","AttributeValueList":[{"S":"a"}]}})", "", "true"},
    {R"({"l":{"ComparisonOperator":"NOT_CONTAINS","AttributeValueList":[{"S":"a"}]}})", "", "false"},
    {R"({"zz":{"ComparisonOperator":"NOT_CONTAINS","AttributeValueList":[{"S":"a"}]}})", "", "false"},
    {R"({"zz":{"ComparisonOperator":"NE","AttributeValueList":[{"S":"a"}]}})", "", "true"},
    {R"({"zz":{"ComparisonOperator":"CONTAINS","AttributeValueList":[{"S":"a"}]}})", "", "false"},
    {R"({"n":{"ComparisonOperator":"NOT_CONTAINS","AttributeValueList":[{"N":"2"}]}})", "", "true"},
    {R"({"n":{"ComparisonOperator":"CONTAINS","AttributeValueList":[{"N":"2"}]}})", "", "false"},
    {R"({"s":{"ComparisonOperator":"CONTAINS","AttributeValueList":[{"S":"tr"}]}})", "", "true"},
    {R"({"s":{"ComparisonOperator":"NOT_CONTAINS","AttributeValueList":[{"S":"zz"}]}})", "", "true"},
    {R"({"ss":{"ComparisonOperator":"CONTAINS","AttributeValueList":[{"S":"a"}]}})", "", "true"},
    {R"({"ss":{"ComparisonOperator":"CONTAINS","AttributeValueList":[{"SS":["a"]}]}})", "", "One or more parameter values were invalid: ComparisonOperator CONTAINS is not valid for SS AttributeValue type"},
    {R"({"ss":{"ComparisonOperator":"CONTAINS","AttributeValueList":[{"L":[]}]}})", "", "One or more parameter values were invalid: ComparisonOperator CONTAINS is not valid for L AttributeValue type"},
    {R"({"s":{"ComparisonOperator":"CONTAINS","AttributeValueList":[{"BOOL":true}]}})", "", "false"},
    {R"({"s":{"ComparisonOperator":"BEGINS_WITH","AttributeValueList":[{"S":"st"}]}})", "", "true"},
    {R"({"s":{"ComparisonOperator":"BEGINS_WITH","AttributeValueList":[{"N":"1"}]}})", "", "One or more parameter values were invalid: ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type"},
    {R"({"b":{"ComparisonOperator":"BEGINS_WITH","AttributeValueList":[{"B":"AA=="}]}})", "", "true"},
    {R"({"s":{"ComparisonOperator":"BEGINS_WITH","AttributeValueList":[{"SS":["a"]}]}})", "", "One or more parameter values were invalid: ComparisonOperator BEGINS_WITH is not valid for SS AttributeValue type"},
    {R"({"n":{"ComparisonOperator":"LT","AttributeValueList":[{"N":"3"}]}})", "", "true"},
    {R"({"n":{"ComparisonOperator":"LT","AttributeValueList":[{"S":"3"}]}})", "", "false"},
    {R"({"n":{"ComparisonOperator":"GE","AttributeValueList":[{"N":"2"}]}})", "", "true"},
    {R"({"n":{"ComparisonOperator":"LE","AttributeValueList":[{"N":"2"}]}})", "", "true"},
    {R"({"n":{"ComparisonOperator":"GT","AttributeValueList":[{"N":"2"}]}})", "", "false"},
    {R"({"n":{"ComparisonOperator":"NE","AttributeValueList":[{"N":"2"}]}})", "", "false"},
    {R"({"n":{"ComparisonOperator":"NE","AttributeValueList":[{"S":"2"}]}})", "", "true"},
    {R"({"n":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"N":"1"},{"N":"3"}]}})", "", "true"},
    {R"({"zz":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"N":"1"},{"N":"3"}]}})", "", "false"},
    {R"({"zz":{"ComparisonOperator":"LT","AttributeValueList":[{"N":"1"}]}})", "", "false"},
    {R"({"n":{"ComparisonOperator":"EQ","AttributeValueList":[{}]}})", "", "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
    {R"({"n":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"x","N":"1"}]}})", "", "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"},
    {R"({"t":{"ComparisonOperator":"LT","AttributeValueList":[{"BOOL":true}]}})", "", "One or more parameter values were invalid: ComparisonOperator LT is not valid for BOOL AttributeValue type"},
    {R"({"t":{"ComparisonOperator":"IN","AttributeValueList":[{"BOOL":true}]}})", "", "One or more parameter values were invalid: ComparisonOperator IN is not valid for BOOL AttributeValue type"},
    {R"({"l":{"ComparisonOperator":"IN","AttributeValueList":[{"L":[]}]}})", "", "One or more parameter values were invalid: ComparisonOperator IN is not valid for L AttributeValue type"},
    {R"({"n":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"BOOL":true},{"BOOL":true}]}})", "", "One or more parameter values were invalid: ComparisonOperator BETWEEN is not valid for BOOL AttributeValue type"},
};

class LegacyExpected : public testing::TestWithParam<Case> {};

TEST_P(LegacyExpected, IsThatOfTheService) {
  Arena arena;
  EXPECT_EQ(verdict(parse_expected(GetParam().json, GetParam().conditional_operator, arena)), GetParam().expected);
}

constexpr Case kExpected[] = {
    {"{}", "", "true"},
    {R"({"s":{}})", "", "One or more parameter values were invalid: Value must be provided when Exists is null for Attribute: s"},
    {R"({"s":{"Value":{"S":"stra"}}})", "", "true"},
    {R"({"s":{"Value":{"S":"x"}}})", "", "false"},
    {R"({"s":{"Exists":true}})", "", "One or more parameter values were invalid: Value must be provided when Exists is true for Attribute: s"},
    {R"({"s":{"Exists":false}})", "", "false"},
    {R"({"zz":{"Exists":false}})", "", "true"},
    {R"({"zz":{"Exists":false,"Value":{"S":"x"}}})", "", "One or more parameter values were invalid: Value cannot be used when Exists is false for Attribute: zz"},
    {R"({"s":{"Exists":true,"Value":{"S":"stra"}}})", "", "true"},
    {R"({"s":{"Exists":true,"ComparisonOperator":"EQ","Value":{"S":"a"}}})", "", "One or more parameter values were invalid: Exists and ComparisonOperator cannot be used together for Attribute: s"},
    {R"({"s":{"Exists":false,"ComparisonOperator":"NULL"}})", "", "One or more parameter values were invalid: Exists and ComparisonOperator cannot be used together for Attribute: s"},
    {R"({"s":{"Value":{"S":"a"},"AttributeValueList":[{"S":"a"}]}})", "", "One or more parameter values were invalid: Value and AttributeValueList cannot be used together for Attribute: s"},
    {R"({"s":{"Value":{"S":"a"},"AttributeValueList":[{"S":"a"}],"ComparisonOperator":"EQ"}})", "", "One or more parameter values were invalid: Value and AttributeValueList cannot be used together for Attribute: s"},
    {R"({"s":{"AttributeValueList":[{"S":"a"}]}})", "", "One or more parameter values were invalid: AttributeValueList can only be used with a ComparisonOperator for Attribute: s"},
    {R"({"s":{"AttributeValueList":[{"S":"a"}],"Exists":true}})", "", "One or more parameter values were invalid: AttributeValueList can only be used with a ComparisonOperator for Attribute: s"},
    {R"({"s":{"ComparisonOperator":"EQ","Value":{"S":"stra"}}})", "", "true"},
    {R"({"s":{"ComparisonOperator":"EQ"}})", "", "One or more parameter values were invalid: Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: s"},
    {R"({"s":{"ComparisonOperator":"NULL","Value":{"S":"a"}}})", "", "One or more parameter values were invalid: Invalid number of argument(s) for the NULL ComparisonOperator"},
    {R"({"s":{"ComparisonOperator":"BETWEEN","Value":{"S":"a"}}})", "", "One or more parameter values were invalid: Invalid number of argument(s) for the BETWEEN ComparisonOperator"},
    {R"({"n":{"Value":{}}})", "", "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
    {R"({"n":{"Exists":true,"Value":{"N":"2"}}})", "", "true"},
    {R"({"s":{"Value":{"S":"x"}}})", "OR", "ConditionalOperator can only be used when Filter or Expected has two or more elements"},
    {R"({"s":{"Value":{"S":"x"}},"n":{"Value":{"N":"2"}}})", "OR", "true"},
    {R"({"s":{"Value":{"S":"x"}},"n":{"Value":{"N":"2"}}})", "AND", "false"},
    {"{}", "OR", "ConditionalOperator cannot be used without Filter or Expected"},
    {R"({"n":null})", "", "One or more parameter values were invalid: ExpectedAttributeValue must not be null for Attribute: n"},
    {R"({"":{"Value":{"S":"x"}}})", "", "Empty attribute name"},
    {R"({"n":{"ComparisonOperator":null,"Value":{"N":"2"}}})", "", "true"},
    {R"({"n":{"Exists":null,"Value":{"N":"2"}}})", "", "true"},
};
INSTANTIATE_TEST_SUITE_P(Recorded, LegacyExpected, testing::ValuesIn(kExpected));
INSTANTIATE_TEST_SUITE_P(RecordedComparisons, LegacyExpected, testing::ValuesIn(kComparisons));

class LegacyFilters : public testing::TestWithParam<Case> {};

TEST_P(LegacyFilters, AreThoseOfTheService) {
  Arena arena;
  EXPECT_EQ(verdict(parse_legacy_filter(GetParam().json, GetParam().conditional_operator, arena)), GetParam().expected);
}

constexpr Case kFilters[] = {
    {"{}", "", "true"},
    {R"({"s":{"ComparisonOperator":"EQ"}})", "", "One or more parameter values were invalid: Invalid number of argument(s) for the EQ ComparisonOperator"},
    {R"({"n":{"ComparisonOperator":"EQ","AttributeValueList":[{"N":"2"}]}})", "OR", "ConditionalOperator can only be used when Filter or Expected has two or more elements"},
    {R"({"n":{"ComparisonOperator":"EQ","AttributeValueList":[{"N":"2"}]},"s":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"zz"}]}})", "OR", "true"},
    {"{}", "OR", "ConditionalOperator cannot be used without Filter or Expected"},
    {R"({"n":{"ComparisonOperator":"EQ","AttributeValueList":[{"N":"2"}]},"s":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"zz"}]}})", "", "false"},
    {R"({"n":null})", "", "The filter condition for an attribute cannot be null: n"},
};
INSTANTIATE_TEST_SUITE_P(Recorded, LegacyFilters, testing::ValuesIn(kFilters));
INSTANTIATE_TEST_SUITE_P(RecordedComparisons, LegacyFilters, testing::ValuesIn(kComparisons));

struct UpdateCase {
  std::string_view json;
  std::string_view expected;
  friend std::ostream& operator<<(std::ostream& to, const UpdateCase& one) { return to << one.json; }
};

// Attributes that are others than before, or the fault.
std::string changed(std::string_view json) {
  static const Encoded item(kItem);
  Arena arena;
  const auto update = parse_attribute_updates(json, arena);
  if (!update) return update.error().message();
  std::string bytes;
  ValueWriter writer(bytes);
  const auto outcome = update->apply(item.map(), true, writer, arena);
  if (!outcome) return outcome.error().message();
  EXPECT_TRUE(is_valid_item(bytes));
  std::vector<std::pair<std::string, std::string>> changes;
  const Map now = Map::item(bytes);
  for (const Attribute& attribute : item.map()) {
    if (!now.find(attribute.name)) changes.emplace_back(attribute.name, "null");
  }
  for (const Attribute& attribute : now) {
    const Value before = item.value(attribute.name);
    if (!before || !equal(before, attribute.value)) changes.emplace_back(attribute.name, sorted_json(attribute.value));
  }
  std::sort(changes.begin(), changes.end());
  std::string text;
  for (const auto& [name, value] : changes) text += (text.empty() ? "\"" : ",\"") + name + "\":" + value;
  return '{' + text + '}';
}

class LegacyUpdates : public testing::TestWithParam<UpdateCase> {};

TEST_P(LegacyUpdates, AreThoseOfTheService) { EXPECT_EQ(changed(GetParam().json), GetParam().expected); }

constexpr UpdateCase kUpdates[] = {
    {"{}",
     "{}"},
    {R"({"a":{}})",
     "One or more parameter values were invalid: Only DELETE action is allowed when no attribute value is specified"},
    {R"({"a":{"Value":{"S":"x"}}})",
     R"({"a":{"S":"x"}})"},
    {R"({"a":{"Action":"PUT","Value":{"S":"x"}}})",
     R"({"a":{"S":"x"}})"},
    {R"({"a":{"Action":"PUT"}})",
     "One or more parameter values were invalid: Only DELETE action is allowed when no attribute value is specified"},
    {R"({"a":{"Action":"ADD"}})",
     "One or more parameter values were invalid: Only DELETE action is allowed when no attribute value is specified"},
    {R"({"n":{"Action":"DELETE"}})",
     R"({"n":null})"},
    {R"({"zz":{"Action":"DELETE"}})",
     "{}"},
    {R"({"n":{"Action":"ADD","Value":{"N":"3"}}})",
     R"({"n":{"N":"5"}})"},
    {R"({"zz":{"Action":"ADD","Value":{"N":"3"}}})",
     R"({"zz":{"N":"3"}})"},
    {R"({"s":{"Action":"ADD","Value":{"N":"3"}}})",
     "Type mismatch for attribute to update"},
    {R"({"ss":{"Action":"ADD","Value":{"SS":["c","a"]}}})",
     R"({"ss":{"SS":["a","b","c"]}})"},
    {R"({"ss":{"Action":"ADD","Value":{"NS":["1"]}}})",
     "Type mismatch for attribute to update"},
    {R"({"n":{"Action":"ADD","Value":{"SS":["c"]}}})",
     "Type mismatch for attribute to update"},
    {R"({"l":{"Action":"ADD","Value":{"L":[{"S":"q"}]}}})",
     R"({"l":{"L":[{"S":"a"},{"N":"1"},{"S":"q"}]}})"},
    {R"({"zz":{"Action":"ADD","Value":{"L":[{"S":"q"}]}}})",
     R"({"zz":{"L":[{"S":"q"}]}})"},
    {R"({"s":{"Action":"ADD","Value":{"L":[{"S":"q"}]}}})",
     "Type mismatch for attribute to update"},
    {R"({"ss":{"Action":"DELETE","Value":{"SS":["a"]}}})",
     R"({"ss":{"SS":["b"]}})"},
    {R"({"ss":{"Action":"DELETE","Value":{"SS":["a","b"]}}})",
     R"({"ss":null})"},
    {R"({"ss":{"Action":"DELETE","Value":{"SS":["zz"]}}})",
     "{}"},
    {R"({"ss":{"Action":"DELETE","Value":{"NS":["1"]}}})",
     "Type mismatch for attribute to update"},
    {R"({"s":{"Action":"DELETE","Value":{"SS":["1"]}}})",
     "Type mismatch for attribute to update"},
    {R"({"zz":{"Action":"DELETE","Value":{"SS":["1"]}}})",
     "{}"},
    {R"({"a":{"Action":"PUT","Value":{"SS":[]}}})",
     "One or more parameter values were invalid: An string set  may not be empty"},
    {R"({"a":{"Action":"PUT"}})",
     "One or more parameter values were invalid: Only DELETE action is allowed when no attribute value is specified"},
    {R"({"":{"Action":"PUT","Value":{"S":"x"}}})",
     "Empty attribute name"},
    {R"({"a":{"Action":"PUT","Value":{"S":"x"}},"b":{"Action":"DELETE"},"n":{"Action":"ADD","Value":{"N":"1"}}})",
     R"({"a":{"S":"x"},"b":null,"n":{"N":"3"}})"},
    {R"({"a":{"Action":null,"Value":{"S":"x"}}})",
     R"({"a":{"S":"x"}})"},
    {R"({"m.x":{"Action":"PUT","Value":{"S":"x"}}})",
     R"({"m.x":{"S":"x"}})"},
    {R"({"l":{"Action":"ADD","Value":{"L":[]}}})",
     "{}"},
};
INSTANTIATE_TEST_SUITE_P(Recorded, LegacyUpdates, testing::ValuesIn(kUpdates));

// ---- What the service says about words it does not know, and about types.

TEST(LegacyWords, UnknownComparisonsAreNamedWithTheirPlace) {
  Arena arena;
  const auto expected = parse_expected(R"({"s":{"ComparisonOperator":"FOO","Value":{"S":"a"}}})", "", arena);
  EXPECT_EQ(expected.error().message(),
            "1 validation error detected: Value 'FOO' at 'expected.s.member.comparisonOperator' failed to satisfy "
            "constraint: Member must satisfy enum value set: [IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, "
            "LE, BEGINS_WITH, GE, CONTAINS]");
  const auto filter = parse_legacy_filter(R"({"s":{"AttributeValueList":[{"S":"a"}]}})", "", arena, "scanFilter");
  EXPECT_EQ(filter.error().message(),
            "1 validation error detected: Value null at 'scanFilter.s.member.comparisonOperator' failed to satisfy "
            "constraint: Member must not be null");
}

TEST(LegacyWords, UnknownActionsAreNamedWithTheirPlace) {
  EXPECT_EQ(changed(R"({"a":{"Action":"FOO","Value":{"S":"a"}}})"),
            "1 validation error detected: Value 'FOO' at 'attributeUpdates.a.member.action' failed to satisfy constraint: "
            "Member must satisfy enum value set: [ADD, PUT, DELETE]");
}

TEST(LegacyWords, TypesThatCannotBeAddedOrDeletedAreNamed) {
  EXPECT_EQ(changed(R"({"s":{"Action":"ADD","Value":{"S":"x"}}})"),
            "One or more parameter values were invalid: ADD action is not supported for the type S");
  EXPECT_EQ(changed(R"({"m":{"Action":"ADD","Value":{"M":{}}}})"),
            "One or more parameter values were invalid: ADD action is not supported for the type M");
  EXPECT_EQ(changed(R"({"n":{"Action":"DELETE","Value":{"N":"2"}}})"),
            "One or more parameter values were invalid: DELETE action with value is not supported for the type N");
}

TEST(LegacyWords, WhatIsNoAttributeValueOrNoObjectIsAFault) {
  Arena arena;
  EXPECT_EQ(parse_expected(R"({"s":{"Value":{"Q":"a"}}})", "", arena).error().type(), FaultType::kValidation);
  EXPECT_EQ(parse_expected(R"({"s":5})", "", arena).error().type(), FaultType::kSerialization);
  EXPECT_EQ(parse_key_conditions("[]", arena).error().type(), FaultType::kSerialization);
}

// ---- Key conditions.

std::string terms(std::string_view json) {
  Arena arena;
  const auto condition = parse_key_conditions(json, arena);
  if (!condition) return condition.error().message();
  std::string text;
  for (const KeyTerm& term : condition->terms) {
    text += std::string(term.attribute) + ' ' + std::to_string(static_cast<int>(term.comparison)) + ' ';
    text += sorted_json(term.first) + (term.second ? sorted_json(term.second) : "") + ';';
  }
  return text;
}

TEST(LegacyKeyConditions, BecomeTerms) {
  EXPECT_EQ(terms(R"({"pk":{"AttributeValueList":[{"S":"g"}],"ComparisonOperator":"EQ"}})"), R"(pk 0 {"S":"g"};)");
  EXPECT_EQ(terms(R"({"pk":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"g"}]},
                      "sk":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"N":"1"},{"N":"2"}]}})"),
            R"(pk 0 {"S":"g"};sk 5 {"N":"1"}{"N":"2"};)");
}

TEST(LegacyKeyConditions, TakeWhatAnIndexCanAnswer) {
  EXPECT_EQ(terms("{}"), "Conditions can be of length 1 or 2 only");
  for (const std::string_view comparison : {"NE", "IN", "CONTAINS", "NOT_CONTAINS"}) {
    EXPECT_EQ(terms(R"({"pk":{"AttributeValueList":[{"S":"g"}],"ComparisonOperator":")" + std::string(comparison) + "\"}}"),
              "Attempted conditional constraint is not an indexable operation");
  }
  EXPECT_EQ(terms(R"({"pk":{"ComparisonOperator":"NOT_NULL"}})"),
            "Attempted conditional constraint is not an indexable operation");
  EXPECT_EQ(terms(R"({"pk":{"ComparisonOperator":"EQ"}})"),
            "One or more parameter values were invalid: Invalid number of argument(s) for the EQ ComparisonOperator");
}

// A chain of conditions must not become a tree that is as deep as it is long.
TEST(LegacyFilter, ManyConditionsAreEvaluatedInALoop) {
  std::string json;
  for (int i = 0; i < 100'000; ++i) {
    json += (json.empty() ? "{\"a" : ",\"a") + std::to_string(i) + "\":{\"ComparisonOperator\":\"NULL\"}";
  }
  Arena arena;
  EXPECT_EQ(verdict(parse_legacy_filter(json + "}", "AND", arena)), "true");
}

}  // namespace
}  // namespace gatehouse::dynamo
