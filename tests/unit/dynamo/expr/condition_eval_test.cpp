#include "gatehouse/dynamo/expr/condition.hpp"

#include "unit/dynamo/expr/fixtures.hpp"

#include <gtest/gtest.h>

namespace gatehouse::dynamo {
namespace {

using test::bindings_for;
using test::Case;
using test::Encoded;

// Recorded from DynamoDB Local 2.6.

constexpr std::string_view kItem = R"({"pk": {"S": "e"},
    "sk": {"N": "1"},
    "n": {"N": "2"},
    "s": {"S": "stra"},
    "e": {"S": "é😀"},
    "es": {"S": ""},
    "ss": {"SS": ["a", "b"]},
    "ns": {"NS": ["1", "2"]},
    "bs": {"BS": ["AA==", "AQ=="]},
    "l": {"L": [{"S": "a"}, {"N": "1"}, {"M": {"k": {"S": "v"}}}, {"L": [{"S": "a"}]}, {"SS": ["a"]}, {"NULL": true}, {"BOOL": true}]},
    "m": {"M": {"k": {"S": "v"}}},
    "t": {"BOOL": true},
    "nul": {"NULL": true},
    "b": {"B": "AAEC"},
    "n2": {"N": "2"},
    "eb": {"B": ""}})";
constexpr std::string_view kOperands = R"({":e": {"S": "é"},
    ":q": {"S": "q"},
    ":n1": {"N": "1"},
    ":n2": {"N": "2"},
    ":n3": {"N": "3"},
    ":n4": {"N": "4"},
    ":n0": {"N": "0"},
    ":ss": {"SS": ["a"]},
    ":ssab": {"SS": ["b", "a"]},
    ":ns": {"NS": ["1"]},
    ":a": {"S": "a"},
    ":es": {"S": ""},
    ":mp": {"M": {"k": {"S": "v"}}},
    ":emp": {"M": {}},
    ":l": {"L": [{"S": "a"}]},
    ":el": {"L": []},
    ":t": {"BOOL": true},
    ":f": {"BOOL": false},
    ":nul": {"NULL": true},
    ":b": {"B": "AAE="},
    ":b0": {"B": "AA=="},
    ":S": {"S": "S"},
    ":L": {"S": "L"},
    ":N": {"S": "N"},
    ":NULL": {"S": "NULL"},
    ":bs": {"BS": ["AA=="]},
    ":eb": {"B": ""},
    ":stra": {"S": "str"}})";

class ConditionEvaluations : public testing::TestWithParam<Case> {};

TEST_P(ConditionEvaluations, AreThoseOfTheService) {
  static const Encoded item(kItem);
  static const Encoded values(kOperands);
  Arena arena;
  Bindings bindings = bindings_for(GetParam().text, {}, values);
  const auto condition = Condition::parse(GetParam().text, ExpressionKind::kFilter, bindings, arena);
  ASSERT_TRUE(condition) << condition.error().message();
  EXPECT_EQ(condition->matches(item.map()), GetParam().expected == "true");
}

constexpr Case kEvaluations[] = {
    {"zz = :a", "false"},
    {"zz <> :a", "true"},
    {"zz <> zy", "true"},
    {"zz = zy", "false"},
    {"zz < :a", "false"},
    {"zz > :a", "false"},
    {"NOT zz < :a", "true"},
    {"n = :a", "false"},
    {"n <> :a", "true"},
    {"n < :a", "false"},
    {"n > :a", "false"},
    {"n <= :n2", "true"},
    {"s < :n2", "false"},
    {"s > :n2", "false"},
    {"zz IN (:a)", "false"},
    {"NOT zz IN (:a)", "true"},
    {"n IN (:a,:n2)", "true"},
    {"zz IN (zy)", "false"},
    {"zz BETWEEN :n1 AND :n3", "false"},
    {"n BETWEEN :n1 AND :n3", "true"},
    {"n BETWEEN zz AND :n3", "false"},
    {"s BETWEEN :n1 AND :n3", "false"},
    {"n BETWEEN s AND :n3", "false"},
    {"contains(ss,:a)", "true"},
    {"contains(ss,:ss)", "false"},
    {"contains(ss,:ssab)", "false"},
    {"contains(ns,:n1)", "true"},
    {"contains(ns,:a)", "false"},
    {"contains(ns,:ns)", "false"},
    {"contains(l,:a)", "true"},
    {"contains(l,:n1)", "true"},
    {"contains(l,:mp)", "true"},
    {"contains(l,:l)", "true"},
    {"contains(l,:ss)", "true"},
    {"contains(l,:nul)", "true"},
    {"contains(l,:t)", "true"},
    {"contains(l,:f)", "false"},
    {"contains(l,:q)", "false"},
    {"contains(m,:a)", "false"},
    {"contains(m,:mp)", "false"},
    {"contains(s,:a)", "true"},
    {"contains(s,:es)", "true"},
    {"contains(s,:stra)", "true"},
    {"contains(s,:n1)", "false"},
    {"contains(b,:b)", "true"},
    {"contains(b,:a)", "false"},
    {"contains(bs,:b0)", "true"},
    {"contains(bs,:bs)", "false"},
    {"contains(n,:n2)", "false"},
    {"contains(zz,:a)", "false"},
    {"contains(s,zz)", "false"},
    {"contains(t,:t)", "false"},
    {"begins_with(s,:stra)", "true"},
    {"begins_with(s,:es)", "true"},
    {"begins_with(n,:a)", "false"},
    {"begins_with(b,:b)", "true"},
    {"begins_with(b,:a)", "false"},
    {"begins_with(zz,:a)", "false"},
    {"begins_with(s,zz)", "false"},
    {"begins_with(ss,:a)", "false"},
    {"size(s) = :n4", "true"},
    {"size(e) = :n2", "false"},
    {"size(e) = :n3", "true"},
    {"size(e) > :n3", "false"},
    {"size(es) = :n0", "true"},
    {"size(n) = :n1", "false"},
    {"NOT size(n) = :n1", "true"},
    {"size(n) <> :n1", "true"},
    {"size(t) > :n0", "false"},
    {"size(nul) > :n0", "false"},
    {"size(zz) = :n0", "false"},
    {"size(zz) <> :n0", "true"},
    {"size(zz) < :n4", "false"},
    {"size(l) > :n4", "true"},
    {"size(m) = :n1", "true"},
    {"size(ss) = :n2", "true"},
    {"size(ns)=:n2", "true"},
    {"size(b) = :n3", "true"},
    {"size(bs) = :n2", "true"},
    {"size(eb) = :n0", "true"},
    {"size(n) = size(n2)", "false"},
    {"size(zz) = size(n)", "false"},
    {"attribute_type(s,:S)", "true"},
    {"attribute_type(s,:L)", "false"},
    {"attribute_type(zz,:S)", "false"},
    {"attribute_type(nul,:NULL)", "true"},
    {"attribute_type(l[0],:S)", "true"},
    {"attribute_exists(l[0])", "true"},
    {"attribute_exists(l[9])", "false"},
    {"attribute_exists(m.k)", "true"},
    {"attribute_exists(m.zz)", "false"},
    {"attribute_exists(nul)", "true"},
    {"attribute_not_exists(zz)", "true"},
    {"attribute_not_exists(s.x)", "true"},
    {"attribute_not_exists(l[9].x)", "true"},
    {"m = :mp", "true"},
    {"m <> :mp", "false"},
    {"l[3] = :l", "true"},
    {"ss = :ssab", "true"},
    {"ss <> :ssab", "false"},
    {"ss = :ss", "false"},
    {"t = :t", "true"},
    {"t = :f", "false"},
    {"t <> :f", "true"},
    {"nul = :nul", "true"},
    {"nul <> :t", "true"},
    {"n = n2", "true"},
    {"t < nul", "false"},
    {"ss < ns", "false"},
    {"m < l", "false"},
    {"l = ss", "false"},
    {"b > :b0", "true"},
    {"s > :q", "true"},
    {"e > :q", "true"},
    {"e BETWEEN :a AND :e", "false"},
    {"l IN (:l,:el)", "false"},
    {"m IN (:mp)", "true"},
    {"t IN (:t)", "true"},
    {"ss IN (:ssab)", "true"},
    {"n BETWEEN n2 AND n2", "true"},
    {"begins_with(n, n2)", "false"},
    {"begins_with(t, s)", "false"},
    {"t > n", "false"},
    {"NOT (t > n)", "true"},
    {"l > n", "false"},
    {"size(l) = size(ss)", "false"},
    {"contains(n, n2)", "false"},
    {"contains(l, l[0])", "true"},
    {"contains(l, s)", "false"},
    {"n = zz OR n = n2", "true"},
    {"(n = :n2 OR zz = :a) AND attribute_exists(s)", "true"},
    {"n = :n2 OR zz = :a AND attribute_exists(zz)", "true"},
    {"NOT n = :n2 OR s = :a", "false"},
    {"NOT (n = :n2 AND s = :a)", "true"},
    {"n BETWEEN t AND nul", "false"},
    {"t BETWEEN n AND n2", "false"},
    {"contains(:l, l[0])", "true"},
};
INSTANTIATE_TEST_SUITE_P(Recorded, ConditionEvaluations, testing::ValuesIn(kEvaluations));

TEST(Condition, NoneMatchesEverything) {
  EXPECT_FALSE(Condition());
  EXPECT_TRUE(Condition().matches(Map()));
}

TEST(Condition, NoItemHasNoAttributes) {
  static const Encoded values(kOperands);
  Arena arena;
  Bindings bindings = bindings_for("", {}, values);
  EXPECT_TRUE(Condition::parse("attribute_not_exists(pk)", ExpressionKind::kCondition, bindings, arena)->matches(Map()));
  EXPECT_FALSE(Condition::parse("s = :a", ExpressionKind::kCondition, bindings, arena)->matches(Map()));
}

// An extension of ours: DynamoDB cannot say that no attribute came in addition.
TEST(Condition, ItemIsComparesTheWholeItem) {
  static const Encoded values(R"({":old": {"M": {"a": {"N": "1"}, "b": {"S": "x"}}}, ":s": {"S": "x"}})");
  static const Encoded same(R"({"b": {"S": "x"}, "a": {"N": "1"}})");
  static const Encoded more(R"({"b": {"S": "x"}, "a": {"N": "1"}, "c": {"NULL": true}})");
  Arena arena;
  Bindings bindings = bindings_for("", {}, values);
  const auto condition = Condition::parse("item_is(:old)", ExpressionKind::kCondition, bindings, arena);
  ASSERT_TRUE(condition);
  EXPECT_TRUE(condition->matches(same.map()));
  EXPECT_FALSE(condition->matches(more.map()));
  EXPECT_FALSE(condition->matches(Map()));
  EXPECT_FALSE(Condition::parse("item_is(a)", ExpressionKind::kCondition, bindings, arena));
  EXPECT_FALSE(Condition::parse("item_is(:s)", ExpressionKind::kCondition, bindings, arena));
}

}  // namespace
}  // namespace gatehouse::dynamo
