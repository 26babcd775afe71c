#include "gatehouse/dynamo/expr/key_condition.hpp"

#include "unit/dynamo/expr/fixtures.hpp"

#include <gtest/gtest.h>

namespace gatehouse::dynamo {
namespace {

using test::bindings_for;
using test::Case;
using test::Encoded;
using test::Names;
using test::sorted_json;

constexpr std::string_view kValues = R"({":a": {"S": "u"}, ":n": {"N": "1"}, ":m": {"N": "5"}, ":l": {"L": []}})";
const Names kNames = {{"#s", "status"}};

// "attribute comparison value", joined by "; ", or the fault.
std::string parsed(std::string_view text) {
  static const Encoded values(kValues);
  static constexpr std::string_view kComparisons[] = {"=", "<", "<=", ">", ">=", "between", "begins_with"};
  Arena arena;
  Bindings bindings = bindings_for(text, kNames, values);
  const auto condition = KeyCondition::parse(text, bindings, arena);
  if (!condition) return condition.error().message();
  std::string terms;
  for (const KeyTerm& term : condition->terms) {
    terms += terms.empty() ? "" : "; ";
    terms += std::string(term.attribute) + ' ' + std::string(kComparisons[static_cast<std::size_t>(term.comparison)]);
    terms += ' ' + sorted_json(term.first);
    if (term.second) terms += ' ' + sorted_json(term.second);
  }
  return terms;
}

class KeyConditions : public testing::TestWithParam<Case> {};

TEST_P(KeyConditions, AreThoseOfTheService) { EXPECT_EQ(parsed(GetParam().text), GetParam().expected); }

constexpr Case kTerms[] = {
    {"pk = :a", R"(pk = {"S":"u"})"},
    {":a = pk", R"(pk = {"S":"u"})"},
    {"(pk = :a)", R"(pk = {"S":"u"})"},
    {"#s = :a", R"(status = {"S":"u"})"},
    {"pk = :a AND sk = :n", R"(pk = {"S":"u"}; sk = {"N":"1"})"},
    {"(pk = :a) AND (sk = :n)", R"(pk = {"S":"u"}; sk = {"N":"1"})"},
    {"sk < :n AND pk = :a", R"(sk < {"N":"1"}; pk = {"S":"u"})"},
    {"pk = :a AND :n < sk", R"(pk = {"S":"u"}; sk > {"N":"1"})"},
    {"pk = :a AND :n <= sk", R"(pk = {"S":"u"}; sk >= {"N":"1"})"},
    {"pk = :a AND :n > sk", R"(pk = {"S":"u"}; sk < {"N":"1"})"},
    {"pk = :a AND :n >= sk", R"(pk = {"S":"u"}; sk <= {"N":"1"})"},
    {"pk = :a AND sk <= :n", R"(pk = {"S":"u"}; sk <= {"N":"1"})"},
    {"pk = :a AND sk > :n", R"(pk = {"S":"u"}; sk > {"N":"1"})"},
    {"pk = :a AND sk >= :n", R"(pk = {"S":"u"}; sk >= {"N":"1"})"},
    {"pk = :a AND sk BETWEEN :n AND :m", R"(pk = {"S":"u"}; sk between {"N":"1"} {"N":"5"})"},
    {"pk = :a AND begins_with(sk, :a)", R"(pk = {"S":"u"}; sk begins_with {"S":"u"})"},
    {"begins_with(pk, :a)", R"(pk begins_with {"S":"u"})"},
    {"pk = :a AND sk = :n AND x = :m", R"(pk = {"S":"u"}; sk = {"N":"1"}; x = {"N":"5"})"},
    {"pk = :a AND (sk = :n AND x = :m)", R"(pk = {"S":"u"}; sk = {"N":"1"}; x = {"N":"5"})"},
};
INSTANTIATE_TEST_SUITE_P(Terms, KeyConditions, testing::ValuesIn(kTerms));

// Recorded from DynamoDB Local 2.6; the one about nested attributes is the service's.
constexpr Case kRefusals[] = {
    {"", "Invalid KeyConditionExpression: The expression can not be empty;"},
    {"pk", R"(Invalid KeyConditionExpression: Syntax error; token: "<EOF>", near: "pk")"},
    {"pk = :a AND", R"(Invalid KeyConditionExpression: Syntax error; token: "<EOF>", near: "AND")"},
    {"pk = :u",
     "Invalid KeyConditionExpression: An expression attribute value used in expression is not defined; attribute value: :u"},
    {"status = :a", "Invalid KeyConditionExpression: Attribute name is a reserved keyword; reserved keyword: status"},
    {"((pk = :a))", "Invalid KeyConditionExpression: The expression has redundant parentheses;"},
    {"foo(pk)", "Invalid KeyConditionExpression: Invalid function name; function: foo"},
    {"pk = pk",
     "Invalid KeyConditionExpression: The first operand must be distinct from the remaining operands for this operator or "
     "function; operator: =, first operand: [pk]"},
    {"pk = :a AND sk BETWEEN :m AND :n",
     "Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
     "lower bound operand: AttributeValue: {N:5}, upper bound operand: AttributeValue: {N:1}"},
    {"pk = :a AND sk < :l",
     "Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: <, operand "
     "type: L"},
    {"size(pk)",
     "Invalid KeyConditionExpression: The function is not allowed to be used this way in an expression; function: size"},
    {"pk = :a OR sk = :n", "Invalid operator used in KeyConditionExpression: OR"},
    {"NOT pk = :a", "Invalid operator used in KeyConditionExpression: NOT"},
    {"pk = :a AND (NOT sk = :n)", "Invalid operator used in KeyConditionExpression: NOT"},
    {"pk <> :a", "Invalid operator used in KeyConditionExpression: <>"},
    {"pk IN (:a)", "Invalid operator used in KeyConditionExpression: IN"},
    {"attribute_exists(pk)", "Invalid operator used in KeyConditionExpression: attribute_exists"},
    {"attribute_not_exists(pk)", "Invalid operator used in KeyConditionExpression: attribute_not_exists"},
    {"pk = :a AND contains(sk, :a)", "Invalid operator used in KeyConditionExpression: contains"},
    {"pk = :a AND contains(size(sk), :a) OR x = :a", "Invalid operator used in KeyConditionExpression: OR"},
    {"pk = :a AND size(sk) = :n", "KeyConditionExpressions cannot contain nested operations"},
    {"pk = :a AND sk = size(x)", "KeyConditionExpressions cannot contain nested operations"},
    {"begins_with(:a, pk)",
     "Invalid condition in KeyConditionExpression: begins_with operator must have the key attribute as its first operand"},
    {"pk = :a AND :n BETWEEN sk AND :m",
     "Invalid condition in KeyConditionExpression: BETWEEN operator must have the key attribute as its first operand"},
    {"pk = sk", "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"},
    {"begins_with(pk, sk)", "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"},
    {":a = :a", "Invalid condition in KeyConditionExpression: No key attribute specified"},
    {"pk.x = :a", "KeyConditionExpressions cannot have conditions on nested attributes"},
    {"pk = :a AND begins_with(sk[0], :a)", "KeyConditionExpressions cannot have conditions on nested attributes"},
    {"pk = :a AND pk = :a", "KeyConditionExpressions must only contain one condition per key"},
    {"pk = :a AND sk > :n AND sk < :m", "KeyConditionExpressions must only contain one condition per key"},
};
INSTANTIATE_TEST_SUITE_P(Refusals, KeyConditions, testing::ValuesIn(kRefusals));

}  // namespace
}  // namespace gatehouse::dynamo
