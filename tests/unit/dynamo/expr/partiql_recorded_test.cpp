#include "gatehouse/dynamo/expr/partiql.hpp"

#include "unit/dynamo/expr/fixtures.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace gatehouse::dynamo {
namespace {

using test::Encoded;
using test::sorted_json;

constexpr std::string_view kItem = R"({"pk": {"S": "p"}, "sk": {"N": "1"}, "n": {"N": "2"}, "s": {"S": "stra"}, "ss": {"SS": ["a", "b"]},
    "l": {"L": [{"S": "a"}, {"N": "1"}]}, "b": {"B": "AAE="}, "t": {"BOOL": true}, "nul": {"NULL": true},
    "m": {"M": {"x": {"S": "X"}}}, "status": {"S": "ok"}})";

const Encoded& item() {
  static const Encoded encoded(kItem);
  return encoded;
}

struct Case {
  std::string_view text;
  std::string_view expected;
  friend std::ostream& operator<<(std::ostream& to, const Case& one) { return to << one.text; }
};

std::string refusal(std::string_view text) {
  Arena arena;
  const auto statement = parse_statement(text, {}, arena);
  return statement ? std::string("accepted") : statement.error().message();
}

// ---- Recorded from DynamoDB Local 2.6.

class WhereClauses : public testing::TestWithParam<Case> {};

TEST_P(WhereClauses, HoldAsTheyDoForTheService) {
  Arena arena;
  const std::string text = "SELECT * FROM tab WHERE pk='p' AND " + std::string(GetParam().text);
  const auto statement = parse_statement(text, {}, arena);
  ASSERT_TRUE(statement) << statement.error().message();
  EXPECT_EQ(statement->where.matches(item().map()), GetParam().expected == "true");
}

constexpr Case kWhere[] = {
    {"n = 2", "true"},
    {"n <> 2", "false"},
    {"n != 2", "false"},
    {"n < 3", "true"},
    {"n <= 2", "true"},
    {"n > 1", "true"},
    {"n >= 2.0", "true"},
    {"n = 2e0", "true"},
    {"n = -2", "false"},
    {"n BETWEEN 1 AND 3", "true"},
    {"n NOT BETWEEN 1 AND 3", "false"},
    {"n IN (1,2)", "true"},
    {"n IN [1,2]", "true"},
    {"n NOT IN (1,2)", "false"},
    {"s = 'stra'", "true"},
    {"s = 'it''s'", "false"},
    {"begins_with(s,'st')", "true"},
    {"BEGINS_WITH(s,'st')", "true"},
    {R"(begins_with("s",'st'))", "true"},
    {"contains(s,'tr')", "true"},
    {"contains(ss,'a')", "true"},
    {"size(s) = 4", "true"},
    {"size(s) > 3", "true"},
    {"attribute_type(s,'S')", "true"},
    {"attribute_exists(s)", "true"},
    {"attribute_not_exists(s)", "false"},
    {"s IS MISSING", "false"},
    {"s IS NOT MISSING", "true"},
    {"zz IS MISSING", "true"},
    {"nul IS NULL", "true"},
    {"nul IS NOT NULL", "false"},
    {"zz IS NULL", "false"},
    {"s IS NULL", "false"},
    {"zz IS NOT NULL", "true"},
    {"t = true", "true"},
    {"t = TRUE", "true"},
    {"nul = NULL", "true"},
    {"nul = null", "true"},
    {"m = {'x':'X'}", "true"},
    {"m.x = 'X'", "true"},
    {"m['x'] = 'X'", "true"},
    {"l[0] = 'a'", "true"},
    {"l = ['a',1]", "true"},
    {"ss = <<'a','b'>>", "true"},
    {"ss = <<'b','a'>>", "true"},
    {"NOT n = 3", "true"},
    {"NOT (n = 3)", "true"},
    {"(n = 3 OR s = 'stra')", "true"},
    {"n = 3 OR n = 2", "true"},
    {"n = 2 AND s = 'stra' OR n = 3", "true"},
    {"((n = 2))", "true"},
    {"'S' = s", "false"},
    {"2 = n", "true"},
    {"2 < n", "false"},
    {"status = 'ok'", "true"},
    {R"("status" = 'ok')", "true"},
    {"b = 'AAE='", "false"},
    {"'st' = s AND 1 < n", "false"},
    {"begins_with(n, 'x')", "false"},
    {"size(n) = 1", "false"},
    {"n < 'x'", "false"},
    {"n = []", "false"},
    {"n = {}", "false"},
    {"s = ''", "false"},
    {"n = 1.", "false"},
    {"n = .5", "false"},
    {"s = 'x' AND pk = 'p'", "false"},
    {"contains(m,'x')", "false"},
    {"s = 'a\nb'", "false"},
    {R"(a."b".c = 1)", "false"},
    {R"("a.b" = 1)", "false"},
    {"n = 2 -- comment", "true"},
    {"n /* c */ = 2", "true"},
};
INSTANTIATE_TEST_SUITE_P(Recorded, WhereClauses, testing::ValuesIn(kWhere));

// Where the service's message repeats the statement or names a place, the part before that counts.
class StatementRefusals : public testing::TestWithParam<Case> {};

TEST_P(StatementRefusals, AreTheServicesOwn) {
  EXPECT_TRUE(refusal(GetParam().text).starts_with(GetParam().expected)) << refusal(GetParam().text);
}

constexpr Case kRefusals[] = {
    {"", "Statement wasn't well formed, can't be processed: "},
    {"SELECT", "Statement wasn't well formed, can't be processed: "},
    {"SELECT n AS q FROM tab WHERE pk='p'", "Aliasing is not supported"},
    {"SELECT t.n FROM tab t WHERE pk='p'", "Aliasing is not supported"},
    {"SELECT t.n FROM tab AS t WHERE t.pk='p'", "Aliasing is not supported"},
    {"SELECT VALUE n FROM tab WHERE pk='p'", "Select projection doesn't support value or pivot keywords"},
    {"SELECT DISTINCT n FROM tab WHERE pk='p'", "Unsupported token in expression: DISTINCT"},
    {"SELECT * FROM tab ORDER BY sk", "Must have WHERE clause in the statement when using ORDER BY clause."},
    {"SELECT * FROM tab WHERE pk='p' GROUP BY sk", "Unsupported clause: GROUP BY"},
    {"SELECT * FROM tab, tab", "Only select from a single table or index is supported."},
    {"SELECT n,n FROM tab WHERE pk='p'", "Duplicate identifiers in select clause: n"},
    {"SELECT * FROM tab WHERE pk='p' AND", "Statement wasn't well formed, can't be processed: "},
    {"SELECT * FROM tab WHERE", "Statement wasn't well formed, can't be processed: "},
    {"SELECT * tab", "Statement wasn't well formed, can't be processed: "},
    {"SELECT * FROM", "Statement wasn't well formed, can't be processed: "},
    {"SELECT n FROM tab WHERE pk='p' AND n IN 2",
     "IN operator must have a left hand argument of type Variable Reference and right hand argument of type Seq with at least one member"},
    {"SELECT n FROM tab WHERE pk='p' AND s LIKE 'st%'",
     "Unsupported operator in Condition Expression. Operator: like"},
    {"SELECT n FROM tab WHERE pk='p' AND zz = MISSING", "MISSING must be compared using IS operator"},
    {"SELECT n FROM tab WHERE pk='p' AND n = n",
     "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [n]"},
    {"SELECT n FROM tab WHERE pk='p' AND n = 1 + 1",
     "Unsupported operator in Condition Expression. Operator: +"},
    {"SELECT n FROM tab WHERE pk='p' AND n + 1 = 3",
     "Unsupported operator in Condition Expression. Operator: +"},
    {"SELECT n FROM tab WHERE pk='p' AND s || 'x' = 'strax'",
     "Unsupported operator in Condition Expression. Operator: ||"},
    {"SELECT n FROM tab WHERE pk='p' AND foo(s)", "Unrecognized function: foo"},
    {"SELECT n FROM tab WHERE pk='p' AND foo(s) = 1", "Unrecognized function: foo"},
    {"SELECT n FROM tab WHERE pk='p' AND n = ?", "Number of parameters in request and statement don't match."},
    {"SELECT n FROM tab WHERE pk='p' AND n = 2 AND n", "The arguments to AND/OR must be Expressions"},
    {"SELECT n FROM tab WHERE pk='p' AND n", "The arguments to AND/OR must be Expressions"},
    {"SELECT n FROM tab WHERE pk='p' AND true", "The arguments to AND/OR must be Expressions"},
    {"SELECT n FROM tab WHERE pk='p' AND n BETWEEN 3 AND 1",
     "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:3}, upper bound operand: AttributeValue: {N:1}"},
    {"SELECT n FROM tab WHERE pk='p' AND begins_with(s, 1)",
     "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
    {"SELECT n FROM tab WHERE pk='p' AND n < true",
     "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"},
    {"SELECT n FROM tab WHERE pk='p' AND n < [1]",
     "Incorrect operand type for operator or function; operator or function: <, operand type: L"},
    {"SELECT n FROM tab WHERE pk='p' AND n < NULL",
     "Incorrect operand type for operator or function; operator or function: <, operand type: NULL"},
    {"SELECT n FROM tab WHERE pk='p' AND n = <<>>", "Empty bags are not supported"},
    {"SELECT n FROM tab WHERE pk='p' AND n = 1e400",
     "Number overflow. Attempting to store a number with magnitude larger than supported range"},
    {"SELECT n FROM tab WHERE pk='p' AND n = 123456789012345678901234567890123456789",
     "Attempting to store more than 38 significant digits in a Number"},
    {"SELECT n FROM tab WHERE pk='p' AND attribute_type(s,'Q')",
     "Invalid attribute type name found; type: Q, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"},
    {"SELECT n FROM tab WHERE pk='p' AND n IN ()", "Statement wasn't well formed, can't be processed: "},
    {"SELECT n FROM tab WHERE pk='p' AND n =", "Statement wasn't well formed, can't be processed: "},
    {"SELECT n FROM tab WHERE pk='p' AND n = 'x", "Statement wasn't well formed, can't be processed: "},
    {"SELECT n FROM tab WHERE pk='p' AND n @ 2", "Statement wasn't well formed, can't be processed: "},
    {"SELECT n FROM tab WHERE pk='p' AND list_append(l,[1]) = [1]",
     "The function is not allowed in a condition expression; function: list_append"},
    {"UPDATE tab SET a=1 REMOVE n, s WHERE pk='p' AND sk=1",
     "Statement wasn't well formed, can't be processed: "},
    {"UPDATE tab SET n = n - 1 RETURNING WHERE pk='p' AND sk=1",
     "Statement wasn't well formed, can't be processed: "},
    {"UPDATE tab SET l = list_append(l, 'x') WHERE pk='p' AND sk=1",
     "Incorrect operand type for operator or function; operator or function: list_append, operand type: S"},
    {"UPDATE tab SET zz = set_add(ss, <<'c'>>) WHERE pk='p' AND sk=1",
     "The first argument to SET_ADD must equal the assignment value"},
    {"UPDATE tab SET ss = set_add(ss, 'c') WHERE pk='p' AND sk=1",
     "The second argument to SET_ADD must be a value with type SET"},
    {"UPDATE tab SET a = <<1,'x'>> WHERE pk='p' AND sk=1",
     "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"},
    {"UPDATE tab SET a = <<1,1>> WHERE pk='p' AND sk=1", "Input collection contains duplicates"},
    {"UPDATE tab SET a = <<true>> WHERE pk='p' AND sk=1",
     "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"},
    {"UPDATE tab SET a = <<>> WHERE pk='p' AND sk=1", "Empty bags are not supported"},
    {"UPDATE tab SET a = 1 WHERE pk='p' AND sk=1 RETURNING ALL NEW",
     "Statement wasn't well formed, can't be processed: "},
    {"UPDATE tab SET a = 1 WHERE pk='p' AND sk=1 RETURNING ALL NEW n",
     "Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause"},
    {"UPDATE tab SET a = 1 WHERE pk='p' AND sk=1 RETURNING NONE *",
     "Statement wasn't well formed, can't be processed: "},
    {"UPDATE tab SET a = 1, a = 2 WHERE pk='p' AND sk=1",
     "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]"},
    {"UPDATE tab SET a = 1 REMOVE a WHERE pk='p' AND sk=1",
     "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]"},
    {"UPDATE tab.idx SET a = 1 WHERE pk='p' AND sk=1", "This operation is not supported on an index"},
    {"UPDATE tab SET WHERE pk='p' AND sk=1", "Statement wasn't well formed, can't be processed: "},
    {"UPDATE tab WHERE pk='p' AND sk=1", "Statement wasn't well formed, can't be processed: "},
    {"UPDATE tab SET a = 'x' || 'y' WHERE pk='p' AND sk=1",
     "Unsupported operator in Update Expression. Operator: ||"},
    {"UPDATE tab SET a = n * 2 WHERE pk='p' AND sk=1", "Unsupported operator in Update Expression. Operator: *"},
    {"UPDATE tab SET a = foo(n) WHERE pk='p' AND sk=1", "Unrecognized function: foo"},
    {"UPDATE tab SET a = size(n) WHERE pk='p' AND sk=1",
     "The function is not allowed in an update expression; function: size"},
    {"UPDATE tab SET n = n + ? WHERE pk='p' AND sk=1",
     "Number of parameters in request and statement don't match."},
    {"UPDATE tab SET a = 'x' + 1 WHERE pk='p' AND sk=1",
     "Incorrect operand type for operator or function; operator or function: +, operand type: S"},
    {"UPDATE tab SET a = MISSING WHERE pk='p' AND sk=1", "MISSING must be compared using IS operator"},
    {"UPDATE tab SET a = 1 WHERE pk='p' AND sk=1 AND EXISTS(SELECT * FROM tab WHERE pk='p')",
     "Statement wasn't well formed, can't be processed: "},
    {"DELETE FROM tab WHERE pk='p' AND sk=1 RETURNING ALL NEW *",
     "Invalid returning clause: RETURNING ALL NEW *. Only RETURNING ALL OLD * is allowed in DELETE statements."},
    {"DELETE FROM tab WHERE pk='p' AND sk=1 RETURNING MODIFIED OLD *",
     "Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed in DELETE statements."},
    {"DELETE tab WHERE pk='p' AND sk=1", "Statement wasn't well formed, can't be processed: "},
    {"DELETE n FROM tab WHERE pk='p' AND sk=1", "Statement wasn't well formed, can't be processed: "},
    {"DELETE FROM tab.idx WHERE pk='p' AND sk=1", "This operation is not supported on an index"},
    {"INSERT INTO tab VALUES {'pk':'new2','sk':1}", "Statement wasn't well formed, can't be processed: "},
    {"INSERT INTO tab VALUE {pk:'new3','sk':1}",
     "Tuple keys must be of type String. Actual type: VariableReference"},
    {R"(INSERT INTO tab VALUE {"pk":'new3','sk':1})",
     "Tuple keys must be of type String. Actual type: VariableReference"},
    {"INSERT INTO tab VALUE {'pk':'new4','sk':1,'sk':2}", "Duplicate keys in tuple. Key: sk"},
    {"INSERT INTO tab VALUE {'pk':'n','sk':1} RETURNING ALL OLD *", "RETURNING is not supported in INSERT"},
    {"INSERT INTO tab VALUE ?",
     "Unsupported format in item expression. Please use struct format {...} to express item values for insert statement."},
    {"INSERT INTO tab {'pk':'n','sk':1}", "Statement wasn't well formed, can't be processed: "},
    {"INSERT INTO tab (pk,sk) VALUES ('n',1)", "Statement wasn't well formed, can't be processed: "},
    {"INSERT INTO tab << {'pk':'n','sk':1} >>", "Statement wasn't well formed, can't be processed: "},
    {"INSERT INTO tab VALUE [1]",
     "Unsupported format in item expression. Please use struct format {...} to express item values for insert statement."},
    {"INSERT INTO tab VALUE {'pk':'n9','sk':n}", "Statement wasn't well formed, can't be processed: "},
    {"INSERT INTO tab VALUE {'pk':'n9','sk':1+1}", "Statement wasn't well formed, can't be processed: "},
    {"INSERT INTO tab VALUE {'pk':'n9','sk':1,'a':missing}", "MISSING must be compared using IS operator"},
    {"INSERT INTO tab VALUE {'pk':'n9','sk':1,'':2}", "Path component cannot be an empty string"},
    {"INSERT INTO tab.idx VALUE {'pk':'n11','sk':1}",
     "FROM clause may only contain a single table name in data manipulation statements"},
    {"CREATE TABLE x", "Statement wasn't well formed, can't be processed: "},
    {"DROP TABLE tab", "Statement wasn't well formed, can't be processed: "},
    {"FOO", "Statement wasn't well formed, can't be processed: "},
    {"UPSERT INTO tab VALUE {'pk':'u','sk':1}", "Statement wasn't well formed, can't be processed: "},
    {"REPLACE INTO tab VALUE {'pk':'u','sk':1}", "Statement wasn't well formed, can't be processed: "},
};
INSTANTIATE_TEST_SUITE_P(Recorded, StatementRefusals, testing::ValuesIn(kRefusals));

// What is different afterwards, or the fault.
std::string updated(std::string_view text, std::span<const Value> values = {}) {
  Arena arena;
  const auto statement = parse_statement(text, values, arena);
  if (!statement) return statement.error().message();
  std::string bytes;
  ValueWriter writer(bytes);
  const auto outcome = statement->update.apply(item().map(), true, writer, arena);
  if (!outcome) return outcome.error().message();
  EXPECT_TRUE(is_valid_item(bytes));
  const Map now = Map::item(bytes);
  std::vector<std::pair<std::string, std::string>> changes;
  for (const Attribute& attribute : item().map()) {
    if (!now.find(attribute.name)) changes.emplace_back(attribute.name, "null");
  }
  for (const Attribute& attribute : now) {
    const Value before = item().value(attribute.name);
    if (!before || !equal(before, attribute.value)) changes.emplace_back(attribute.name, sorted_json(attribute.value));
  }
  std::sort(changes.begin(), changes.end());
  std::string json;
  for (const auto& [name, value] : changes) json += (json.empty() ? "\"" : ",\"") + name + "\":" + value;
  return '{' + json + '}';
}

class StatementUpdates : public testing::TestWithParam<Case> {};

TEST_P(StatementUpdates, AreThoseOfTheService) { EXPECT_EQ(updated(GetParam().text), GetParam().expected); }

constexpr Case kUpdates[] = {
    {"UPDATE tab SET a = 1 WHERE pk='p' AND sk=1", R"({"a":{"N":"1"}})"},
    {"UPDATE tab SET a=1 SET b2=2 WHERE pk='p' AND sk=1", R"({"a":{"N":"1"},"b2":{"N":"2"}})"},
    {"UPDATE tab SET a=1 REMOVE n WHERE pk='p' AND sk=1", R"({"a":{"N":"1"},"n":null})"},
    {"UPDATE tab REMOVE n REMOVE s WHERE pk='p' AND sk=1", R"({"n":null,"s":null})"},
    {"UPDATE tab REMOVE n SET a=1 WHERE pk='p' AND sk=1", R"({"a":{"N":"1"},"n":null})"},
    {"UPDATE tab SET n = n + 1 WHERE pk='p' AND sk=1", R"({"n":{"N":"3"}})"},
    {"UPDATE tab SET n = n + 1 + 2 WHERE pk='p' AND sk=1", R"({"n":{"N":"5"}})"},
    {"UPDATE tab SET n = (n + 1) WHERE pk='p' AND sk=1", R"({"n":{"N":"3"}})"},
    {"UPDATE tab SET l = list_append(l, ['x']) WHERE pk='p' AND sk=1",
     R"({"l":{"L":[{"S":"a"},{"N":"1"},{"S":"x"}]}})"},
    {"UPDATE tab SET ss = set_add(ss, <<'c'>>) WHERE pk='p' AND sk=1", R"({"ss":{"SS":["a","b","c"]}})"},
    {"UPDATE tab SET ss = set_delete(ss, <<'a'>>) WHERE pk='p' AND sk=1", R"({"ss":{"SS":["b"]}})"},
    {"UPDATE tab SET ss = set_delete(ss, <<'a','b'>>) WHERE pk='p' AND sk=1", R"({"ss":null})"},
    {"UPDATE tab SET zz = set_add(zz, <<'c'>>) WHERE pk='p' AND sk=1", R"({"zz":{"SS":["c"]}})"},
    {"UPDATE tab SET zz = set_delete(zz, <<'c'>>) WHERE pk='p' AND sk=1", "{}"},
    {"UPDATE tab SET a = if_not_exists(a, 5) WHERE pk='p' AND sk=1", R"({"a":{"N":"5"}})"},
    {"UPDATE tab SET a = s WHERE pk='p' AND sk=1", R"({"a":{"S":"stra"}})"},
    {"UPDATE tab SET m.x = 'Y' WHERE pk='p' AND sk=1", R"({"m":{"M":{"x":{"S":"Y"}}}})"},
    {"UPDATE tab SET l[0] = 'Y' WHERE pk='p' AND sk=1", R"({"l":{"L":[{"S":"Y"},{"N":"1"}]}})"},
    {"UPDATE tab SET l[7] = 'Y' WHERE pk='p' AND sk=1", R"({"l":{"L":[{"S":"a"},{"N":"1"},{"S":"Y"}]}})"},
    {"UPDATE tab REMOVE l[0] WHERE pk='p' AND sk=1", R"({"l":{"L":[{"N":"1"}]}})"},
    {"UPDATE tab SET a = {'b':[1,'x',<<1,2>>,null,true]} WHERE pk='p' AND sk=1",
     R"({"a":{"M":{"b":{"L":[{"N":"1"},{"S":"x"},{"NS":["1","2"]},{"NULL":true},{"BOOL":true}]}}}})"},
    {"UPDATE tab SET a = 1 WHERE pk='p' AND sk=1 RETURNING ALL NEW *", R"({"a":{"N":"1"}})"},
    {"UPDATE tab SET a = 1 WHERE pk='p' AND sk=1 RETURNING ALL OLD *", R"({"a":{"N":"1"}})"},
    {"UPDATE tab SET a = 1, n=9 WHERE pk='p' AND sk=1 RETURNING MODIFIED OLD *",
     R"({"a":{"N":"1"},"n":{"N":"9"}})"},
    {"UPDATE tab SET a = 1, n=9 WHERE pk='p' AND sk=1 RETURNING MODIFIED NEW *",
     R"({"a":{"N":"1"},"n":{"N":"9"}})"},
    {"UPDATE tab SET a = 1 WHERE pk='p' AND sk=1 returning all new *", R"({"a":{"N":"1"}})"},
    {"UPDATE tab SET a = 5 + n WHERE pk='p' AND sk=1", R"({"a":{"N":"7"}})"},
    {R"(UPDATE tab SET "n" = 3 WHERE pk='p' AND sk=1)", R"({"n":{"N":"3"}})"},
    {"UPDATE tab SET a = -5 WHERE pk='p' AND sk=1", R"({"a":{"N":"-5"}})"},
    {"UPDATE tab SET a = n + -5 WHERE pk='p' AND sk=1", R"({"a":{"N":"-3"}})"},
    {"UPDATE tab SET a = list_append(['a'],['b']) WHERE pk='p' AND sk=1", R"({"a":{"L":[{"S":"a"},{"S":"b"}]}})"},
    {"UPDATE tab SET ss = set_add(ss, <<1>>) WHERE pk='p' AND sk=1",
     "An operand in the update expression has an incorrect data type"},
    {"UPDATE tab SET a = zz WHERE pk='p' AND sk=1",
     "The provided expression refers to an attribute that does not exist in the item"},
    {"UPDATE tab SET m.y.z = 'Y' WHERE pk='p' AND sk=1",
     "The document path provided in the update expression is invalid for update"},
    {"UPDATE tab SET a = s + 1 WHERE pk='p' AND sk=1",
     "An operand in the update expression has an incorrect data type"},
};
INSTANTIATE_TEST_SUITE_P(Recorded, StatementUpdates, testing::ValuesIn(kUpdates));

}  // namespace
}  // namespace gatehouse::dynamo
