#include "gatehouse/dynamo/expr/update.hpp"

#include "unit/dynamo/expr/fixtures.hpp"

#include <gtest/gtest.h>

namespace gatehouse::dynamo {
namespace {

using test::bindings_for;
using test::Case;
using test::Encoded;
using test::Names;
using test::repeated;
using test::sorted_json;

const Names kNames = {{"#a", "a"}, {"#s", "status"}};
constexpr std::string_view kItem = R"({"pk": {"S": "u"},
    "sk": {"N": "1"},
    "n": {"N": "10"},
    "s": {"S": "str"},
    "l": {"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}]},
    "m": {"M": {"x": {"N": "1"},
    "l": {"L": [{"M": {"z": {"S": "zz"}}}]}}},
    "ss": {"SS": ["a", "b"]},
    "ns": {"NS": ["1", "3"]},
    "bo": {"BOOL": true}})";
constexpr std::string_view kValues = R"({":a": {"S": "x"},
    ":n": {"N": "5"},
    ":m": {"N": "3"},
    ":l": {"L": []},
    ":ss": {"SS": ["a"]},
    ":bo": {"BOOL": true},
    ":mp": {"M": {}},
    ":one": {"N": "1"},
    ":ns": {"NS": ["1", "2"]},
    ":bs": {"BS": ["AA=="]},
    ":l2": {"L": [{"S": "q"}]},
    ":ss2": {"SS": ["b", "c"]},
    ":ssa": {"SS": ["a"]},
    ":p": {"N": "0.1"},
    ":nil": {"NULL": true}})";

// The new item, or the fault.
std::string updated(std::string_view text, const Map& old, std::string_view values_json = kValues) {
  const Encoded values(values_json);
  Arena arena;
  Bindings bindings = bindings_for(text, kNames, values);
  const auto update = Update::parse(text, bindings, arena);
  if (!update) return update.error().message();
  std::string bytes;
  ValueWriter writer(bytes);
  const auto outcome = update->apply(old, true, writer, arena);
  if (!outcome) return outcome.error().message();
  EXPECT_TRUE(is_valid_item(bytes)) << text;
  return sorted_json(Map::item(bytes));
}

// "name":value of those attributes that are others than before, null for those that are gone.
std::string changes(const Map& old, const Map& now) {
  std::vector<std::pair<std::string, std::string>> changed;
  for (const Attribute& attribute : old) {
    if (!now.find(attribute.name)) changed.emplace_back(attribute.name, "null");
  }
  for (const Attribute& attribute : now) {
    const Value before = old.find(attribute.name);
    if (before && equal(before, attribute.value)) continue;
    changed.emplace_back(attribute.name, sorted_json(attribute.value));
  }
  std::sort(changed.begin(), changed.end());
  std::string text;
  for (const auto& [name, json] : changed) text += (text.empty() ? "\"" : ",\"") + name + "\":" + json;
  return '{' + text + '}';
}

// ---- Recorded from DynamoDB Local 2.6.

class UpdateRefusals : public testing::TestWithParam<Case> {};

TEST_P(UpdateRefusals, AreTheServicesOwn) {
  static const Encoded item(kItem);
  EXPECT_EQ(updated(GetParam().text, item.map()), GetParam().expected);
}

constexpr Case kRefusals[] = {
    {"", "Invalid UpdateExpression: The expression can not be empty;"},
    {"SET", R"(Invalid UpdateExpression: Syntax error; token: "<EOF>", near: "SET")"},
    {"SET a", R"(Invalid UpdateExpression: Syntax error; token: "<EOF>", near: "a")"},
    {"SET a =", R"(Invalid UpdateExpression: Syntax error; token: "<EOF>", near: "=")"},
    {"SET a = :a,", R"(Invalid UpdateExpression: Syntax error; token: "<EOF>", near: ",")"},
    {"SET a = :a SET b = :a", R"(Invalid UpdateExpression: The "SET" section can only be used once in an update expression;)"},
    {"REMOVE a REMOVE b", R"(Invalid UpdateExpression: The "REMOVE" section can only be used once in an update expression;)"},
    {"ADD n :n ADD n :n", R"(Invalid UpdateExpression: The "ADD" section can only be used once in an update expression;)"},
    {"SET a = :a REMOVE a", "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]"},
    {"SET a = :a, a = :a", "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]"},
    {"SET m.x = :a, m = :a", "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m, x], path two: [m]"},
    {"SET m[0] = :a, m.x = :a", "Invalid UpdateExpression: Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [m, [0]], path two: [m, x]"},
    {"SET a = b", "The provided expression refers to an attribute that does not exist in the item"},
    {"SET a = s + :n", "An operand in the update expression has an incorrect data type"},
    {"SET n = n + :a", "Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: +, operand type: S"},
    {"SET n = :n + :m + :n", R"(Invalid UpdateExpression: Syntax error; token: "+", near: ":m + :n")"},
    {"SET n = ((n - :p))", "Invalid UpdateExpression: The expression has redundant parentheses;"},
    {"SET n = n + (n + :n)", R"(Invalid UpdateExpression: Syntax error; token: "+", near: "n + :n")"},
    {"SET a = if_not_exists(:n,:n)", "Invalid UpdateExpression: Operator or function requires a document path; operator or function: if_not_exists"},
    {"SET a = if_not_exists(a)", "Invalid UpdateExpression: Incorrect number of operands for operator or function; operator or function: if_not_exists, number of operands: 1"},
    {"SET a = list_append(l, :n)", "Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: list_append, operand type: N"},
    {"SET a = list_append(l, s)", "An operand in the update expression has an incorrect data type"},
    {"SET a = list_append(nope, :l2)", "The provided expression refers to an attribute that does not exist in the item"},
    {"SET a = list_append(l, list_append(:l2,:l2))", "Invalid UpdateExpression: The function is not allowed to be used this way in an expression; function: list_append"},
    {"SET a = if_not_exists(nope, n + :n)", R"(Invalid UpdateExpression: Syntax error; token: "+", near: "n + :n")"},
    {"SET a = list_append(l, n + :n)", R"(Invalid UpdateExpression: Syntax error; token: "+", near: "n + :n")"},
    {"SET a = n + list_append(:l,:l)", "Invalid UpdateExpression: The function is not allowed to be used this way in an expression; function: list_append"},
    {"SET a = size(l)", "Invalid UpdateExpression: The function is not allowed in an update expression; function: size"},
    {"SET a = foo(l)", "Invalid UpdateExpression: Invalid function name; function: foo"},
    {"SET a = attribute_exists(l)", "Invalid UpdateExpression: The function is not allowed in an update expression; function: attribute_exists"},
    {"SET a = contains(l, :n)", "Invalid UpdateExpression: The function is not allowed in an update expression; function: contains"},
    {"REMOVE nope.x", "The document path provided in the update expression is invalid for update"},
    {"REMOVE nope[0]", "The document path provided in the update expression is invalid for update"},
    {"REMOVE s.x", "The document path provided in the update expression is invalid for update"},
    {"REMOVE s[0]", "The document path provided in the update expression is invalid for update"},
    {"REMOVE l.x", "The document path provided in the update expression is invalid for update"},
    {"REMOVE m[0]", "The document path provided in the update expression is invalid for update"},
    {"SET nope.x = :a", "The document path provided in the update expression is invalid for update"},
    {"SET s.x = :a", "The document path provided in the update expression is invalid for update"},
    {"SET l.x = :a", "The document path provided in the update expression is invalid for update"},
    {"SET m[0] = :a", "The document path provided in the update expression is invalid for update"},
    {"SET l[0].x = :a", "The document path provided in the update expression is invalid for update"},
    {"SET m.l[0].q.r = :a", "The document path provided in the update expression is invalid for update"},
    {"ADD n :a", "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND"},
    {"ADD s :n", "An operand in the update expression has an incorrect data type"},
    {"ADD ss :ns", "An operand in the update expression has an incorrect data type"},
    {"ADD n :ss", "An operand in the update expression has an incorrect data type"},
    {"ADD nope.y :n", "The document path provided in the update expression is invalid for update"},
    {"ADD l :l2", "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: LIST, typeSet: ALLOWED_FOR_ADD_OPERAND"},
    {"ADD l :mp", "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: MAP, typeSet: ALLOWED_FOR_ADD_OPERAND"},
    {"ADD n n", R"(Invalid UpdateExpression: Syntax error; token: "n", near: "n n")"},
    {"ADD n :n + :n", R"(Invalid UpdateExpression: Syntax error; token: "+", near: ":n + :n")"},
    {"ADD n", R"(Invalid UpdateExpression: Syntax error; token: "<EOF>", near: "n")"},
    {"DELETE ss :ns", "An operand in the update expression has an incorrect data type"},
    {"DELETE ss :a", "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: DELETE, operand type: STRING, typeSet: ALLOWED_FOR_DELETE_OPERAND"},
    {"DELETE ss :n", "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND"},
    {"DELETE s :ss", "An operand in the update expression has an incorrect data type"},
    {"DELETE m.x :ss", "An operand in the update expression has an incorrect data type"},
    {"DELETE nope.x :ss", "The document path provided in the update expression is invalid for update"},
    {"DELETE ss :l", "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: DELETE, operand type: LIST, typeSet: ALLOWED_FOR_DELETE_OPERAND"},
    {"SET status = :a", "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: status"},
    {"SET a = :undef", "Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :undef"},
    {"SET #undef = :a", "Invalid UpdateExpression: An expression attribute name used in the document path is not defined; attribute name: #undef"},
    {"SET a = status", "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: status"},
    {"SET a = :a,, b = :a", R"(Invalid UpdateExpression: Syntax error; token: ",", near: ",, b")"},
    {"SET a = :a b = :a", R"(Invalid UpdateExpression: Syntax error; token: "b", near: ":a b =")"},
    {"REMOVE a b", R"(Invalid UpdateExpression: Syntax error; token: "b", near: "a b")"},
    {"REMOVE a,", R"(Invalid UpdateExpression: Syntax error; token: "<EOF>", near: ",")"},
    {"FOO a", R"(Invalid UpdateExpression: Syntax error; token: "FOO", near: "FOO a")"},
    {"SET a = :a FOO", R"(Invalid UpdateExpression: Syntax error; token: "FOO", near: ":a FOO")"},
    {"SET a == :a", R"(Invalid UpdateExpression: Syntax error; token: "=", near: "== :a")"},
    {"SET a = n * :n", R"(Invalid UpdateExpression: Syntax error; token: "*", near: "n * :n")"},
    {"SET a = n + ", R"(Invalid UpdateExpression: Syntax error; token: "<EOF>", near: "+ ")"},
    {"SET a = -n", R"(Invalid UpdateExpression: Syntax error; token: "-", near: "= -n")"},
    {"SET a.b[0] = :a, a.b[0] = :a", "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, b, [0]], path two: [a, b, [0]]"},
    {"REMOVE l[1], l[1]", "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [l, [1]], path two: [l, [1]]"},
    {"SET a = :nil + :n", "Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: +, operand type: NULL"},
    {"SET a = n + :ss", "Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: +, operand type: SS"},
    {"ADD n :nil", "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: NULL, typeSet: ALLOWED_FOR_ADD_OPERAND"},
    {"ADD n :bo", "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: BOOLEAN, typeSet: ALLOWED_FOR_ADD_OPERAND"},
    {"ADD ss :bs", "An operand in the update expression has an incorrect data type"},
    {"SET a = l + :n", "An operand in the update expression has an incorrect data type"},
    {"SET a = l[9]", "The provided expression refers to an attribute that does not exist in the item"},
    {"SET a = foo(status), a= :undef", "Invalid UpdateExpression: Invalid function name; function: foo"},
    {"SET a = :a REMOVE a SET c = :undef", R"(Invalid UpdateExpression: The "SET" section can only be used once in an update expression;)"},
    {"ADD status :a", "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: status"},
    {"SET a = :undef, a = :a", "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]"},
    {"SET a = :n + :a, b= :undef", "Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :undef"},
    {"DELETE ss :a SET c = :a, c = :a", "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [c], path two: [c]"},
    {"SET a = list_append(:n,:l), #undef = :a", "Invalid UpdateExpression: An expression attribute name used in the document path is not defined; attribute name: #undef"},
    {"SET m.x = :a REMOVE m.x.y", "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m, x], path two: [m, x, y]"},
    {"SET m = :a REMOVE m.x[0]", "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m], path two: [m, x, [0]]"},
    {"SET a = :a, m.x = :a, m[1] = :a", "Invalid UpdateExpression: Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [m, x], path two: [m, [1]]"},
    {"SET a = ((n))", "Invalid UpdateExpression: The expression has redundant parentheses;"},
    {"SET a = (n) + ((:n))", "Invalid UpdateExpression: The expression has redundant parentheses;"},
    {"SET a = ((n)", R"~(Invalid UpdateExpression: Syntax error; token: "<EOF>", near: ")")~"},
    {"SET a = (n + :n", R"(Invalid UpdateExpression: Syntax error; token: "<EOF>", near: ":n")"},
    {"SET a = (n + :n) + :n", R"(Invalid UpdateExpression: Syntax error; token: "+", near: ") + :n")"},
    {"SET a = if_not_exists(nope, list_append(:l, :l))", "Invalid UpdateExpression: The function is not allowed to be used this way in an expression; function: list_append"},
    {"SET a = list_append(l)", "Invalid UpdateExpression: Incorrect number of operands for operator or function; operator or function: list_append, number of operands: 1"},
    {"SET a = list_append(l, :l2, :l2)", "Invalid UpdateExpression: Incorrect number of operands for operator or function; operator or function: list_append, number of operands: 3"},
    {"SET a = if_not_exists(n, size(n))", "Invalid UpdateExpression: The function is not allowed in an update expression; function: size"},
    {"SET a = if_not_exists()", R"~(Invalid UpdateExpression: Syntax error; token: ")", near: "()")~"},
    {"SET a[0] = :a", "The document path provided in the update expression is invalid for update"},
    {"DELETE m.x :ss, ss :ss", "An operand in the update expression has an incorrect data type"},
    {"SET a = #undef", "Invalid UpdateExpression: An expression attribute name used in the document path is not defined; attribute name: #undef"},
    {"ADD a :undef", "Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :undef"},
    {"SET a[99999999999] = :a", "Invalid UpdateExpression: List index is not within the allowable range; index: [99999999999]"},
    {"SET a = :a DELETE", R"(Invalid UpdateExpression: Syntax error; token: "<EOF>", near: "DELETE")"},
    {"SET a : :a", R"(Invalid UpdateExpression: Syntax error; token: ":", near: "a : :a")"},
    {"SET (a) = :a", R"(Invalid UpdateExpression: Syntax error; token: "(", near: "SET (a")"},
    {"ADD (a) :n", R"(Invalid UpdateExpression: Syntax error; token: "(", near: "ADD (a")"},
    {"ADD a (:n)", R"(Invalid UpdateExpression: Syntax error; token: "(", near: "a (:n")"},
    {"SET a = :a ADD", R"(Invalid UpdateExpression: Syntax error; token: "<EOF>", near: "ADD")"},
    {"SET a = ((list_append(l, :l2)))", "Invalid UpdateExpression: The expression has redundant parentheses;"},
    {"SET a = list_append((l), ((:l2)))", "Invalid UpdateExpression: The expression has redundant parentheses;"},
};
INSTANTIATE_TEST_SUITE_P(Recorded, UpdateRefusals, testing::ValuesIn(kRefusals));

class UpdateChanges : public testing::TestWithParam<Case> {};

TEST_P(UpdateChanges, AreThoseOfTheService) {
  static const Encoded item(kItem);
  const Encoded now(updated(GetParam().text, item.map()));
  EXPECT_EQ(changes(item.map(), now.map()), GetParam().expected);
}

constexpr Case kChanges[] = {
    {"SET m.x = :a REMOVE m.l", R"({"m":{"M":{"x":{"S":"x"}}}})"},
    {"SET a = n", R"({"a":{"N":"10"}})"},
    {"SET a = n + :n", R"({"a":{"N":"15"}})"},
    {"SET n = n - :p", R"({"n":{"N":"9.9"}})"},
    {"SET n = (n - :p)", R"({"n":{"N":"9.9"}})"},
    {"SET n = (n) - (:p)", R"({"n":{"N":"9.9"}})"},
    {"SET n = if_not_exists(n,:n) + :one", R"({"n":{"N":"11"}})"},
    {"SET a = if_not_exists(b,:n)", R"({"a":{"N":"5"}})"},
    {"SET a = if_not_exists(s,:n)", R"({"a":{"S":"str"}})"},
    {"SET a = list_append(l, :l2)", R"({"a":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"S":"q"}]}})"},
    {"SET a = list_append(:l2, l)", R"({"a":{"L":[{"S":"q"},{"N":"0"},{"N":"1"},{"N":"2"}]}})"},
    {"SET a = list_append(if_not_exists(nope, :l), :l2)", R"({"a":{"L":[{"S":"q"}]}})"},
    {"SET l[1] = :a", R"({"l":{"L":[{"N":"0"},{"S":"x"},{"N":"2"}]}})"},
    {"SET l[10] = :a", R"({"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"S":"x"}]}})"},
    {"SET l[10] = :a, l[5] = :n", R"({"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"N":"5"},{"S":"x"}]}})"},
    {"SET l[5] = :n, l[10] = :a", R"({"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"N":"5"},{"S":"x"}]}})"},
    {"SET l[3] = :a", R"({"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"S":"x"}]}})"},
    {"SET l[0] = :a REMOVE l[1]", R"({"l":{"L":[{"S":"x"},{"N":"2"}]}})"},
    {"REMOVE l[0], l[2]", R"({"l":{"L":[{"N":"1"}]}})"},
    {"REMOVE l[0] SET l[1] = :a", R"({"l":{"L":[{"S":"x"},{"N":"2"}]}})"},
    {"REMOVE l[2] SET l[3] = :a", R"({"l":{"L":[{"N":"0"},{"N":"1"},{"S":"x"}]}})"},
    {"REMOVE l[7]", "{}"},
    {"REMOVE m.nope", "{}"},
    {"REMOVE nope", "{}"},
    {"SET m.l[0].z = :a", R"({"m":{"M":{"l":{"L":[{"M":{"z":{"S":"x"}}}]},"x":{"N":"1"}}}})"},
    {"SET m.l[4] = :a", R"({"m":{"M":{"l":{"L":[{"M":{"z":{"S":"zz"}}},{"S":"x"}]},"x":{"N":"1"}}}})"},
    {"ADD n :n", R"({"n":{"N":"15"}})"},
    {"ADD nope :n", R"({"nope":{"N":"5"}})"},
    {"ADD nope :ss", R"({"nope":{"SS":["a"]}})"},
    {"ADD ss :ss2", R"({"ss":{"SS":["a","b","c"]}})"},
    {"ADD ns :ns", R"({"ns":{"NS":["1","2","3"]}})"},
    {"ADD m.x :n", R"({"m":{"M":{"l":{"L":[{"M":{"z":{"S":"zz"}}}]},"x":{"N":"6"}}}})"},
    {"ADD m.y :n", R"({"m":{"M":{"l":{"L":[{"M":{"z":{"S":"zz"}}}]},"x":{"N":"1"},"y":{"N":"5"}}}})"},
    {"ADD l[0] :n", R"({"l":{"L":[{"N":"5"},{"N":"1"},{"N":"2"}]}})"},
    {"ADD l[9] :n", R"({"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"N":"5"}]}})"},
    {"DELETE ss :ss2", R"({"ss":{"SS":["a"]}})"},
    {"DELETE ss :ssa", R"({"ss":{"SS":["b"]}})"},
    {"DELETE nope :ss", "{}"},
    {"DELETE m.nope :ss", "{}"},
    {"DELETE ns :ns", R"({"ns":{"NS":["3"]}})"},
    {"set a = :a remove s add n :n delete ss :ssa", R"({"a":{"S":"x"},"n":{"N":"15"},"s":null,"ss":{"SS":["b"]}})"},
    {"SET #s = :a", R"({"status":{"S":"x"}})"},
    {"SET l[0] = l[1], l[1] = l[0]", R"({"l":{"L":[{"N":"1"},{"N":"0"},{"N":"2"}]}})"},
    {"SET a = n, n = :one", R"({"a":{"N":"10"},"n":{"N":"1"}})"},
    {"SET a = :nil", R"({"a":{"NULL":true}})"},
    {"SET a = list_append(:l2, :l2), b = m.l[0].z", R"({"a":{"L":[{"S":"q"},{"S":"q"}]},"b":{"S":"zz"}})"},
    {"SET a = m.l[0]", R"({"a":{"M":{"z":{"S":"zz"}}}})"},
    {"SET n = n+:n", R"({"n":{"N":"15"}})"},
    {"SET n = n-:n", R"({"n":{"N":"5"}})"},
    {"SET n=n", "{}"},
    {"SET a = if_not_exists(l[9], :a)", R"({"a":{"S":"x"}})"},
    {"SET a= if_not_exists(a, if_not_exists(b, :a))", R"({"a":{"S":"x"}})"},
    {"SET a = ((n) + :n)", R"({"a":{"N":"15"}})"},
    {"SET a = (if_not_exists(n, :n)) + :n", R"({"a":{"N":"15"}})"},
    {"SET a = m.l[0].z", R"({"a":{"S":"zz"}})"},
    {"REMOVE m.l[0].z", R"({"m":{"M":{"l":{"L":[{"M":{}}]},"x":{"N":"1"}}}})"},
    {"REMOVE m.l[0]", R"({"m":{"M":{"l":{"L":[]},"x":{"N":"1"}}}})"},
    {"SET m.l[0].y = m.x + :n", R"({"m":{"M":{"l":{"L":[{"M":{"y":{"N":"6"},"z":{"S":"zz"}}}]},"x":{"N":"1"}}}})"},
    {"SET m.l = list_append(m.l, l)", R"({"m":{"M":{"l":{"L":[{"M":{"z":{"S":"zz"}}},{"N":"0"},{"N":"1"},{"N":"2"}]},"x":{"N":"1"}}}})"},
    {"ADD m.l[0].n :n", R"({"m":{"M":{"l":{"L":[{"M":{"n":{"N":"5"},"z":{"S":"zz"}}}]},"x":{"N":"1"}}}})"},
    {"SET a = n - n", R"({"a":{"N":"0"}})"},
    {"SET a = :one - :n", R"({"a":{"N":"-4"}})"},
    {"REMOVE l[0], l[1], l[2]", R"({"l":{"L":[]}})"},
    {"SET l[1] = l[0], l[2] = l[1], l[3] = l[2]", R"({"l":{"L":[{"N":"0"},{"N":"0"},{"N":"1"},{"N":"2"}]}})"},
    {"SET a = :a REMOVE b ADD c :n DELETE d :ss", R"({"a":{"S":"x"},"c":{"N":"5"}})"},
    {"SET a = if_not_exists(#s, :a)", R"({"a":{"S":"x"}})"},
    {"SET a = list_append(l, (:l2))", R"({"a":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"S":"q"}]}})"},
    {"SET a = (list_append(l, :l2))", R"({"a":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"S":"q"}]}})"},
};
INSTANTIATE_TEST_SUITE_P(Recorded, UpdateChanges, testing::ValuesIn(kChanges));

// ---- Numbers.

std::string sum(std::string_view a, std::string_view op, std::string_view b) {
  const std::string values = R"({":a":{"N":")" + std::string(a) + R"("},":b":{"N":")" + std::string(b) + R"("}})";
  return updated("SET n = :a " + std::string(op) + " :b", Map(), values);
}

TEST(UpdateNumbers, AreExactToThirtyEightDigits) {
  EXPECT_EQ(sum("0.1", "+", "0.2"), R"({"n":{"N":"0.3"}})");
  EXPECT_EQ(sum("99999999999999999999999999999999999998", "+", "1"),
            R"({"n":{"N":"99999999999999999999999999999999999999"}})");
  EXPECT_EQ(sum("1", "-", "1"), R"({"n":{"N":"0"}})");
}

TEST(UpdateNumbers, WhatCannotBeKeptIsAFault) {
  EXPECT_EQ(sum("9E125", "+", "9E125"),
            "Number overflow. Attempting to store a number with magnitude larger than supported range");
  EXPECT_EQ(sum("1E38", "+", "0.1"), "Attempting to store more than 38 significant digits in a Number");
}

// ---- No item.

std::string created(std::string_view text) {
  static const Encoded key(R"({"pk":{"S":"k"}})");
  return updated(text, key.map());
}

TEST(UpdateOfNothing, BeginsWithTheKey) {
  EXPECT_EQ(created("SET a = :a"), R"({"a":{"S":"x"},"pk":{"S":"k"}})");
  EXPECT_EQ(created("ADD n :n, s :ss"), R"({"n":{"N":"5"},"pk":{"S":"k"},"s":{"SS":["a"]}})");
  EXPECT_EQ(created("REMOVE a DELETE s :ss"), R"({"pk":{"S":"k"}})");
  EXPECT_EQ(created("SET a = n + :n"), "The provided expression refers to an attribute that does not exist in the item");
  EXPECT_EQ(created("SET a.b = :a"), "The document path provided in the update expression is invalid for update");
}

TEST(Update, NoneChangesNothing) {
  static const Encoded item(kItem);
  Arena arena;
  std::string bytes;
  ValueWriter writer(bytes);
  ASSERT_TRUE(Update().apply(item.map(), true, writer, arena));
  EXPECT_TRUE(equal(Map::item(bytes), item.map()));
  EXPECT_TRUE(Update().paths().empty());
}

TEST(Update, TellsItsPaths) {
  const Encoded values(kValues);
  Arena arena;
  Bindings bindings = bindings_for("#s", kNames, values);
  const auto update = Update::parse("SET a.b[1] = :a REMOVE #s", bindings, arena);
  ASSERT_TRUE(update);
  ASSERT_EQ(update->paths().size(), 2u);
  EXPECT_EQ(update->paths()[0].size(), 3u);
  std::vector<std::string_view> names;
  update->append_attributes(names);
  EXPECT_EQ(names, (std::vector<std::string_view>{"a", "status"}));
}

// ---- Bounds.

TEST(UpdateBounds, ThreeHundredOperatorsAreTheMost) {
  std::string text = "SET a0 = if_not_exists(a0, :n)";
  for (int i = 1; i < 300; ++i) text += ",a" + std::to_string(i) + "=n-:n";
  Arena arena;
  const Encoded values(kValues);
  Bindings bindings = bindings_for("", kNames, values);
  EXPECT_TRUE(Update::parse(text, bindings, arena));
  EXPECT_EQ(Update::parse(text + ",b=n-:n", bindings, arena).error().message(),
            "Invalid UpdateExpression: The expression contains too many operators; operator count: 301");
}

TEST(UpdateBounds, AssignmentsAloneAreNotOperators) {
  std::string text = "SET a0=:a";
  std::string removal = "REMOVE a0";
  for (int i = 1; i < 400; ++i) text += ",a" + std::to_string(i) + "=:a";
  for (int i = 1; i < 700; ++i) removal += ",a" + std::to_string(i);
  Arena arena;
  const Encoded values(kValues);
  Bindings bindings = bindings_for("", kNames, values);
  EXPECT_TRUE(Update::parse(text, bindings, arena));
  EXPECT_TRUE(Update::parse(removal, bindings, arena));
}

TEST(UpdateBounds, DepthBombsAreRefused) {
  const std::string redundant = "Invalid UpdateExpression: The expression has redundant parentheses;";
  EXPECT_EQ(created("SET a = " + repeated("(", 4000)), redundant);
  EXPECT_EQ(created("SET a = " + repeated("(", 1000) + ":a" + repeated(")", 1000)), redundant);
  EXPECT_EQ(created("SET a = n + " + repeated("(", 4000)), redundant);
  EXPECT_EQ(created("SET " + repeated("a.", 40) + "a = :a"),
            "Invalid UpdateExpression: The document path has too many nesting levels; nesting levels: 41");
}

TEST(UpdateBounds, ValuesMayNotEndUpDeeperThanThirtyTwoLevels) {
  static const Encoded item(R"({"m":{"M":{}},"l":{"L":[]}})");
  const auto nested = [](std::size_t levels) {
    return "{\":v\":" + repeated("{\"L\":[", levels) + "{\"S\":\"x\"}" + repeated("]}", levels) + "}";
  };
  const std::string refused = "Nesting Levels have exceeded supported limits";
  EXPECT_TRUE(updated("SET m.x = :v", item.map(), nested(30)).starts_with('{'));
  EXPECT_EQ(updated("SET m.x = :v", item.map(), nested(31)), refused);
  EXPECT_TRUE(updated("SET m.x = list_append(l, :v)", item.map(), nested(30)).starts_with('{'));
  EXPECT_EQ(updated("SET m.x = list_append(l, :v)", item.map(), nested(31)), refused);
}

// As many paths as a text holds, in the order that is worst for a list.
TEST(UpdateBounds, ManyPathsAreFoundToOverlapOrNot) {
  std::string text = "REMOVE ";
  for (int i = 560; i > 0; --i) text += "l[" + std::to_string(i) + "],";
  EXPECT_EQ(created(text + "x"), "The document path provided in the update expression is invalid for update");
  EXPECT_EQ(created(text + "l[560]"),
            "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these "
            "paths; path one: [l, [560]], path two: [l, [560]]");
}

}  // namespace
}  // namespace gatehouse::dynamo
