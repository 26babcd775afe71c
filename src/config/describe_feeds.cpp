// feeds of a WebSocket API: changes of tables for its connections.
#include "describe_feeds.hpp"

#include "caller_facts.hpp"
#include "checks.hpp"
#include "descriptions.hpp"
#include "parsed_text.hpp"
#include "scalars.hpp"

#include "gatehouse/dynamo/wire/json_writer.hpp"
#include "gatehouse/wsapi/feed_settings.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::config {
namespace {

using dynamo::StreamView;
using wsapi::FeedFilter;
using wsapi::FeedSettings;
using wsapi::GroupTemplate;
using wsapi::OnlyTo;

bool parse_attribute(std::string_view text, std::string& value, Complaint&) {
  if (text.empty() || text.size() > 255) return false;
  value = text;
  return true;
}
constexpr Text<std::string> kFeedField{"item_field", "the name of a field of the items, 1 to 255 bytes", "", {"owner", "created"},
                                       parse_attribute, print_text, true};

bool parse_feed_table(std::string_view text, std::string& value, Complaint&) {
  if (text.size() < 3 || text.size() > 255) return false;
  value = text;
  return true;
}
constexpr Text<std::string> kFeedTable{"feed_table", "the name of a table, 3 to 255 bytes", "", {"notes"}, parse_feed_table, print_text, true};

// ---- group

constexpr auto kGroup = template_text<GroupTemplate>("feed_group", "the name of a group such as notes-$item.owner",
                                                     {"notes-$item.owner", "room-${item.room}", "everything"});

// ---- filter

// A value as DynamoDB writes it, {N: 5}, as JSON. What is wrong in it the reader of values says.
void write_typed(const Node& node, std::string_view type, std::string& to) {
  switch (node.kind) {
    case Node::Kind::kNull: to += "null"; return;
    case Node::Kind::kScalar: {
      const bool literal = type == "BOOL" || type == "NULL";
      if (literal && (node.text == "true" || node.text == "false")) {
        to += node.text;
      } else {
        dynamo::write_json_string(to, node.text);
      }
      return;
    }
    case Node::Kind::kList: {
      to += '[';
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        if (i > 0) to += ',';
        write_typed(*node.items[i], type, to);
      }
      to += ']';
      return;
    }
    case Node::Kind::kMap: break;
  }
  to += '{';
  for (std::size_t i = 0; i < node.entries.size(); ++i) {
    if (i > 0) to += ',';
    dynamo::write_json_string(to, node.entries[i].key);
    to += ':';
    write_typed(*node.entries[i].value, node.entries[i].key, to);
  }
  to += '}';
}

struct TypedValues {
  using Value = std::string;
  std::string expected() const { return "values such as {\":open\": {S: open}, \":least\": {N: 5}}"; }
  std::string print(const Value&) const { return {}; }
  bool read(const Cursor& at, Value& value) const {
    if (!at.is(Node::Kind::kMap, expected())) return false;
    at.check_duplicate_keys();
    write_typed(at.node(), {}, value);
    return true;
  }
  Shape shape(Model&) const { return {Shape::Kind::kAny, "", 0, 0, {}, {}}; }
};

struct WrittenFilter {
  std::string expression;
  FeedFilter::Names names;
  std::string values;
};

bool parse_expression(std::string_view text, std::string& value, Complaint&) {
  if (text.empty() || text.size() > 4096) return false;
  value = text;
  return true;
}
constexpr Text<std::string> kExpression{"feed_expression", "a condition expression of DynamoDB such as attribute_exists(title)", "",
                                        {"attribute_exists(title)", "price > :least"}, parse_expression, print_text, true};

void describe_filter(Fields& f, WrittenFilter& s) {
  f.field("FilterExpression", s.expression, kExpression, "The condition, in DynamoDB's words.", Need::kRequired);
  f.field("ExpressionAttributeNames", s.names, Map<Text<std::string>>{kFeedField, kFeedField, "{\"#status\": status}"}, "What its #names stand for.");
  f.field("ExpressionAttributeValues", s.values, TypedValues{}, "What its :values stand for, typed: {\":open\": {S: open}}.");
}
constexpr Object<WrittenFilter> kWrittenFilter{"feed_filter", "A condition with names and values.",
                                               "{FilterExpression: \"price > :least\", ExpressionAttributeValues: {\":least\": {N: 5}}}", describe_filter};

struct FilterKind {
  using Value = FeedFilter;
  std::string expected() const { return kExpression.expected() + ", or " + kWrittenFilter.expected(); }
  std::string print(const Value&) const { return {}; }
  bool read(const Cursor& at, Value& value) const {
    WrittenFilter written;
    const bool map = at.node().kind == Node::Kind::kMap;
    if (map ? !kWrittenFilter.read(at, written) || written.expression.empty() : !kExpression.read(at, written.expression)) return false;
    auto made = Value::make(std::move(written.expression), std::move(written.names), written.values);
    if (!made) {
      at.problem(made.error().message());
      return false;
    }
    value = std::move(*made);
    return true;
  }
  Shape shape(Model& model) const { return {Shape::Kind::kEither, "", 0, 0, {}, {kExpression.shape(model), kWrittenFilter.shape(model)}}; }
};

// ---- only_to

struct Claim {
  std::optional<crypto::ClaimPath> path;
  bool operator==(const Claim&) const = default;
};

bool parse_claim(std::string_view text, Claim& value, Complaint& complaint) {
  if (text == "$context.identity") return true;
  constexpr std::string_view kClaims = "$claims.";
  std::string_view name = text;
  if (name.starts_with("${claims.") && name.ends_with('}')) {
    name = name.substr(9, name.size() - 10);
  } else if (name.starts_with(kClaims)) {
    name.remove_prefix(kClaims.size());
  } else {
    complaint.fix = "write $claims.x for what a token says, $context.identity for who the caller is";
    return false;
  }
  auto path = crypto::ClaimPath::parse(name);
  if (!path) {
    complaint.message = path.error().message();
    return false;
  }
  value.path = std::move(*path);
  return true;
}
std::string print_claim(const Claim&) { return {}; }
constexpr Text<Claim> kClaimText{"feed_claim", "a claim such as $claims.sub, or $context.identity", "", {"$claims.sub", "$context.identity"}, parse_claim, print_claim,
                                 false, Dollars::kTemplate};

constexpr Words<StreamView, 4> kImages{{{{"keys_only", StreamView::kKeysOnly},
                                         {"new_image", StreamView::kNewImage},
                                         {"old_image", StreamView::kOldImage},
                                         {"new_and_old_images", StreamView::kNewAndOldImages}}}};

void describe_feed(Fields& f, FeedSettings& s) {
  f.field("table", s.table, NameOf{&Reader::tables, kFeedTable}, "The table, one of 'tables', with a stream.", Need::kRequired);
  f.field("group", s.group, kGroup,
          "The group that hears of a change, with $item.x for what the item has; where that is absent nobody does. Default: every connection "
          "of the API.");
  f.field("filter", s.filter, FilterKind{}, "Which items are told of. Default: all.");
  f.field("images", s.images, kImages,
          "What messages hold beside the keys: the item as it is now (item), as it was before (old), or both.");
  f.field("hidden", s.hidden, list_of(kFeedField, "[secret]"), "Fields that are never in a message.");
  using Rules = Map<Text<Claim>>;
  Rules::Value rules;
  f.field("only_to", rules, Rules{kFeedField, kClaimText, "{owner: $claims.sub}"},
          "Who may hear, whatever group they are in: those whose claim is the item's field, or one of them where either is a list. Every line "
          "must hold.");
  for (auto& [attribute, claim] : rules) s.only_to.push_back({attribute, std::move(claim.path)});
}
constexpr Object<FeedSettings> kFeed{"feed", "Changes of a table's items, sent to connections as they happen.",
                                     "{table: notes, group: notes-$item.owner, only_to: {owner: $claims.sub}}", describe_feed};

bool keeps(StreamView stream, StreamView images) {
  const auto has = [](StreamView view, StreamView one) { return view == one || view == StreamView::kNewAndOldImages; };
  if (has(images, StreamView::kNewImage) && !has(stream, StreamView::kNewImage)) return false;
  return !has(images, StreamView::kOldImage) || has(stream, StreamView::kOldImage);
}

void complete_feed(const Cursor& at, const Settings& settings, FeedSettings& feed) {
  const auto table = std::ranges::find(settings.tables, feed.table, &dynamo::TableSettings::name);
  // What is not declared was reported where its name stands.
  if (table == settings.tables.end() || table->partition.attribute.empty()) return;
  feed.store = table->store;
  feed.key = {table->partition.attribute};
  for (const auto& part : table->sort) feed.key.push_back(part.attribute);
  if (table->stream == StreamView::kNone) {
    at.problem_at("table", "the table " + in_quotes(feed.table) + " has no stream", "add stream: new_and_old_images to it in 'tables'");
    return;
  }
  if (!keeps(table->stream, feed.images))
    at.problem_at("images", "the stream of " + in_quotes(feed.table) + " keeps less", "add stream: new_and_old_images to it in 'tables'");
  for (const std::string& attribute : feed.decisive()) {
    if (table->stream == StreamView::kNewAndOldImages || std::ranges::find(feed.key, attribute) != feed.key.end()) continue;
    at.problem("who hears depends on " + in_quotes(attribute) + ", and of removed items the stream of " + in_quotes(feed.table) + " does not say it, or not what it was before",
               "add stream: new_and_old_images to it in 'tables'");
    break;
  }
}

void check_callers(const Cursor& at, const Settings& settings, const ApiSettings& api, const FeedSettings& feed) {
  if (feed.only_to.empty()) return;
  const auto connect = std::ranges::find_if(api.routes, [](const RouteSettings& route) {
    return route.socket && route.socket->kind == wsapi::RouteKind::kConnect;
  });
  if (connect == api.routes.end()) return;
  const CallerFacts facts = caller_facts(settings, api, *connect);
  const bool claims = std::ranges::any_of(feed.only_to, [](const OnlyTo& rule) { return rule.claim.has_value(); });
  if (claims && !facts.claims) {
    at.problem_at("only_to", "nobody who connects has claims", "name an authorizer in 'auth' that finds claims, such as one with jwt");
  } else if (!facts.asked) {
    at.problem_at("only_to", "nobody who connects is asked who they are", "name an authorizer in 'auth'");
  }
}

}  // namespace

void describe_feeds(Fields& f, std::vector<FeedSettings>& feeds) {
  f.field("feeds", feeds, list_of(kFeed, "[{table: notes, group: notes-$item.owner}]"),
          "Tables whose changes are sent to connections.");
}

void complete_feeds(const Cursor& root, Settings& settings) {
  each_api(root, settings, [&](const Cursor& at, ApiSettings& api) {
    if (!api.sockets) return;
    each_item(at, "feeds", [&](const Cursor& feed_at, std::size_t j) {
      if (j >= api.sockets->feeds.size()) return;
      complete_feed(feed_at, settings, api.sockets->feeds[j]);
      check_callers(feed_at, settings, api, api.sockets->feeds[j]);
    });
  });
}

}  // namespace gatehouse::config
