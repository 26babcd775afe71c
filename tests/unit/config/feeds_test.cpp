// Feeds of WebSocket APIs: what is read, and what may be wrong with them.
#include "support.hpp"

#include <algorithm>

namespace gatehouse::config::test {
namespace {

constexpr std::string_view kTables = "tables: {notes: {key: {owner: S, id: S}, stream: new_and_old_images}, quiet: {key: {id: S}}, news: {key: {id: S}, stream: new_image}}\n";
constexpr std::string_view kApi = "authorizers: {k: {api_key: {}}, u: {jwt: {issuer: \"https://id.example.com\", audience: any}}}\napis:\n- {name: live, type: websocket, ";

std::string text_of(const std::string& feed, std::string_view auth = "auth: [u], ") {
  return std::string(kTables) + std::string(kApi) + std::string(auth) + "feeds: [" + feed + "], routes: [{match: $default, mock: {body: x}}]}";
}
wsapi::FeedSettings feed_of(const std::string& feed) {
  const Settings settings = settings_of(text_of(feed));
  return settings.apis.empty() ? wsapi::FeedSettings() : settings.apis[0].sockets->feeds.at(0);
}
// The first problem.
std::string problem_of(const std::string& feed, std::string_view auth = "auth: [u], ") {
  const auto lines = lines_of(load(with_listener(text_of(feed, auth))));
  return lines.empty() ? "" : lines[0];
}
bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Feeds, HasTheTablesStoreAndKey) {
  const auto feed = feed_of("{table: notes}");
  EXPECT_EQ(feed.store, "main");
  EXPECT_EQ(feed.key, (std::vector<std::string>{"owner", "id"}));
  EXPECT_TRUE(feed.group.everybody());
  EXPECT_EQ(feed.images, dynamo::StreamView::kNewImage);
  EXPECT_TRUE(feed.decisive().empty());
}

TEST(Feeds, ReadsEverythingThatIsSaid) {
  const auto feed = feed_of(
      "{table: notes, group: \"notes-${item.owner}\", images: new_and_old_images, hidden: [pin], only_to: {owner: $claims.sub, team: \"${claims.cognito:groups}\", by: "
      "$context.identity}, filter: {FilterExpression: \"#s = :open AND price > :least AND ok = :yes\", ExpressionAttributeNames: {\"#s\": status}, "
      "ExpressionAttributeValues: {\":open\": {S: 5}, \":least\": {N: 5}, \":yes\": {BOOL: true}}}}");
  EXPECT_EQ(feed.group.text(), "notes-${item.owner}");
  EXPECT_EQ(feed.images, dynamo::StreamView::kNewAndOldImages);
  EXPECT_EQ(feed.hidden, std::vector<std::string>{"pin"});
  ASSERT_EQ(feed.only_to.size(), 3u);
  EXPECT_EQ(feed.only_to[0].claim->text(), "sub");
  EXPECT_EQ(feed.only_to[1].claim->text(), "cognito:groups");
  EXPECT_FALSE(feed.only_to[2].claim);
  EXPECT_EQ(feed.decisive(), (std::vector<std::string>{"owner", "status", "price", "ok", "owner", "team", "by"}));
}

TEST(Feeds, AKeyIsEnoughWhereNothingElseDecides) {
  EXPECT_EQ(feed_of("{table: news, group: news-$item.id}").group.text(), "news-$item.id");
}

TEST(Feeds, WhatCannotBeDoneIsSaid) {
  EXPECT_TRUE(has(problem_of("{table: quiet}"), "the table 'quiet' has no stream"));
  EXPECT_TRUE(has(problem_of("{table: news, images: old_image}"), "the stream of 'news' keeps less"));
  EXPECT_TRUE(has(problem_of("{table: news, group: $item.topic}"), "who hears depends on 'topic'"));
  EXPECT_TRUE(has(problem_of("{table: news, filter: attribute_exists(title)}"), "who hears depends on 'title'"));
  EXPECT_TRUE(has(problem_of("{table: nots}"), "nots"));
  EXPECT_TRUE(has(problem_of("{group: x}"), "'table' is missing"));
}

TEST(Feeds, AWrongTextIsSaidWhereItStands) {
  EXPECT_TRUE(has(problem_of("{table: notes, group: $claims.sub}"), "unknown variable $claims.sub: write $item.x"));
  EXPECT_TRUE(has(problem_of("{table: notes, filter: \"title = \"}"), "Invalid FilterExpression"));
  EXPECT_TRUE(has(problem_of("{table: notes, filter: {FilterExpression: \"a = :b\", ExpressionAttributeValues: {\":b\": {N: five}}}}"), "five"));
  EXPECT_TRUE(has(problem_of("{table: notes, filter: {FilterExpression: \"a = :b\", ExpressionAttributeValues: {\":b\": 5}}}"), "filter"));
  EXPECT_TRUE(has(problem_of("{table: notes, only_to: {owner: $query.x}}"), "write $claims.x"));
}

TEST(Feeds, ARuleAboutCallersNeedsSomebodyWhoAsks) {
  EXPECT_EQ(problem_of("{table: notes, only_to: {owner: $context.identity}}", "auth: [k], "), "");
  EXPECT_TRUE(has(problem_of("{table: notes, only_to: {owner: $claims.sub}}", "auth: [k], "), "nobody who connects has claims"));
  EXPECT_TRUE(has(problem_of("{table: notes, only_to: {owner: $context.identity}}", ""), "nobody who connects is asked who they are"));
}

}  // namespace
}  // namespace gatehouse::config::test
