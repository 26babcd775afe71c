#include "config/tree.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::config {
namespace {

using Kind = Node::Kind;

Tree parse(std::string_view text) {
  auto parsed = Tree::parse(text);
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
    ADD_FAILURE() << refusal->message;
    return std::get<Tree>(Tree::parse(""));
  }
  return std::get<Tree>(std::move(parsed));
}

Refusal refusal_of(std::string_view text) {
  auto parsed = Tree::parse(text);
  const auto* refusal = std::get_if<Refusal>(&parsed);
  if (refusal == nullptr) ADD_FAILURE() << "was accepted: " << text;
  return refusal == nullptr ? Refusal() : *refusal;
}

const Node& at(const Node& map, std::string_view key) {
  const Node::Entry* const entry = map.find(key);
  static const Node missing;
  if (entry == nullptr) ADD_FAILURE() << "no key " << key;
  return entry == nullptr ? missing : *entry->value;
}

TEST(TreeTest, KeepsKindsTextsAndPlaces) {
  const Tree tree = parse("a: one\nb:\n  - 1\n  - [x, y]\nc: {d: 'q', e: }\n");
  const Node& root = tree.root();
  ASSERT_EQ(root.kind, Kind::kMap);
  EXPECT_EQ(root.at, (Position{1, 1}));
  EXPECT_EQ(at(root, "a").text, "one");
  EXPECT_EQ(at(root, "a").at, (Position{1, 4}));
  EXPECT_EQ(root.find("b")->at, (Position{2, 1}));
  const Node& list = at(root, "b");
  ASSERT_EQ(list.kind, Kind::kList);
  ASSERT_EQ(list.items.size(), 2u);
  EXPECT_EQ(list.items[0]->at, (Position{3, 5}));
  EXPECT_EQ(list.items[1]->kind, Kind::kList);
  EXPECT_EQ(list.items[1]->items[1]->at, (Position{4, 9}));
  EXPECT_EQ(at(at(root, "c"), "d").text, "q");
  EXPECT_EQ(at(at(root, "c"), "e").kind, Kind::kNull);
}

TEST(TreeTest, ReadsAnEmptyTextAsNothing) {
  for (const std::string_view text : {"", "\n\n", "# only a comment\n", "---\n", "~"}) {
    EXPECT_EQ(parse(text).root().kind, Kind::kNull) << text;
  }
}

TEST(TreeTest, KeepsScalarsAsTexts) {
  const Tree tree = parse("[010, true, 5s, 1e3, '', \"a\\nb\", 50%, $header.x, http://h:1]");
  std::vector<std::string> texts;
  for (const Node* item : tree.root().items) texts.push_back(item->text);
  EXPECT_EQ(texts,
            (std::vector<std::string>{"010", "true", "5s", "1e3", "", "a\nb", "50%", "$header.x", "http://h:1"}));
}

TEST(TreeTest, SkipsAByteOrderMark) {
  const Tree tree = parse(
      "\xef\xbb\xbf"
      "a: 'x'\n");
  EXPECT_EQ(at(tree.root(), "a").at, (Position{1, 4}));
}

TEST(TreeTest, CountsLinesThatEndInCarriageReturnAndLineFeed) {
  const Tree tree = parse("a: 1\r\nb: 'x'\r\nc: \"y\"\r\n");
  EXPECT_EQ(at(tree.root(), "b").at, (Position{2, 4}));
  EXPECT_EQ(at(tree.root(), "c").text, "y");
}

TEST(TreeTest, PutsAnAliasWhereItStands) {
  const Tree tree = parse("a: &x {k: v}\nb: *x\n");
  const Node& alias = at(tree.root(), "b");
  EXPECT_EQ(alias.at, (Position{2, 4}));
  EXPECT_EQ(at(alias, "k").text, "v");
  EXPECT_EQ(at(alias, "k").at, (Position{1, 11}));
  EXPECT_EQ(tree.root().nodes, 1u + 2u + 2u);  // the two maps with one value each
}

TEST(TreeTest, AnchorsMayStandBeforeKeysAndQuotes) {
  const Tree tree = parse("&k key: &v 'it''s'\nother: *v\nthird: *k\n");
  EXPECT_EQ(at(tree.root(), "key").text, "it's");
  EXPECT_EQ(at(tree.root(), "other").text, "it's");
  EXPECT_EQ(at(tree.root(), "third").text, "key");
}

TEST(TreeTest, RemembersWhereADuplicateKeyStoodFirst) {
  const Tree tree = parse("a: 1\nb: 2\na: 3\n");
  ASSERT_EQ(tree.root().entries.size(), 3u);
  EXPECT_EQ(tree.root().entries[0].first_at, Position{});
  EXPECT_EQ(tree.root().entries[2].first_at, (Position{1, 1}));
  EXPECT_EQ(at(tree.root(), "a").text, "1");
}

struct Refused {
  const char* name;
  std::string text;
  Position at;
  std::string message;
};

class RefusedTreeTest : public testing::TestWithParam<Refused> {};

TEST_P(RefusedTreeTest, SaysWhereAndWhy) {
  const Refusal refusal = refusal_of(GetParam().text);
  EXPECT_EQ(refusal.message, GetParam().message);
  EXPECT_EQ(refusal.at, GetParam().at);
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

// Each level refers ten times to the one before: 10^9 values.
std::string alias_bomb() {
  std::string text = "a0: &a0 x\n";
  for (int i = 1; i < 10; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeat(last + ", ", 9) + last + "]\n";
  }
  return text;
}

INSTANTIATE_TEST_SUITE_P(
    Yaml, RefusedTreeTest,
    testing::Values(
        Refused{
            "SecondDocument", "a: 1\n---\nb: 2\n", {2, 1}, "the file goes on after the end of its first YAML document"},
        Refused{"TextAfterTheEnd",
                "a: 1\n...\nb: 2\n",
                {3, 1},
                "the file goes on after the end of its first YAML document"},
        Refused{"Tag", "a: !!str 5\n", {1, 4}, "YAML tags have no meaning here"},
        Refused{"TagOfAList", "a: !mine [5]\n", {1, 4}, "YAML tags have no meaning here"},
        Refused{"ListAsKey", "? [a]\n: b\n", {1, 3}, "a key must be a text"},
        Refused{"MapAsKey", "{{a: b}: c}\n", {1, 2}, "a key must be a text"},
        Refused{"NothingAsKey", "?\n: b\n", {2, 1}, "a key must be a text"},
        Refused{"AliasAsKey", "a: &x b\n*x : c\n", {2, 1}, "a key must be a text"},
        Refused{"AliasInItself", "a: &x [*x]\n", {1, 8}, "the alias stands inside of what it refers to"},
        Refused{"UnknownAlias", "a: *x\n", {1, 4}, "not valid YAML: the referenced anchor is not defined"},
        Refused{"OpenDoubleQuote", "a: 1\nb: \"x\nc: 2\n", {2, 4}, "the quote that begins here is never closed"},
        Refused{"OpenSingleQuote", "a: 1\nb: 'it''s\n", {2, 4}, "the quote that begins here is never closed"},
        Refused{"OpenQuoteBehindAnAnchor", "b: &x \"a\\\"\n", {1, 4}, "the quote that begins here is never closed"},
        Refused{"OpenBrackets", "[[", {1, 1}, "a key must be a text"},
        Refused{"OpenBracket", "a: [1, b\n", {2, 1}, "not valid YAML: end of sequence flow not found"},
        Refused{"BadIndentation", "a: 1\n  b: 2\n", {2, 4}, "not valid YAML: illegal map value"},
        Refused{"DeepLists", repeat("[", 65) + repeat("]", 65), {1, 65}, "values are nested more than 64 deep"},
        Refused{"DeepMaps", repeat("{a: ", 65) + repeat("}", 65), {1, 257}, "values are nested more than 64 deep"},
        Refused{"DeepBlocks", repeat("- ", 65) + "x", {1, 129}, "values are nested more than 64 deep"},
        Refused{"AliasBomb",
                alias_bomb(),
                {7, 45},
                "there are more than 1000000 values, aliases counted as often as they are used"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(TreeTest, AcceptsSixtyFourLevels) {
  EXPECT_TRUE(std::holds_alternative<Tree>(Tree::parse(repeat("[", 64) + repeat("]", 64))));
}

TEST(TreeTest, HintsAtTabsAndUnquotedAddresses) {
  EXPECT_EQ(refusal_of("a:\n\tb: 1\n").fix, "indent with spaces, never with tabs");
  EXPECT_EQ(refusal_of("a: [::]:8080\n").fix, "put an IPv6 address in quotes: \"[::]:8443\"");
  EXPECT_EQ(refusal_of("a: @x\n").fix, "put the value in quotes");
  EXPECT_EQ(refusal_of("a: *x\n").fix, "put a text that begins with '*' in quotes");
}

}  // namespace
}  // namespace gatehouse::config
