#include "gatehouse/dynamo/expr/condition.hpp"

#include "unit/dynamo/expr/fixtures.hpp"

#include <gtest/gtest.h>

namespace gatehouse::dynamo {
namespace {

using test::bindings_for;
using test::Case;
using test::Encoded;
using test::Names;
using test::repeated;

// ---- What the service answers when it refuses a text; empty: it accepts it. Recorded from DynamoDB Local 2.6.

const Names kNames = {{"#a", "a"}, {"#s", "status"}};
constexpr std::string_view kValues = R"({":a": {"S": "x"}, ":n": {"N": "5"}, ":m": {"N": "3"}, ":t": {"S": "S"}, ":bad": {"S": "Q"}, ":l": {"L": []}, ":ss": {"SS": ["a"]}, ":b": {"BOOL": true}, ":nu": {"NULL": true}, ":bi": {"B": "AAE="}, ":mp": {"M": {}}})";

std::string refusal(std::string_view text, ExpressionKind kind = ExpressionKind::kCondition) {
  static const Encoded values(kValues);
  Arena arena;
  Bindings bindings = bindings_for(text, kNames, values);
  const auto condition = Condition::parse(text, kind, bindings, arena);
  if (condition) return {};
  EXPECT_EQ(condition.error().type(), FaultType::kValidation);
  return condition.error().message();
}

class ConditionRefusals : public testing::TestWithParam<Case> {};

TEST_P(ConditionRefusals, AreTheServicesOwn) {
  const std::string prefix = GetParam().expected.empty() ? "" : "Invalid ConditionExpression: ";
  EXPECT_EQ(refusal(GetParam().text), prefix + std::string(GetParam().expected));
}

constexpr Case kRefusals[] = {
    {"", "The expression can not be empty;"},
    {"   ", R"(Syntax error; token: "<EOF>", near: "   ")"},
    {"a", R"(Syntax error; token: "<EOF>", near: "a")"},
    {"a =", R"(Syntax error; token: "<EOF>", near: "=")"},
    {"a = :a b", R"(Syntax error; token: "b", near: ":a b")"},
    {"= :a", R"(Syntax error; token: "=", near: "= :a")"},
    {"a = :undef", "An expression attribute value used in expression is not defined; attribute value: :undef"},
    {"#undef = :a", "An expression attribute name used in the document path is not defined; attribute name: #undef"},
    {"status = :a", "Attribute name is a reserved keyword; reserved keyword: status"},
    {"a.status = :a", "Attribute name is a reserved keyword; reserved keyword: status"},
    {"#s = :a", ""},
    {"size(a)", "The function is not allowed to be used this way in an expression; function: size"},
    {"size(a) = :n", ""},
    {"size(:n) = :n", "Incorrect operand type for operator or function; operator or function: size, operand type: N"},
    {"size(:a) = :n", ""},
    {"foo(a)", "Invalid function name; function: foo"},
    {"foo(a) = :a", "Invalid function name; function: foo"},
    {"attribute_exists(:a)", "Operator or function requires a document path; operator or function: attribute_exists"},
    {"attribute_exists(a, b)", "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2"},
    {"attribute_exists()", R"~(Syntax error; token: ")", near: "()")~"},
    {"attribute_exists(a) = :a", "The function is not allowed to be used this way in an expression; function: attribute_exists"},
    {"contains(a)", "Incorrect number of operands for operator or function; operator or function: contains, number of operands: 1"},
    {"contains(a, a)", "The first operand must be distinct from the remaining operands for this operator or function; operator: contains, first operand: [a]"},
    {"contains(:a, :a)", ""},
    {"contains(:n,:a)", ""},
    {"contains(a,:mp)", ""},
    {"begins_with(a, :n)", "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
    {"begins_with(:n, a)", "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
    {"begins_with(a, a)", "The first operand must be distinct from the remaining operands for this operator or function; operator: begins_with, first operand: [a]"},
    {"begins_with(a,size(a))", "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
    {"attribute_type(a, :bad)", "Invalid attribute type name found; type: Q, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"},
    {"attribute_type(a, :n)", "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: N"},
    {"attribute_type(a, b)", "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}"},
    {"attribute_type(:a, :t)", ""},
    {"a = a", "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [a]"},
    {"a <> a", "The first operand must be distinct from the remaining operands for this operator or function; operator: <>, first operand: [a]"},
    {"a < a", "The first operand must be distinct from the remaining operands for this operator or function; operator: <, first operand: [a]"},
    {"a.b[1] = a.b[1]", "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [a, b, [1]]"},
    {"a in (a)", "The first operand must be distinct from the remaining operands for this operator or function; operator: IN, first operand: [a]"},
    {"a in (:a, a)", "The first operand must be distinct from the remaining operands for this operator or function; operator: IN, first operand: [a]"},
    {"a IN (:a,)", R"~(Syntax error; token: ")", near: ",)")~"},
    {"a IN ()", R"~(Syntax error; token: ")", near: "()")~"},
    {"a BETWEEN a AND a", "The first operand must be distinct from the remaining operands for this operator or function; operator: BETWEEN, first operand: [a]"},
    {"a BETWEEN :n AND :m", "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:5}, upper bound operand: AttributeValue: {N:3}"},
    {"a BETWEEN :a AND :n", "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {S:x}, upper bound operand: AttributeValue: {N:5}"},
    {"a BETWEEN :l AND :l", "Incorrect operand type for operator or function; operator or function: BETWEEN, operand type: L"},
    {"a BETWEEN :b AND :b", "Incorrect operand type for operator or function; operator or function: BETWEEN, operand type: BOOL"},
    {"a between :m and :n", ""},
    {"a < :l", "Incorrect operand type for operator or function; operator or function: <, operand type: L"},
    {"a < :b", "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"},
    {"a < :ss", "Incorrect operand type for operator or function; operator or function: <, operand type: SS"},
    {"a < :nu", "Incorrect operand type for operator or function; operator or function: <, operand type: NULL"},
    {"a < :mp", "Incorrect operand type for operator or function; operator or function: <, operand type: M"},
    {"a > :bi", ""},
    {":a = :a", ""},
    {":n = :m", ""},
    {":a < :n", ""},
    {"((a = :a))", "The expression has redundant parentheses;"},
    {"(a = :a)", ""},
    {"((a)) = :a", "The expression has redundant parentheses;"},
    {"(a) = :a", ""},
    {"(a = (:a))", ""},
    {"((a = :a) AND b = :a)", ""},
    {"(((a = :a) AND b = :a))", "The expression has redundant parentheses;"},
    {"NOT NOT a = :a", ""},
    {"NOT (NOT (a = :a))", ""},
    {"not a = :a", ""},
    {"NOT a", R"(Syntax error; token: "<EOF>", near: "a")"},
    {"a = :a AND", R"(Syntax error; token: "<EOF>", near: "AND")"},
    {"a = :a OR OR b = :a", R"(Syntax error; token: "OR", near: "OR OR b")"},
    {"a = 5", R"(Syntax error; token: "5", near: "= 5")"},
    {"a = 'x'", R"(Syntax error; token: "'", near: "= 'x")"},
    {"a[0] = :a", ""},
    {"a[-1] = :a", R"(Syntax error; token: "-", near: "[-1")"},
    {"a[b] = :a", R"(Syntax error; token: "b", near: "[b]")"},
    {"a[:n] = :a", R"(Syntax error; token: ":n", near: "[:n]")"},
    {"a[99999999999] = :a", "List index is not within the allowable range; index: [99999999999]"},
    {"a[4294967296] = :a", "List index is not within the allowable range; index: [4294967296]"},
    {"a[2147483648]=:a", "List index is not within the allowable range; index: [2147483648]"},
    {"a[01] = :a", R"(Syntax error; token: "1", near: "01]")"},
    {"a. b = :a", ""},
    {"a .b = :a", ""},
    {"a [0] = :a", ""},
    {"a..b = :a", R"(Syntax error; token: ".", near: "..b")"},
    {"1a = :a", R"(Syntax error; token: "1", near: "1a")"},
    {"_a = :a", R"(Syntax error; token: "_", near: "_a")"},
    {"a-b = :a", R"(Syntax error; token: "-", near: "a-b")"},
    {"a = :a;", R"(Syntax error; token: ";", near: ":a;")"},
    {"a == :a", R"(Syntax error; token: "=", near: "== :a")"},
    {"a != :a", R"(Syntax error; token: "!", near: "a !=")"},
    {"# = :a", R"(Syntax error; token: "#", near: "# =")"},
    {": = a", R"(Syntax error; token: ":", near: ": =")"},
    {"a = :", R"(Syntax error; token: ":", near: "= :")"},
    {"@", R"(Syntax error; token: "@", near: "@")"},
    {"a = :a @", R"(Syntax error; token: "@", near: ":a @")"},
    {"é = :a", R"(Syntax error; token: "é", near: "é =")"},
    {R"("a" = :a)", R"(Syntax error; token: """, near: ""a")"},
    {"a = :a and size(b) > :n", ""},
    {"SIZE(a) > :n", "Invalid function name; function: SIZE"},
    {"Attribute_Exists(a)", "Invalid function name; function: Attribute_Exists"},
    {"size(size(a)) = :n", "Incorrect operand type for operator or function; operator or function: size, operand type: N"},
    {"size(attribute_exists(a)) = :n", "The function is not allowed to be used this way in an expression; function: attribute_exists"},
    {"attribute_exists(size(a))", "Operator or function requires a document path; operator or function: attribute_exists"},
    {"begins_with(attribute_exists(a), :a)", "The function is not allowed to be used this way in an expression; function: attribute_exists"},
    {"a = attribute_exists(b)", "The function is not allowed to be used this way in an expression; function: attribute_exists"},
    {"attribute_exists(a.b[0])", ""},
    {"AND", R"(Syntax error; token: "AND", near: "AND")"},
    {"and = :a", R"(Syntax error; token: "and", near: "and =")"},
    {"a AND b", R"(Syntax error; token: "AND", near: "a AND b")"},
    {"a = :a AND :a", R"(Syntax error; token: "<EOF>", near: ":a")"},
    {"a = (:a)", ""},
    {"a = ((:a))", "The expression has redundant parentheses;"},
    {"(a BETWEEN :m AND :n)", ""},
    {"NOT attribute_exists(a) AND b = :a", ""},
    {"list_append(a, :l) = :l", "The function is not allowed in a condition expression; function: list_append"},
    {"if_not_exists(a, :a) = :a", "The function is not allowed in a condition expression; function: if_not_exists"},
    {"a + :n = :n", R"(Syntax error; token: "+", near: "a + :n")"},
    {"attribute_exists (a)", ""},
    {"contains(a, #s)", ""},
    {"a = b = c", R"(Syntax error; token: "=", near: "b = c")"},
    {"status = :undef", "Attribute name is a reserved keyword; reserved keyword: status"},
    {"foo(status)", "Invalid function name; function: foo"},
    {"foo(:undef)", "Invalid function name; function: foo"},
    {"((status = :a))", "The expression has redundant parentheses;"},
    {"((foo(a)))", "The expression has redundant parentheses;"},
    {"a = a AND b = :undef", "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [a]"},
    {"a = b AND c BETWEEN :n AND :m AND d = d", "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:5}, upper bound operand: AttributeValue: {N:3}"},
    {"begins_with(a,:n) AND a = a", "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
    {"attribute_exists(status) AND foo(a)", "Attribute name is a reserved keyword; reserved keyword: status"},
    {"(foo(a)) AND ((a = :a))", "The expression has redundant parentheses;"},
    {"(a = :a) = :a", R"(Syntax error; token: "=", near: ") = :a")"},
    {"((a) = :a)", ""},
    {"(a", R"(Syntax error; token: "<EOF>", near: "a")"},
    {"(a)", R"~(Syntax error; token: "<EOF>", near: ")")~"},
    {"NOT (a)", R"~(Syntax error; token: "<EOF>", near: ")")~"},
    {"(a = :a", R"(Syntax error; token: "<EOF>", near: ":a")"},
    {"a = :a)", R"~(Syntax error; token: ")", near: ":a)")~"},
    {"(a,b) = :a", R"(Syntax error; token: ",", near: "a,b")"},
    {"a IN (:a", R"(Syntax error; token: "<EOF>", near: ":a")"},
    {"a IN :a", R"(Syntax error; token: ":a", near: "IN :a")"},
    {"a BETWEEN :a", R"(Syntax error; token: "<EOF>", near: ":a")"},
    {"a BETWEEN :a OR :a", R"(Syntax error; token: "OR", near: ":a OR :a")"},
    {"a NOT IN (:a)", R"(Syntax error; token: "NOT", near: "a NOT IN")"},
    {"(a) IN ((:a), (b))", ""},
    {"a = :a AND NOT", R"(Syntax error; token: "<EOF>", near: "NOT")"},
    {"foo", R"(Syntax error; token: "<EOF>", near: "foo")"},
    {"a.b(c)", R"(Syntax error; token: "(", near: "b(c")"},
    {"#a(c)", R"(Syntax error; token: "(", near: "#a(c")"},
    {"((a)) AND", R"(Syntax error; token: "AND", near: ") AND")"},
    {"a IN ((:a))", ""},
    {"a IN (((:a)))", "The expression has redundant parentheses;"},
    {"attribute_exists(a b)", R"~(Syntax error; token: "b", near: "a b)")~"},
    {"begins_with(a, :a", R"(Syntax error; token: "<EOF>", near: ":a")"},
    {"begins_with(a :a)", R"~(Syntax error; token: ":a", near: "a :a)")~"},
    {"begins_with(a, :a, :a)", "Incorrect number of operands for operator or function; operator or function: begins_with, number of operands: 3"},
    {"size(a) = size(a)", ""},
    {"contains(size(a),:a)", ""},
    {"(size(a)) > :n", ""},
    {"(attribute_exists(a))", ""},
    {"((attribute_exists(a)))", "The expression has redundant parentheses;"},
    {"size(a) AND b = :a", "The function is not allowed to be used this way in an expression; function: size"},
    {"NOT size(a)", "The function is not allowed to be used this way in an expression; function: size"},
    {"a BETWEEN b AND attribute_exists(b)", "The function is not allowed to be used this way in an expression; function: attribute_exists"},
    {"a IN (b, :u)", "An expression attribute value used in expression is not defined; attribute value: :u"},
    {"a = b AND :u = a AND status = :a", "Attribute name is a reserved keyword; reserved keyword: status"},
    {"attribute_exists(a[1].b[99999999999])", "List index is not within the allowable range; index: [99999999999]"},
    {"and(a)", R"(Syntax error; token: "and", near: "and(")"},
    {"select = :a", "Attribute name is a reserved keyword; reserved keyword: select"},
    {"set = :a", R"(Syntax error; token: "set", near: "set =")"},
    {"a.set = :a", R"(Syntax error; token: "set", near: ".set =")"},
    {"a.in = :a", R"(Syntax error; token: "in", near: ".in =")"},
    {"a BETWEEN size(b) AND :n", ""},
    {"begins_with(size(a), :a)", "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
    {"a\n=\r\t:a", ""},
    {"((a = :a)) AND", "The expression has redundant parentheses;"},
    {"size((a)) = :n", ""},
    {"attribute_exists((a))", ""},
    {"((a = :a", R"(Syntax error; token: "<EOF>", near: ":a")"},
    {"a = ((:a)", R"~(Syntax error; token: "<EOF>", near: ")")~"},
    {"attribute_type(a, a)", "The first operand must be distinct from the remaining operands for this operator or function; operator: attribute_type, first operand: [a]"},
    {"attribute_type(:n, a)", "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}"},
    {"attribute_type(size(a), :t)", ""},
    {"a BETWEEN :l AND :n", "Incorrect operand type for operator or function; operator or function: BETWEEN, operand type: L"},
    {"a BETWEEN :n AND :l", "Incorrect operand type for operator or function; operator or function: BETWEEN, operand type: L"},
    {"a BETWEEN a AND b", "The first operand must be distinct from the remaining operands for this operator or function; operator: BETWEEN, first operand: [a]"},
    {"a BETWEEN b AND a", "The first operand must be distinct from the remaining operands for this operator or function; operator: BETWEEN, first operand: [a]"},
    {"attribute_exists(:undef, a)", "An expression attribute value used in expression is not defined; attribute value: :undef"},
    {"a = :a  ", ""},
    {"a = :a b  ", R"(Syntax error; token: "b", near: ":a b  ")"},
    {"  a = b c", R"(Syntax error; token: "c", near: "b c")"},
    {"(a = b) OR (c = d) e", R"(Syntax error; token: "e", near: ") e")"},
    {"(attribute_exists(a)) = :a", "The function is not allowed to be used this way in an expression; function: attribute_exists"},
    {"(a) AND b = :a", R"(Syntax error; token: "AND", near: ") AND b")"},
    {"NOT", R"(Syntax error; token: "<EOF>", near: "NOT")"},
    {"()", R"~(Syntax error; token: ")", near: "()")~"},
    {"a = ()", R"~(Syntax error; token: ")", near: "()")~"},
    {"a IN (", R"(Syntax error; token: "<EOF>", near: "(")"},
    {"a IN (:a :b)", R"~(Syntax error; token: ":b", near: ":a :b)")~"},
    {"begins_with(a,)", R"~(Syntax error; token: ")", near: ",)")~"},
    {"a.", R"(Syntax error; token: "<EOF>", near: ".")"},
    {"a[", R"(Syntax error; token: "<EOF>", near: "[")"},
    {"a[1", R"(Syntax error; token: "<EOF>", near: "1")"},
    {"a[1]b", R"(Syntax error; token: "b", near: "]b")"},
    {"#a.#s = :a", ""},
    {"a.#s[2].b = :a", ""},
    {"a = :a AND (b = :a OR", R"(Syntax error; token: "<EOF>", near: "OR")"},
    {"size(a", R"(Syntax error; token: "<EOF>", near: "a")"},
    {"size(", R"(Syntax error; token: "<EOF>", near: "(")"},
    {"contains(a, begins_with(a, :a))", "The function is not allowed to be used this way in an expression; function: begins_with"},
    {"a <> :a <> :a", R"(Syntax error; token: "<>", near: ":a <> :a")"},
    {"a<>:a", ""},
    {"a<=:n", ""},
    {"a>=:n", ""},
    {"a>:n AND a<:n", ""},
    {"a =< :n", R"(Syntax error; token: "<", near: "=< :n")"},
};
INSTANTIATE_TEST_SUITE_P(Recorded, ConditionRefusals, testing::ValuesIn(kRefusals));

// ---- Bounds.

TEST(ConditionBounds, TextsOfFourKilobytesAreTheLargest) {
  EXPECT_EQ(refusal("a=:a" + std::string(4092, ' ')), "");
  EXPECT_EQ(refusal("a=:a" + std::string(4093, ' ')),
            "Invalid ConditionExpression: Expression size has exceeded the maximum allowed size; expression size: 4097");
}

TEST(ConditionBounds, InTakesAHundredOperands) {
  EXPECT_EQ(refusal("a IN (:a" + repeated(",:a", 99) + ")"), "");
  EXPECT_EQ(refusal("a IN (:a" + repeated(",:a", 100) + ")"),
            "Invalid ConditionExpression: The IN operator is provided with too many operands; number of operands: 101");
  EXPECT_EQ(refusal("a IN (a" + repeated(",:a", 100) + ")"),
            "Invalid ConditionExpression: The first operand must be distinct from the remaining operands for this operator "
            "or function; operator: IN, first operand: [a]");
}

TEST(ConditionBounds, ThreeHundredOperatorsAreTheMost) {
  constexpr std::string_view kTooMany =
      "Invalid ConditionExpression: The expression contains too many operators; operator count: 301";
  EXPECT_EQ(refusal("a=:a" + repeated(" AND a=:a", 149)), "");
  EXPECT_EQ(refusal("a=:a" + repeated(" AND a=:a", 150)), kTooMany);
  EXPECT_EQ(refusal("attribute_exists(a)" + repeated(" OR attribute_exists(a)", 150)), kTooMany);
  EXPECT_EQ(refusal(repeated("NOT ", 299) + "a=:a"), "");
  EXPECT_EQ(refusal(repeated("NOT ", 300) + "a=:a"), kTooMany);
}

TEST(ConditionBounds, WhatTheServiceAcceptsMayBeNestedAsDeepAsItsOperatorsAllow) {
  EXPECT_EQ(refusal(repeated("(a=:a AND ", 149) + "a=:a" + repeated(")", 149)), "");
  EXPECT_EQ(refusal(repeated("(", 149) + "a=:a" + repeated(" AND a=:a)", 149)), "");
  EXPECT_EQ(refusal(repeated("NOT (", 290) + "a=:a" + repeated(")", 290)), "");
}

// 4,000 levels must neither overflow the stack nor take long.
TEST(ConditionBounds, DepthBombsAreRefused) {
  const std::string prefix = "Invalid ConditionExpression: The expression ";
  EXPECT_EQ(refusal(repeated("(", 2000) + "a=:a" + repeated(")", 2000)), prefix + "has redundant parentheses;");
  EXPECT_EQ(refusal(repeated("(", 4000)), prefix + "has redundant parentheses;");
  EXPECT_EQ(refusal("a = " + repeated("(", 4000)), prefix + "has redundant parentheses;");
  EXPECT_EQ(refusal(repeated("NOT ", 1000) + "a=:a"), prefix + "contains too many operators; operator count: 301");
  EXPECT_EQ(refusal(repeated("NOT(", 1000)), prefix + "contains too many operators; operator count: 301");
  EXPECT_EQ(refusal(repeated("size(", 800) + "a" + repeated(")", 90) + "=:a"), prefix + "has redundant parentheses;");
}

TEST(ConditionBounds, PathsHaveThirtyTwoLevels) {
  EXPECT_EQ(refusal("a" + repeated(".b", 31) + "=:a"), "");
  EXPECT_EQ(refusal("a" + repeated("[0]", 33) + "=:a"),
            "Invalid ConditionExpression: The document path has too many nesting levels; nesting levels: 34");
}

TEST(ConditionBounds, BadUtf8IsASyntaxErrorOnly) {
  EXPECT_EQ(refusal("\xC3"), "Invalid ConditionExpression: Syntax error; token: \"\xC3\", near: \"\xC3\"");
}

TEST(Condition, NamesTheKindOfTheExpression) {
  EXPECT_EQ(refusal("status = :a", ExpressionKind::kFilter),
            "Invalid FilterExpression: Attribute name is a reserved keyword; reserved keyword: status");
  EXPECT_EQ(refusal("", ExpressionKind::kKeyCondition),
            "Invalid KeyConditionExpression: The expression can not be empty;");
}

TEST(Condition, TellsWhichAttributesItLooksAt) {
  static const Encoded values(kValues);
  Arena arena;
  Bindings bindings = bindings_for("#s", kNames, values);
  const auto condition = Condition::parse("a.b = :a AND (NOT size(c) IN (d, :n) OR attribute_exists(#s[1]))",
                                          ExpressionKind::kFilter, bindings, arena);
  std::vector<std::string_view> names;
  condition->append_attributes(names);
  EXPECT_EQ(names, (std::vector<std::string_view>{"a", "c", "d", "status"}));
}

}  // namespace
}  // namespace gatehouse::dynamo
