// Who hears of a change, and what.
#include "wsapi/feed.hpp"

#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "wsapi/stream_page.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace gatehouse::wsapi {
namespace {

class FeedTest : public ::testing::Test {
 protected:
  // An item out of plain JSON.
  dynamo::Map item(std::string_view json) {
    std::string& bytes = bytes_.emplace_back();
    dynamo::JsonReader reader(json, arena_);
    dynamo::ValueWriter writer(bytes);
    EXPECT_TRUE(dynamo::read_plain_item(reader, writer)) << json;
    return dynamo::Map::item(bytes);
  }
  std::string group_of(std::string_view text, std::string_view json) {
    const auto made = GroupTemplate::parse(text);
    if (!made) return made.error().message();
    std::string name;
    return made->evaluate(item(json), name) ? name : "(nobody)";
  }
  static std::string problem_of(std::string_view text) {
    const auto made = GroupTemplate::parse(text);
    return made ? "" : made.error().message();
  }
  bool matches(const FeedFilter& filter, std::string_view json) { return FeedFilter::Compiled(filter, arena_).matches(item(json)); }

  // The messages, each with its group in front.
  std::vector<std::string> told(const Change& change, std::size_t most = 1000) {
    std::vector<Notice> notices;
    append_notices(feed_, FeedFilter::Compiled(feed_.filter, arena_), change, most, notices);
    std::vector<std::string> texts;
    for (const Notice& notice : notices) texts.push_back(notice.audience.group + " " + notice.payload);
    return texts;
  }
  using Told = std::vector<std::string>;

  bool hears(std::string_view json, std::string_view subject, std::string_view claims = "") {
    const auto audience = audience_of(feed_, FeedFilter::Compiled(feed_.filter, arena_), item(json));
    if (!audience) return false;
    ConnectionFacts facts;
    facts.subject = subject;
    if (!claims.empty()) facts.claims = std::make_shared<const crypto::Claims>(JsonTree::parse(claims).value());
    return admits(feed_.only_to, *audience, facts);
  }
  static OnlyTo claim(std::string attribute, std::string_view path) { return {std::move(attribute), crypto::ClaimPath::parse(path).value()}; }

  Arena arena_;
  std::deque<std::string> bytes_;
  FeedSettings feed_ = {.store = "main",
                        .table = "notes",
                        .key = {"id"},
                        .group = GroupTemplate::parse("notes-$item.owner").value(),
                        .filter = {},
                        .images = dynamo::StreamView::kNewImage,
                        .hidden = {},
                        .only_to = {}};
};

TEST_F(FeedTest, AGroupIsNamedByAttributes) {
  EXPECT_EQ(group_of("notes-$item.owner", R"({"owner":"ann"})"), "notes-ann");
  EXPECT_EQ(group_of("$item.n.$item.b", R"({"n":7,"b":true})"), "7.true");
  EXPECT_EQ(group_of("${item.at.city}-x", R"({"at":{"city":"Graz"}})"), "Graz-x");
  EXPECT_EQ(group_of("$$-$item.owner|all", R"({})"), "$-all");
  EXPECT_EQ(group_of("${item.owner|no one}", R"({"owner":"ann"})").substr(0, 16), "a group's name h");
  EXPECT_EQ(group_of("everything", "{}"), "everything");
}

TEST_F(FeedTest, NobodyHearsWhereTheNameIsNone) {
  EXPECT_EQ(group_of("notes-$item.owner", R"({})"), "(nobody)");
  EXPECT_EQ(group_of("notes-$item.owner", R"({"owner":""})"), "(nobody)");
  EXPECT_EQ(group_of("notes-$item.owner", R"({"owner":["ann"]})"), "(nobody)");
  EXPECT_EQ(group_of("notes-$item.owner", R"({"owner":null})"), "(nobody)");
  EXPECT_EQ(group_of("notes-$item.owner.name", R"({"owner":"ann"})"), "(nobody)");
  EXPECT_EQ(group_of("notes-$item.owner", R"({"owner":"a/b"})"), "(nobody)");
  EXPECT_EQ(group_of("notes-$item.owner", R"({"owner":"ann b"})"), "(nobody)");
  EXPECT_EQ(group_of("notes-$item.owner", R"({"owner":")" + std::string(123, 'a') + R"("})"), "(nobody)");
}

TEST_F(FeedTest, AWrongGroupSaysWhatIsWrong) {
  EXPECT_EQ(problem_of("notes-$owner"), "unknown variable $owner: write $item.x for an attribute, $$ for a dollar sign");
  EXPECT_EQ(problem_of("$claims.sub"), "unknown variable $claims.sub: write $item.x for an attribute, $$ for a dollar sign");
  EXPECT_EQ(problem_of("${item.owner"), "no '}' behind \"${item.owner\"");
  EXPECT_EQ(problem_of("a/$item.owner"), "a group's name has 1 to 128 visible ASCII characters and no '/', not \"a/\"");
  EXPECT_EQ(problem_of(""), "the name of a group is empty");
  EXPECT_NE(problem_of("${item..a}"), "");
  EXPECT_NE(problem_of("$item"), "");
}

TEST_F(FeedTest, AFilterHasNamesAndTypedValues) {
  const auto filter = FeedFilter::make("#s = :open AND price > :least", {{"#s", "status"}}, R"({":open":{"S":"open"},":least":{"N":"5"}})");
  ASSERT_TRUE(filter);
  EXPECT_TRUE(matches(*filter, R"({"status":"open","price":6})"));
  EXPECT_FALSE(matches(*filter, R"({"status":"open","price":5})"));
  EXPECT_FALSE(matches(*filter, R"({"status":"shut","price":6})"));
  EXPECT_FALSE(matches(*filter, R"({})"));
  EXPECT_TRUE(matches(FeedFilter(), R"({})"));
  std::vector<std::string> names;
  filter->append_attributes(names);
  EXPECT_EQ(names, (std::vector<std::string>{"status", "price"}));
}

TEST_F(FeedTest, AWrongFilterSaysWhatIsWrong) {
  const auto problem = [](std::string text, FeedFilter::Names names = {}, std::string_view values = {}) {
    const auto made = FeedFilter::make(std::move(text), std::move(names), values);
    return made ? "" : made.error().message();
  };
  EXPECT_NE(problem("price >").find("Invalid FilterExpression"), std::string::npos);
  EXPECT_NE(problem("price > :least").find(":least"), std::string::npos);
  EXPECT_NE(problem("attribute_exists(a)", {{"#s", "status"}}).find("#s"), std::string::npos);
  EXPECT_NE(problem("price > :least", {}, R"({":least":{"N":"five"}})"), "");
}

TEST_F(FeedTest, AnItemThatComesStaysAndGoes) {
  const auto ann = item(R"({"id":"1","owner":"ann","text":"a\"b"})");
  const auto key = item(R"({"id":"1"})");
  EXPECT_EQ(told({ChangeKind::kInsert, key, {}, ann}),
            Told{R"(notes-ann {"event":"INSERT","table":"notes","keys":{"id":"1"},"item":{"id":"1","owner":"ann","text":"a\"b"}})"});
  EXPECT_EQ(told({ChangeKind::kModify, key, ann, ann})[0].substr(0, 28), R"(notes-ann {"event":"MODIFY",)");
  EXPECT_EQ(told({ChangeKind::kRemove, key, ann, {}}), Told{R"(notes-ann {"event":"REMOVE","table":"notes","keys":{"id":"1"}})"});
}

TEST_F(FeedTest, OneThatChangesHandsIsGoneForSomeAndNewForOthers) {
  feed_.images = dynamo::StreamView::kNewAndOldImages;
  const auto key = item(R"({"id":"1"})");
  EXPECT_EQ(told({ChangeKind::kModify, key, item(R"({"id":"1","owner":"ann"})"), item(R"({"id":"1","owner":"bob"})")}),
            (Told{R"(notes-ann {"event":"REMOVE","table":"notes","keys":{"id":"1"},"old":{"id":"1","owner":"ann"}})",
                  R"(notes-bob {"event":"INSERT","table":"notes","keys":{"id":"1"},"item":{"id":"1","owner":"bob"}})"}));
  // The same group, another reader.
  feed_.group = GroupTemplate();
  feed_.only_to = {claim("owner", "sub")};
  EXPECT_EQ(told({ChangeKind::kModify, key, item(R"({"id":"1","owner":"ann"})"), item(R"({"id":"1","owner":"bob"})")}).size(), 2u);
}

TEST_F(FeedTest, OneThatTheFilterLetsGoIsGone) {
  feed_.filter = FeedFilter::make("attribute_exists(title)", {}, {}).value();
  const auto key = item(R"({"id":"1"})");
  const auto without = item(R"({"id":"1","owner":"ann"})");
  const auto with = item(R"({"id":"1","owner":"ann","title":"t"})");
  EXPECT_EQ(told({ChangeKind::kInsert, key, {}, without}), Told());
  EXPECT_EQ(told({ChangeKind::kModify, key, without, without}), Told());
  EXPECT_EQ(told({ChangeKind::kModify, key, without, with})[0].substr(0, 28), R"(notes-ann {"event":"INSERT",)");
  EXPECT_EQ(told({ChangeKind::kModify, key, with, without}), Told{R"(notes-ann {"event":"REMOVE","table":"notes","keys":{"id":"1"}})"});
  EXPECT_EQ(told({ChangeKind::kRemove, key, without, {}}), Told());
}

TEST_F(FeedTest, MessagesHaveTheImagesThatAreAskedForAndNothingHidden) {
  const auto key = item(R"({"id":"1"})");
  const Change change{ChangeKind::kModify, key, item(R"({"id":"1","owner":"ann","pin":1})"), item(R"({"id":"1","pin":2,"owner":"ann","n":1.50})")};
  feed_.hidden = {"pin"};
  EXPECT_EQ(told(change), Told{R"(notes-ann {"event":"MODIFY","table":"notes","keys":{"id":"1"},"item":{"id":"1","owner":"ann","n":1.5}})"});
  feed_.images = dynamo::StreamView::kOldImage;
  EXPECT_EQ(told(change), Told{R"(notes-ann {"event":"MODIFY","table":"notes","keys":{"id":"1"},"old":{"id":"1","owner":"ann"}})"});
  feed_.images = dynamo::StreamView::kKeysOnly;
  EXPECT_EQ(told(change), Told{R"(notes-ann {"event":"MODIFY","table":"notes","keys":{"id":"1"}})"});
}

TEST_F(FeedTest, AMessageThatIsTooLargeSaysSo) {
  const auto key = item(R"({"id":"1"})");
  const Change change{ChangeKind::kInsert, key, {}, item(R"({"owner":"ann","text":")" + std::string(200, 'x') + R"("})")};
  EXPECT_EQ(told(change, 100), Told{R"(notes-ann {"event":"INSERT","table":"notes","keys":{"id":"1"},"too_large":true})"});
}

TEST_F(FeedTest, KeysAloneDoWhereNothingElseDecides) {
  feed_.group = GroupTemplate::parse("note-$item.id").value();
  feed_.images = dynamo::StreamView::kKeysOnly;
  EXPECT_EQ(told({ChangeKind::kRemove, item(R"({"id":"1"})"), {}, {}}), Told{R"(note-1 {"event":"REMOVE","table":"notes","keys":{"id":"1"}})"});
  EXPECT_EQ(told({ChangeKind::kModify, item(R"({"id":"1"})"), {}, {}}), Told{R"(note-1 {"event":"MODIFY","table":"notes","keys":{"id":"1"}})"});
}

TEST_F(FeedTest, OnlyThoseHearWhoseClaimIsTheAttribute) {
  feed_.only_to = {claim("owner", "sub")};
  EXPECT_TRUE(hears(R"({"owner":"ann"})", "ann", R"({"sub":"ann"})"));
  EXPECT_FALSE(hears(R"({"owner":"ann"})", "ann", R"({"sub":"bob"})"));
  EXPECT_FALSE(hears(R"({"owner":"ann"})", "ann", R"({"name":"ann"})"));
  EXPECT_FALSE(hears(R"({"owner":"ann"})", "ann"));
  EXPECT_FALSE(hears(R"({})", "ann", R"({"sub":"ann"})"));
  EXPECT_FALSE(hears(R"({"owner":""})", "ann", R"({"sub":""})"));
  EXPECT_FALSE(hears(R"({"owner":null})", "ann", R"({"sub":null})"));
  EXPECT_FALSE(hears(R"({"owner":{"sub":"ann"}})", "ann", R"({"sub":{"sub":"ann"}})"));
  EXPECT_TRUE(hears(R"({"owner":7})", "ann", R"({"sub":"7"})"));
}

TEST_F(FeedTest, OneOfAListIsEnoughAndEveryRuleMustHold) {
  feed_.only_to = {claim("room", "rooms"), claim("owner", "sub")};
  feed_.group = GroupTemplate();
  EXPECT_TRUE(hears(R"({"room":"b","owner":["ann","bob"]})", "", R"({"rooms":["a","b"],"sub":"bob"})"));
  EXPECT_FALSE(hears(R"({"room":"c","owner":["ann","bob"]})", "", R"({"rooms":["a","b"],"sub":"bob"})"));
  EXPECT_FALSE(hears(R"({"room":"b","owner":["ann","bob"]})", "", R"({"rooms":["a","b"],"sub":"eve"})"));
  EXPECT_FALSE(hears(R"({"room":"b","owner":[["ann"]]})", "", R"({"rooms":[["b"]],"sub":"ann"})"));
  EXPECT_FALSE(hears(R"({"room":"b","owner":[]})", "", R"({"rooms":["b"],"sub":"ann"})"));
}

TEST_F(FeedTest, ACallerWithoutClaimsIsKnownByItsName) {
  feed_.only_to = {{"owner", std::nullopt}};
  EXPECT_TRUE(hears(R"({"owner":"ann"})", "ann"));
  EXPECT_FALSE(hears(R"({"owner":"ann"})", "bob"));
  EXPECT_FALSE(hears(R"({"owner":"ann"})", ""));
}

TEST(StreamPageTest, RecordsAreRead) {
  StreamPage page;
  ASSERT_TRUE(read_stream_page(R"({"Records":[
      {"eventID":"1","eventName":"INSERT","dynamodb":{"Keys":{"id":{"S":"1"}},"NewImage":{"id":{"S":"1"},"n":{"N":"5"}},"SequenceNumber":"100"}},
      {"eventName":"REMOVE","dynamodb":{"OldImage":{"id":{"S":"2"}},"Keys":{"id":{"S":"2"}}},"userIdentity":{"type":"Service"}}],
      "NextShardIterator":"next"})", page));
  ASSERT_EQ(page.changes.size(), 2u);
  EXPECT_EQ(page.next, "next");
  EXPECT_FALSE(page.full);
  EXPECT_EQ(page.changes[0].kind, ChangeKind::kInsert);
  EXPECT_EQ(page.changes[0].after->find("n").text(), "5");
  EXPECT_FALSE(page.changes[0].before);
  EXPECT_EQ(page.changes[1].kind, ChangeKind::kRemove);
  EXPECT_EQ(page.changes[1].before->find("id").text(), "2");
  EXPECT_EQ(page.changes[1].keys.find("id").text(), "2");
}

TEST(StreamPageTest, TheEndOfAShardHasNoIterator) {
  StreamPage page;
  EXPECT_TRUE(read_stream_page(R"({"Records":[],"NextShardIterator":null})", page));
  EXPECT_EQ(page.next, "");
}

TEST(StreamPageTest, WhatIsNoAnswerIsRefused) {
  for (const std::string_view text : {"", "[]", "{\"Records\":{}}", "{\"Records\":[1]}", "{\"Records\":[{\"dynamodb\":{\"Keys\":{\"a\":{\"X\":1}}}}]}",
                                      "{\"Records\":[]", "{\"Records\":[\"\xff\"]}"}) {
    StreamPage page;
    EXPECT_FALSE(read_stream_page(text, page)) << text;
  }
}

}  // namespace
}  // namespace gatehouse::wsapi
