#include "gatehouse/base/json_tree.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace gatehouse {
namespace {

using Kind = JsonFault::Kind;

// As compact JSON; what is wrong with it otherwise.
std::string rewritten(std::string_view text) {
  const auto tree = JsonTree::parse(text);
  if (!tree) return std::string(tree.error().what());
  std::string written;
  tree->root().append_to(written);
  return written;
}

Kind fault(std::string_view text, std::size_t depth = JsonTree::kMaxDepth) {
  const auto tree = JsonTree::parse(text, depth);
  EXPECT_FALSE(tree.has_value()) << text;
  return tree ? Kind() : tree.error().kind;
}

std::string text_of(std::string_view json) {
  const auto tree = JsonTree::parse(json);
  return tree ? std::string(tree->root().text()) : "?";
}

TEST(JsonTreeTest, ReadsValuesOfEachKind) {
  const auto tree = JsonTree::parse(R"( { "a" : [ 1 , -2.50e+3 , "x" ] , "b" : { "c" : null } , "t":true,"f":false } )");
  ASSERT_TRUE(tree.has_value());
  const JsonValue root = tree->root();
  EXPECT_TRUE(root.is_object());
  EXPECT_EQ(root.size(), 4U);
  EXPECT_EQ(root.find("a").at(1).text(), "-2.50e+3");
  EXPECT_EQ(root.find("a").at(1).number(), -2500);
  EXPECT_EQ(root.find("a").at(2).text(), "x");
  EXPECT_FALSE(root.find("a").at(3));
  EXPECT_EQ(root.find("b").find("c").kind(), JsonKind::kNull);
  EXPECT_EQ(root.find("t").text(), "true");
  EXPECT_EQ(root.find("f").kind(), JsonKind::kFalse);
  EXPECT_FALSE(root.find("A"));
  EXPECT_FALSE(root.find("t").find("a"));
  EXPECT_FALSE(root.at(0));
}

TEST(JsonTreeTest, ValuesOutliveAMoveOfTheTree) {
  auto tree = JsonTree::parse(R"({"a":"b"})");
  ASSERT_TRUE(tree.has_value());
  const JsonValue value = tree->root().find("a");
  const JsonTree moved = std::move(*tree);
  EXPECT_EQ(value.text(), "b");
  EXPECT_EQ(moved.root().find("a").text(), "b");
}

TEST(JsonTreeTest, WritesCompactJsonWithNumbersAsTheyWere) {
  EXPECT_EQ(rewritten(R"({ "a" : [ 1.00 , 1E400, -0 ] , "b" : { } , "c" : [ ] , "" : "q\"\\\/\b\f\n\r\tA" })"),
            R"({"a":[1.00,1E400,-0],"b":{},"c":[],"":"q\"\\/\u0008\u000c\n\r\tA"})");
}

TEST(JsonTreeTest, DecodesEscapesOfCharacters) {
  EXPECT_EQ(text_of(R"("\u0041\u00e9\u6771\uD83D\uDE00!")"), "A\u00e9\u6771\U0001F600!");
  EXPECT_EQ(text_of(R"("long enough to be moved \n in one piece")"), "long enough to be moved \n in one piece");
  EXPECT_EQ(text_of("\"\u00e9\u6771\U0001F600\""), "\u00e9\u6771\U0001F600");
}

TEST(JsonTreeTest, RefusesWhatIsNotJson) {
  for (const char* text :
       {"", " ", "{", "[", "}", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{\"a\" 1}",
        "{1:2}", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "NaN", "Infinity", "tru", "truee", "nul", "\"", "\"a", "\"\\\"",
        "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"a\nb\"", "'a'", "1 2", "[1]]", "/**/1", "\xEF\xBB\xBF{}", "\"\\uD800\"",
        "\"\\uDC00\"", "\"\\uD800\\u0041\"", "\"\\uD800x\""}) {
    EXPECT_EQ(fault(text), Kind::kSyntax) << text;
  }
}

TEST(JsonTreeTest, RefusesTextThatIsNotUtf8) {
  for (const char* bytes : {"\x80", "\xC0\xAF", "\xC1\xBF", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xE2\x82", "\xF0\x80\x80\x80",
                            "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_EQ(fault('"' + std::string(bytes) + '"'), Kind::kEncoding) << bytes;
    EXPECT_EQ(fault('"' + std::string(bytes)), Kind::kEncoding) << bytes;
  }
}

TEST(JsonTreeTest, BoundsTheDepth) {
  EXPECT_TRUE(JsonTree::parse("[[[1]]]", 3).has_value());
  EXPECT_EQ(fault("[[[[1]]]]", 3), Kind::kDepth);
  EXPECT_EQ(fault(R"([{"a":[{}]}])", 3), Kind::kDepth);
  EXPECT_EQ(fault(std::string(200000, '[')), Kind::kDepth);
  EXPECT_TRUE(JsonTree::parse("[[1],[1],[1],{}]", 2).has_value());
}

TEST(JsonTreeTest, RefusesAMemberTwiceHoweverItIsSpelled) {
  EXPECT_EQ(fault(R"({"a":1,"a":1})"), Kind::kDuplicateMember);
  EXPECT_EQ(fault(R"({"sub":1,"s\u0075b":2})"), Kind::kDuplicateMember);
  EXPECT_EQ(fault(R"([{"x":{"a":1,"b":2,"a":3}}])"), Kind::kDuplicateMember);
  EXPECT_EQ(fault(R"({"":1,"":1})"), Kind::kDuplicateMember);
  EXPECT_TRUE(JsonTree::parse(R"({"a":{"a":{"a":1}},"A":1,"b":[{"a":1},{"a":2}]})").has_value());
  EXPECT_TRUE(JsonTree::parse(R"({"ab":1,"ba":2,"abxxab":3,"abyyab":4})").has_value());
}

TEST(JsonTreeTest, FindsAMemberTwiceAmongMany) {
  for (const int count : {63, 64, 65, 1000}) {
    std::string text = "{";
    for (int i = 0; i < count; ++i) text += (i == 0 ? "\"name" : ",\"name") + std::to_string(i) + "\":[0]";
    EXPECT_TRUE(JsonTree::parse(text + '}').has_value()) << count;
    EXPECT_EQ(fault(text + ",\"name0\":1}"), Kind::kDuplicateMember) << count;
  }
}

TEST(JsonTreeTest, ReadsNumbersOfAnySize) {
  const auto number = [](std::string_view text) { return JsonTree::parse(text)->root().number(); };
  EXPECT_EQ(number("1300819380.5"), 1300819380.5);
  EXPECT_EQ(number("1e400"), HUGE_VAL);
  EXPECT_EQ(number("-1e400"), -HUGE_VAL);
  EXPECT_EQ(number("1e-400"), 0);
  EXPECT_EQ(number(std::string(400, '9')), HUGE_VAL);
}

TEST(JsonTreeTest, SaysWhereTheFaultIs) {
  const auto tree = JsonTree::parse("{\"a\":x}");
  ASSERT_FALSE(tree.has_value());
  EXPECT_EQ(tree.error().offset, 5U);
}

}  // namespace
}  // namespace gatehouse
