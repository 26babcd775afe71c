#include "gatehouse/dynamo/expr/projection.hpp"

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

const Names kNames = {{"#b", "m"}, {"#c", "x"}};
constexpr std::string_view kItem = R"({"pk": {"S": "u"},
    "sk": {"N": "1"},
    "n": {"N": "10"},
    "s": {"S": "str"},
    "l": {"L": [{"N": "0"}, {"L": [{"S": "p"}, {"S": "q"}]}, {"M": {"x": {"S": "X"},
    "y": {"S": "Y"}}}]},
    "m": {"M": {"x": {"N": "1"},
    "l": {"L": [{"M": {"z": {"S": "zz"}}}]}}}})";

std::string refusal(std::string_view text) {
  static const Encoded none("{}");
  Arena arena;
  Bindings bindings = bindings_for(text, kNames, none);
  const auto projection = Projection::parse(text, bindings, arena);
  return projection ? std::string() : projection.error().message();
}

// ---- Recorded from DynamoDB Local 2.6.

class ProjectionRefusals : public testing::TestWithParam<Case> {};

TEST_P(ProjectionRefusals, AreTheServicesOwn) {
  EXPECT_EQ(refusal(GetParam().text), "Invalid ProjectionExpression: " + std::string(GetParam().expected));
}

constexpr Case kRefusals[] = {
    {"", "The expression can not be empty;"},
    {"n, s,", R"(Syntax error; token: "<EOF>", near: ",")"},
    {"n n", R"(Syntax error; token: "n", near: "n n")"},
    {"n,n", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [n], path two: [n]"},
    {"m,m.x", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m], path two: [m, x]"},
    {"m.x,m", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m, x], path two: [m]"},
    {"m.x,m[0]", "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [m, x], path two: [m, [0]]"},
    {"status", "Attribute name is a reserved keyword; reserved keyword: status"},
    {"#a", "An expression attribute name used in the document path is not defined; attribute name: #a"},
    {"(n)", R"(Syntax error; token: "(", near: "(n")"},
    {"n + s", R"(Syntax error; token: "+", near: "n + s")"},
    {"size(n)", R"(Syntax error; token: "(", near: "size(n")"},
    {"n[01]", R"(Syntax error; token: "1", near: "01]")"},
    {"n[99999999999]", "List index is not within the allowable range; index: [99999999999]"},
    {"foo(status)", R"(Syntax error; token: "(", near: "foo(status")"},
    {"select", "Attribute name is a reserved keyword; reserved keyword: select"},
    {"set", R"(Syntax error; token: "set", near: "set")"},
    {"and", R"(Syntax error; token: "and", near: "and")"},
    {"or", R"(Syntax error; token: "or", near: "or")"},
    {"between", R"(Syntax error; token: "between", near: "between")"},
    {"a.and", R"(Syntax error; token: "and", near: ".and")"},
    {"remove", R"(Syntax error; token: "remove", near: "remove")"},
    {"values", "Attribute name is a reserved keyword; reserved keyword: values"},
    {"table", "Attribute name is a reserved keyword; reserved keyword: table"},
    {"a,b,,c", R"(Syntax error; token: ",", near: ",,c")"},
    {".a", R"(Syntax error; token: ".", near: ".a")"},
    {"a.", R"(Syntax error; token: "<EOF>", near: ".")"},
    {"a[", R"(Syntax error; token: "<EOF>", near: "[")"},
    {"a[0", R"(Syntax error; token: "<EOF>", near: "0")"},
    {"a]", R"(Syntax error; token: "]", near: "a]")"},
    {"l[0], l[0].x", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [l, [0]], path two: [l, [0], x]"},
    {"l[0].x, l[0][1]", "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [l, [0], x], path two: [l, [0], [1]]"},
};
INSTANTIATE_TEST_SUITE_P(Recorded, ProjectionRefusals, testing::ValuesIn(kRefusals));

class ProjectionResults : public testing::TestWithParam<Case> {};

TEST_P(ProjectionResults, AreThoseOfTheServiceInBothForms) {
  static const Encoded item(kItem);
  static const Encoded none("{}");
  Arena arena;
  Bindings bindings = bindings_for(GetParam().text, kNames, none);
  const auto projection = Projection::parse(GetParam().text, bindings, arena);
  ASSERT_TRUE(projection) << projection.error().message();
  std::string bytes;
  ValueWriter writer(bytes);
  projection->write(item.map(), writer);
  EXPECT_TRUE(is_valid_item(bytes));
  EXPECT_EQ(sorted_json(Map::item(bytes)), GetParam().expected);
  std::string json;
  projection->write_json(item.map(), json);
  EXPECT_EQ(sorted_json(Encoded(json).map()), GetParam().expected);
}

constexpr Case kResults[] = {
    {"n", R"({"n":{"N":"10"}})"},
    {"n,s", R"({"n":{"N":"10"},"s":{"S":"str"}})"},
    {"l[0],l[2]", R"({"l":{"L":[{"N":"0"},{"M":{"x":{"S":"X"},"y":{"S":"Y"}}}]}})"},
    {"l[2],l[0]", R"({"l":{"L":[{"N":"0"},{"M":{"x":{"S":"X"},"y":{"S":"Y"}}}]}})"},
    {"l[1][1]", R"({"l":{"L":[{"L":[{"S":"q"}]}]}})"},
    {"l[1][1],l[1][0]", R"({"l":{"L":[{"L":[{"S":"p"},{"S":"q"}]}]}})"},
    {"l[2].y", R"({"l":{"L":[{"M":{"y":{"S":"Y"}}}]}})"},
    {"l[2].y, l[1][1]", R"({"l":{"L":[{"L":[{"S":"q"}]},{"M":{"y":{"S":"Y"}}}]}})"},
    {"l[2].y,l[2].x", R"({"l":{"L":[{"M":{"x":{"S":"X"},"y":{"S":"Y"}}}]}})"},
    {"l[9]", "{}"},
    {"s.x", "{}"},
    {"s[0]", "{}"},
    {"l.x", "{}"},
    {"m[0]", "{}"},
    {"m.nope", "{}"},
    {"nope", "{}"},
    {"m.x, m.l[0].z", R"({"m":{"M":{"l":{"L":[{"M":{"z":{"S":"zz"}}}]},"x":{"N":"1"}}}})"},
    {"m.l[0].q", "{}"},
    {"m.x.y, s", R"({"s":{"S":"str"}})"},
    {"m.x , n , m.l", R"({"m":{"M":{"l":{"L":[{"M":{"z":{"S":"zz"}}}]},"x":{"N":"1"}}},"n":{"N":"10"}})"},
    {"#b", R"({"m":{"M":{"l":{"L":[{"M":{"z":{"S":"zz"}}}]},"x":{"N":"1"}}}})"},
    {"#b,n", R"({"m":{"M":{"l":{"L":[{"M":{"z":{"S":"zz"}}}]},"x":{"N":"1"}}},"n":{"N":"10"}})"},
    {"#b.#c", R"({"m":{"M":{"x":{"N":"1"}}}})"},
};
INSTANTIATE_TEST_SUITE_P(Recorded, ProjectionResults, testing::ValuesIn(kResults));

// ---- The other ways to make one.

std::string projected(const Projection& projection) {
  static const Encoded item(kItem);
  std::string json;
  projection.write_json(item.map(), json);
  return sorted_json(Encoded(json).map());
}

TEST(Projection, NoneIsEverything) {
  static const Encoded item(kItem);
  EXPECT_EQ(projected(Projection()), sorted_json(item.map()));
  std::string bytes;
  ValueWriter writer(bytes);
  Projection().write(item.map(), writer);
  EXPECT_TRUE(equal(Map::item(bytes), item.map()));
}

TEST(Projection, OfAttributesTakesTopLevelNames) {
  Arena arena;
  const std::vector<std::string_view> names = {"n", "nope", "m.x"};
  const auto projection = Projection::of_attributes(names, arena);
  ASSERT_TRUE(projection);
  EXPECT_EQ(projected(*projection), R"({"n":{"N":"10"}})");
  const std::vector<std::string_view> twice = {"n", "s", "n"};
  EXPECT_EQ(Projection::of_attributes(twice, arena).error().message(),
            "One or more parameter values were invalid: Duplicate value in attribute name: n");
}

TEST(Projection, OfPathsTakesWhatAnUpdateNames) {
  Arena arena;
  const std::vector<PathStep> first = {{"m", 0}, {"x", 0}};
  const std::vector<PathStep> second = {{"l", 0}, {{}, 0}};
  const std::vector<Path> paths = {first, second};
  EXPECT_EQ(projected(Projection::of_paths(paths, arena)), R"({"l":{"L":[{"N":"0"}]},"m":{"M":{"x":{"N":"1"}}}})");
}

TEST(Projection, TellsItsAttributes) {
  static const Encoded none("{}");
  Arena arena;
  Bindings bindings = bindings_for("#b", kNames, none);
  std::vector<std::string_view> names;
  Projection::parse("a.b, a.c, #b[1]", bindings, arena)->append_attributes(names);
  EXPECT_EQ(names, (std::vector<std::string_view>{"a", "m"}));
}

// ---- Bounds.

TEST(ProjectionBounds, PathsHaveThirtyTwoLevels) {
  EXPECT_EQ(refusal("a" + repeated(".a", 31)), "");
  EXPECT_EQ(refusal("a" + repeated("[0]", 32)),
            "Invalid ProjectionExpression: The document path has too many nesting levels; nesting levels: 33");
  EXPECT_EQ(refusal(repeated("a.", 2000) + "a"),
            "Invalid ProjectionExpression: The document path has too many nesting levels; nesting levels: 2001");
}

TEST(ProjectionBounds, TextsOfFourKilobytesAreTheLargest) {
  EXPECT_EQ(refusal(std::string(4096, 'n')), "");
  EXPECT_EQ(refusal(std::string(4097, 'n')),
            "Invalid ProjectionExpression: Expression size has exceeded the maximum allowed size;");
}

TEST(ProjectionBounds, ManyPathsAreLookedUp) {
  std::string text = "m";
  for (int i = 0; i < 600; ++i) text += ",a" + std::to_string(i);
  EXPECT_EQ(refusal(text), "");
  EXPECT_EQ(refusal(text + ",a599"),
            "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these "
            "paths; path one: [a599], path two: [a599]");
}

}  // namespace
}  // namespace gatehouse::dynamo
