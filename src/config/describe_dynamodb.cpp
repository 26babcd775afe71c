// dynamodb: SDK clients, on a listener of their own or behind a route, and their access keys.
#include "descriptions.hpp"
#include "scalars.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace gatehouse::config {
namespace {

using dynamo::AccessKeySettings;
using integration::DynamodbSettings;

bool parse_action(std::string_view text, std::string& value, Complaint& complaint) {
  const std::string action(text);
  if (!dynamo::names_an_action(action)) {
    complaint.message = in_quotes(text) + " names no action of DynamoDB";
    complaint.fix = did_you_mean(text.starts_with("dynamodb:") ? text.substr(9) : text, dynamo::action_names());
    return false;
  }
  value = action;
  return true;
}
constexpr Text<std::string> kAction{"action",
                                    "an action of DynamoDB such as GetItem, dynamodb:Query or Describe*",
                                    "^[A-Za-z:*?]+$",
                                    {"GetItem", "Describe*", "*"},
                                    parse_action,
                                    print_text};

bool parse_table_pattern(std::string_view text, std::string& value, Complaint&) {
  const bool good = std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-.*?").find(c) != std::string_view::npos;
  });
  if (!good || text.empty() || text.size() > 255) return false;
  value = text;
  return true;
}
constexpr Text<std::string> kTablePattern{"table_pattern",
                                          "the name of a table, in which * stands for any text and ? for a character",
                                          "^[A-Za-z0-9_.*?-]{1,255}$",
                                          {"notes", "orders-*", "*"},
                                          parse_table_pattern,
                                          print_text,
                                          true};

void describe_access_key(Fields& f, AccessKeySettings& s) {
  f.field("id", s.id, kName, "What clients have as aws_access_key_id.", Need::kRequired);
  f.field("secret", s.secret, kSecret, "What clients have as aws_secret_access_key.", Need::kRequired);
  f.field("session_token", s.session_token, kSecret, "What clients must then have as aws_session_token.");
  f.field("allow", s.allow, maybe_empty_list_of(kAction, "[GetItem, Query]"), "What it may do. Default: everything.");
  f.field("tables", s.tables, maybe_empty_list_of(kTablePattern, "[notes, orders-*]"), "On which tables. Default: all.");
  f.field("leading_keys", s.leading_keys, list_of(kLine, "[\"tenant-7\"]"),
          "In which partitions: values of the partition key, in which * and ? are patterns. What does not say which partition it "
          "means, such as a Scan, is then refused. Default: all.");
}
constexpr Object<AccessKeySettings> kAccessKey{"access_key", "A pair of keys that SDK clients sign with, and what they open.",
                                               "{id: app, secret: \"${APP_SECRET}\"}", describe_access_key};

void describe_protocol(Fields& f, DynamodbSettings& s) {
  describe_store_choice(f, s.store);
  auto& keys = s.protocol.access_keys;
  f.field("access_keys", keys, maybe_empty_list_of(kAccessKey, "[{id: app, secret: \"${APP_SECRET}\"}]"),
          "Who may call. Without any, signatures are not checked, which is possible on a loopback address only.");
  const Node::Entry* const entry = f.reading() == nullptr ? nullptr : f.reading()->node().find("access_keys");
  if (entry == nullptr || entry->value->items.size() != keys.size()) return;
  std::set<std::string_view> ids;
  const Cursor list = f.reading()->child(*entry);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!keys[i].id.empty() && !ids.insert(keys[i].id).second)
      list.item(i).problem_at("id", "the id " + in_quotes(keys[i].id) + " is given twice", "give every key an id of its own");
  }
}

void describe_listener(Fields& f, TablesListenerSettings& s) {
  f.field("address", s.address, kAddress, "IP address and port.");
  describe_protocol(f, s.tables);
  auto& protocol = s.tables.protocol;
  protocol.without_signature = protocol.access_keys.empty() ? dynamo::Unsigned::kLoopback : dynamo::Unsigned::kRefused;
  if (f.reading() != nullptr && protocol.access_keys.empty() && !s.address.address.is_loopback())
    f.reading()->problem_at("address", "without access keys everybody who reaches " + s.address.to_string() + " could change every table",
                            "add access_keys, or listen on 127.0.0.1");
}
constexpr Object<TablesListenerSettings> kListener{"dynamodb", "Where SDK clients talk to the tables: the endpoint URL of theirs.",
                                                   "{address: 127.0.0.1:8000}", describe_listener};

void describe_route_form(Fields& f, DynamodbRoute& s) {
  describe_protocol(f, s.protocol);
  integration::DynamoCallSettings call;
  describe_dynamo_call(f, call);
  if (f.reading() == nullptr) return;
  if (f.given("action")) {
    if (!f.given("request")) f.reading()->problem("'request' is missing", "add request: {TableName: …}");
    if (f.given("access_keys"))
      f.reading()->problem_at("access_keys", "'access_keys' is for routes that speak the protocol", "use 'auth' of the route");
    call.store = s.protocol.store;
    s.call = std::move(call);
    return;
  }
  for (const std::string_view key : {"request", "response"})
    if (f.given(key)) f.reading()->problem_at(key, in_quotes(key) + " belongs to an action", "add action: GetItem or another one");
}

}  // namespace

void describe_tables_listener(Fields& f, Settings& s) {
  f.field("dynamodb", s.dynamodb, kListener, "A listener for SDK clients. Default: none.");
}

constexpr Object<DynamodbRoute> kDynamodbRoute{"dynamodb_route", "DynamoDB's protocol behind a route, or one of its operations.",
                                               "{store: main}", describe_route_form};

}  // namespace gatehouse::config
