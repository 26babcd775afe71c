#include "unit/dynamo/expr/partiql_fixture.hpp"

namespace gatehouse::dynamo {
namespace {

using test::Encoded;
using test::item;
using test::refusal;
using test::repeated;
using test::sorted_json;
using test::updated;

// Parameters: one for each '?', in order.
std::vector<Value> parameters(const Encoded& list) {
  std::vector<Value> values;
  for (const Value value : list.value("p").list()) values.push_back(value);
  return values;
}

// ---- SELECT.

std::string selected(std::string_view text) {
  Arena arena;
  const auto statement = parse_statement(text, {}, arena);
  if (!statement) return statement.error().message();
  std::string bytes;
  ValueWriter writer(bytes);
  statement->projection.write(item().map(), writer);
  std::string json;
  statement->projection.write_json(item().map(), json);
  EXPECT_EQ(sorted_json(Encoded(json).map()), sorted_json(Map::item(bytes)));
  return sorted_json(Map::item(bytes));
}

TEST(Select, ColumnsComeOutUnderTheLastPartOfTheirPath) {
  EXPECT_EQ(selected("SELECT n, s FROM tab"), R"({"n":{"N":"2"},"s":{"S":"stra"}})");
  EXPECT_EQ(selected("SELECT l[0], m.x, n FROM tab"), R"({"l[0]":{"S":"a"},"n":{"N":"2"},"x":{"S":"X"}})");
  EXPECT_EQ(selected("SELECT nope, m.nope, tab.n FROM tab"), "Duplicate identifiers in select clause: nope");
  EXPECT_EQ(selected("SELECT nope, \"status\", tab.n FROM tab"), R"({"status":{"S":"ok"}})");
  EXPECT_EQ(selected("SELECT * FROM tab"), sorted_json(item().map()));
}

TEST(Select, NamesTableIndexAndOrder) {
  Arena arena;
  auto statement = parse_statement("select * from \"my-table\".\"by \"\"x\" where pk = 'p' order by pk, sk desc;", {}, arena);
  ASSERT_TRUE(statement) << statement.error().message();
  EXPECT_EQ(statement->kind, StatementKind::kSelect);
  EXPECT_EQ(statement->table, "my-table");
  EXPECT_EQ(statement->index, "by \"x");
  EXPECT_EQ(statement->order_by, "sk");
  EXPECT_TRUE(statement->descending);
  EXPECT_FALSE(statement->projection);
}

std::string candidates(std::string_view where) {
  static constexpr std::string_view kNames[] = {"=", "in", "<", "<=", ">", ">=", "between", "begins_with"};
  Arena arena;
  const std::string statement_text = "SELECT * FROM t WHERE " + std::string(where);
  const auto statement = parse_statement(statement_text, {}, arena);
  if (!statement) return statement.error().message();
  std::string text;
  for (const KeyCandidate& candidate : statement->key_candidates) {
    text += std::string(candidate.attribute) + ' ' + std::string(kNames[static_cast<std::size_t>(candidate.comparison)]);
    for (const Value value : candidate.values) text += ' ' + sorted_json(value);
    text += ';';
  }
  return text;
}

TEST(Select, ConjunctsAtTheTopAreCandidatesForKeys) {
  EXPECT_EQ(candidates("pk = 'a' AND sk > 1"), R"(pk = {"S":"a"};sk > {"N":"1"};)");
  EXPECT_EQ(candidates("'a' = pk AND 1 < sk AND 1 <= a AND 1 > b AND 1 >= c"),
            R"(pk = {"S":"a"};sk > {"N":"1"};a >= {"N":"1"};b < {"N":"1"};c <= {"N":"1"};)");
  EXPECT_EQ(candidates("(pk IN ('a','b') AND (sk BETWEEN 1 AND 2)) AND begins_with(s, 'x')"),
            R"(pk in {"S":"a"} {"S":"b"};sk between {"N":"1"} {"N":"2"};s begins_with {"S":"x"};)");
  EXPECT_EQ(candidates("pk = 'a' OR sk = 1"), "");
  EXPECT_EQ(candidates("NOT pk = 'a' AND pk <> 'b' AND a.b = 1 AND a = b AND size(a) = 1 AND a NOT IN (1)"), "");
  EXPECT_EQ(candidates("pk = 'a' AND (sk = 1 OR sk = 2)"), R"(pk = {"S":"a"};)");
}

TEST(Select, WhereTellsWhatItNames) {
  Arena arena;
  const auto statement = parse_statement("SELECT * FROM t WHERE pk = 'a' OR (size(b.c) > 1 AND NOT d IS MISSING)", {}, arena);
  ASSERT_TRUE(statement);
  EXPECT_EQ(statement->key_named, (std::vector<std::string_view>{"pk", "b", "d"}));
}

// ---- The others.

TEST(Insert, YieldsAnItem) {
  const Encoded list(R"({"p":{"L":[{"S":"k"},{"NS":["2","1"]}]}})");
  Arena arena;
  const auto statement = parse_statement(
      "INSERT INTO \"t\" VALUE {'pk': ?, 'a': [1, -2.50, {'b': <<'y', 'x'>>, 'c': null}], 'd': true, 'e': 'it''s', 'f': ?}",
      parameters(list), arena);
  ASSERT_TRUE(statement) << statement.error().message();
  EXPECT_EQ(statement->kind, StatementKind::kInsert);
  EXPECT_EQ(statement->table, "t");
  EXPECT_EQ(statement->parameters, 2u);
  EXPECT_EQ(sorted_json(statement->item),
            R"({"a":{"L":[{"N":"1"},{"N":"-2.5"},{"M":{"b":{"SS":["x","y"]},"c":{"NULL":true}}}]},"d":{"BOOL":true},)"
            R"("e":{"S":"it's"},"f":{"NS":["1","2"]},"pk":{"S":"k"}})");
}

Returning returning(std::string_view clause) {
  Arena arena;
  const auto statement = parse_statement("UPDATE t SET a = 1 WHERE pk = 'k' " + std::string(clause), {}, arena);
  EXPECT_TRUE(statement);
  EXPECT_EQ(statement->kind, StatementKind::kUpdate);
  return statement->returning;
}

TEST(Update, ReturnsWhatIsAskedFor) {
  EXPECT_EQ(returning(""), Returning::kNone);
  EXPECT_EQ(returning("RETURNING ALL OLD *"), Returning::kAllOld);
  EXPECT_EQ(returning("returning modified old *"), Returning::kModifiedOld);
  EXPECT_EQ(returning("RETURNING ALL NEW *"), Returning::kAllNew);
  EXPECT_EQ(returning("RETURNING MODIFIED NEW *;"), Returning::kModifiedNew);
}

TEST(Update, TakesParametersInTheirOrder) {
  const Encoded list(R"({"p":{"L":[{"N":"4"},{"SS":["c"]},{"S":"p"}]}})");
  const auto values = parameters(list);
  EXPECT_EQ(updated("UPDATE tab SET n = n + ?, ss = set_add(ss, ?) WHERE pk = ?", values),
            R"({"n":{"N":"6"},"ss":{"SS":["a","b","c"]}})");
  EXPECT_EQ(updated("UPDATE tab SET n = n + ? WHERE pk = ?", values),
            "Number of parameters in request and statement don't match.");
  EXPECT_EQ(updated("UPDATE tab SET n = n + ? + ? + ? + ?", values),
            "Number of parameters in request and statement don't match.");
}

TEST(Update, SumsMayBeLongAndGrouped) {
  EXPECT_EQ(updated("UPDATE tab SET n = (n + 1) - (2 - n) + if_not_exists(zz, 10 + 5)"), R"({"n":{"N":"18"}})");
  EXPECT_EQ(updated("UPDATE tab SET n = list_append(l, l) + 1"),
            "The function is not allowed to be used this way in an expression; function: list_append");
}

TEST(Delete, MayReturnTheOldItem) {
  Arena arena;
  const auto statement = parse_statement("DELETE FROM t WHERE pk = 'k' AND a = 1 RETURNING ALL OLD *", {}, arena);
  ASSERT_TRUE(statement);
  EXPECT_EQ(statement->kind, StatementKind::kDelete);
  EXPECT_EQ(statement->returning, Returning::kAllOld);
}

TEST(Exists, HoldsASelect) {
  Arena arena;
  const auto statement = parse_statement("EXISTS(SELECT * FROM t WHERE pk = 'k' AND a IS MISSING)", {}, arena);
  ASSERT_TRUE(statement);
  EXPECT_EQ(statement->kind, StatementKind::kExists);
  EXPECT_EQ(statement->table, "t");
  EXPECT_EQ(statement->key_candidates.size(), 1u);
}

// ---- Bounds.

TEST(StatementBounds, DepthBombsAreRefused) {
  const std::string deep = "Statement wasn't well formed, can't be processed: The expression has too many nesting levels";
  EXPECT_EQ(refusal("SELECT * FROM t WHERE " + repeated("(", 8000)), deep);
  EXPECT_EQ(refusal("SELECT * FROM t WHERE " + repeated("NOT ", 2000) + "a=1"), deep);
  EXPECT_EQ(refusal("SELECT * FROM t WHERE a = " + repeated("(", 8000)), deep);
  EXPECT_EQ(refusal("UPDATE t SET a = " + repeated("(", 8000)), deep);
  EXPECT_EQ(refusal("SELECT * FROM t WHERE a = " + repeated("[", 8000)), "Nesting Levels have exceeded supported limits");
  EXPECT_EQ(refusal("INSERT INTO t VALUE " + repeated("{'a':", 1600)), "Nesting Levels have exceeded supported limits");
  EXPECT_EQ(refusal("SELECT * FROM t WHERE " + repeated("(", 500) + "a=1" + repeated(")", 500)), "accepted");
}

TEST(StatementBounds, OperatorsOperandsPathsAndTextAreLimited) {
  const std::string many = "The expression contains too many operators; operator count: 301";
  EXPECT_EQ(refusal("SELECT * FROM t WHERE a=1" + repeated(" OR a=1", 149)), "accepted");
  EXPECT_EQ(refusal("SELECT * FROM t WHERE a=1" + repeated(" OR a=1", 150)), many);
  EXPECT_EQ(refusal("UPDATE t SET a = 1" + repeated("+1", 301)), many);
  EXPECT_EQ(refusal("SELECT * FROM t WHERE a IN (1" + repeated(",1", 99) + ")"), "accepted");
  EXPECT_EQ(refusal("SELECT * FROM t WHERE a IN (1" + repeated(",1", 100) + ")"),
            "The IN operator is provided with too many operands; number of operands: 101");
  EXPECT_EQ(refusal("SELECT " + repeated("a.", 40) + "a FROM t"),
            "The document path has too many nesting levels; nesting levels: 41");
  EXPECT_EQ(refusal("SELECT * FROM t" + std::string(8177, ' ')), "accepted");
  EXPECT_TRUE(refusal("SELECT * FROM t" + std::string(8178, ' ')).starts_with("1 validation error detected: "));
}

TEST(StatementBounds, SyntaxFaultsNameThePlace) {
  EXPECT_EQ(refusal("SELECT *\nFROM t WHERE AND"),
            "Statement wasn't well formed, can't be processed: Unexpected term at 2:14:3: AND");
  EXPECT_EQ(refusal("SELECT * FROM"), "Statement wasn't well formed, can't be processed: Unexpected end of statement");
}

}  // namespace
}  // namespace gatehouse::dynamo
