// table: a route that a table serves by itself, plain JSON both ways.
#include "checks.hpp"
#include "descriptions.hpp"
#include "scalars.hpp"
#include "web_texts.hpp"

#include "gatehouse/json/schema.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

namespace gatehouse::config {
namespace {

using integration::TableAction;
using integration::TableBound;
using integration::TableField;
using integration::TableKeyField;
using integration::TableRouteSettings;
using Bounds = std::vector<TableBound>;

bool parse_attribute(std::string_view text, std::string& value, Complaint&) {
  if (text.empty() || text.size() > 255) return false;
  value = text;
  return true;
}
constexpr Text<std::string> kFieldOfItem{"item_field", "the name of a field of the items, 1 to 255 bytes", "", {"owner", "created"},
                                         parse_attribute, print_text, true};

// What a key attribute is: a value, a field of the message with what stands for it where it is absent, or bounds.
struct KeyTerm {
  pipeline::ValueTemplate value;
  std::vector<std::string> body;
  Bounds bounds;
};

void describe_bounds(Fields& f, Bounds& s) {
  const auto bound = [&](std::string_view key, TableBound::Kind kind, std::string_view doc) {
    pipeline::ValueTemplate value;
    if (f.field(key, value, kBodyText, doc)) s.push_back({kind, std::move(value)});
  };
  bound("eq", TableBound::Kind::kEqual, "Exactly this.");
  bound("ge", TableBound::Kind::kGreaterOrEqual, "This or more.");
  bound("gt", TableBound::Kind::kGreater, "More than this.");
  bound("le", TableBound::Kind::kLessOrEqual, "This or less.");
  bound("lt", TableBound::Kind::kLess, "Less than this.");
  bound("prefix", TableBound::Kind::kPrefix, "Whatever begins like this.");
  if (f.reading() == nullptr) return;
  const bool between = s.size() == 2 && f.given("ge") && f.given("le");
  if (s.empty()) f.reading()->problem("expected at least one bound", "write one of eq, ge, gt, le, lt and prefix");
  if (s.size() > 1 && !between)
    f.reading()->problem("these bounds cannot stand together", "one bound, or ge with le");
}
constexpr Object<Bounds> kBounds{"key_bounds", "A range of a sort key. A bound whose value comes out empty does not bound.",
                                 "{ge: $query.from, le: $query.to}", describe_bounds};

constexpr std::string_view kBody = "$body";

// A dollar sign in a default is one.
std::string literal(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped.append(c == '$' ? 2 : 1, c);
  return escaped;
}

// $body.item.id|none
bool parse_body_field(std::string_view text, KeyTerm& term, Complaint& complaint) {
  const std::size_t bar = text.find('|');
  if (!text.starts_with(kBody) || text.substr(0, bar).find('$', 1) != std::string_view::npos) {
    complaint = {"a key has nothing around a field of the message", "write $body.id alone"};
    return false;
  }
  auto node = integration::JsonNode::parse(text, {}, integration::JsonNode::Use::kRequest);
  if (!node) {
    complaint.message = node.error().message();
  } else if (node->path.empty()) {
    complaint = {in_quotes(text) + " is the whole message", "write $body.id, a field of it"};
  } else {
    term.body = std::move(node->path);
    if (bar != std::string_view::npos) term.value = *pipeline::ValueTemplate::parse(literal(text.substr(bar + 1)), {});
    return true;
  }
  return false;
}

struct KeyTermKind {
  using Value = KeyTerm;
  std::string expected() const { return kBodyText.expected() + ", or " + kBounds.expected(); }
  std::string print(const KeyTerm&) const { return {}; }
  bool read(const Cursor& at, KeyTerm& term) const {
    if (at.node().kind == Node::Kind::kMap) return kBounds.read(at, term.bounds);
    if (!names_body(at.node().text)) return kBodyText.read(at, term.value);
    const auto text = at.text(expected(), Dollars::kTemplate);
    Complaint complaint;
    if (text && parse_body_field(*text, term, complaint)) return true;
    if (text) at.wrong(expected(), *text, std::move(complaint));
    return false;
  }
  Shape shape(Model& model) const { return {Shape::Kind::kEither, "", 0, 0, {}, {kBodyText.shape(model), kBounds.shape(model)}}; }

 private:
  // Anywhere, so that a mistake is told as one.
  static bool names_body(std::string_view text) {
    const std::size_t at = text.find(kBody);
    if (at == std::string_view::npos || (at > 0 && text[at - 1] == '$')) return false;
    const std::string_view behind = text.substr(at + kBody.size());
    return behind.empty() || behind.front() == '.' || behind.front() == '|';
  }
};

// The text of a JSON Schema's file, which must be a good one.
struct SchemaFile {
  using Value = std::string;
  std::string expected() const { return "the path of a file with a JSON Schema"; }
  std::string print(const std::string&) const { return {}; }
  bool read(const Cursor& at, std::string& text) const {
    std::string path;
    if (!kFilePath.read(at, path)) return false;
    std::ifstream file(path, std::ios::binary);
    if (!file) {
      at.problem("the file " + in_quotes(path) + " cannot be read");
      return false;
    }
    text.assign(std::istreambuf_iterator<char>(file), {});
    const auto schema = json::Schema::parse(text);
    if (schema) return true;
    at.problem("the schema in " + in_quotes(path) + " cannot be used: " + schema.error().message());
    return false;
  }
  Shape shape(Model& model) const { return kFilePath.shape(model); }
};

constexpr Words<TableAction, 8> kActions{{{{"get", TableAction::kGet},
                                           {"put", TableAction::kPut},
                                           {"patch", TableAction::kPatch},
                                           {"delete", TableAction::kDelete},
                                           {"scan", TableAction::kScan},
                                           {"batch_get", TableAction::kBatchGet},
                                           {"batch_write", TableAction::kBatchWrite},
                                           {"transact", TableAction::kTransact}}}};

void describe_key(Fields& f, TableRouteSettings& s) {
  using KeyMap = Map<KeyTermKind>;
  KeyMap::Value key;
  f.field("key", key, KeyMap{kFieldOfItem, {}, "{owner: $context.identity, id: $path.id}"},
          "Which item or partition. With the whole key the route is about one item: GET reads, PUT replaces, PATCH merges, DELETE "
          "deletes, and on a route for POST alone POST creates. With the partition key alone, or an index, GET lists. Of messages of a WebSocket "
          "API, $body.id is a field.");
  for (auto& [attribute, term] : key) {
    if (term.bounds.empty()) {
      s.key.push_back({std::move(attribute), std::move(term.value), std::move(term.body)});
    } else if (s.bounded.empty()) {
      s.bounded = std::move(attribute);
      s.bounds = std::move(term.bounds);
    } else {
      f.reading()->problem_at("key", "only the sort key can have bounds");
    }
  }
}

void describe_written_fields(Fields& f, std::string_view key, std::vector<TableField>& to, std::string_view doc) {
  using FieldMap = Map<Template>;
  FieldMap::Value fields;
  f.field(key, fields, FieldMap{kFieldOfItem, kBodyText, "{updated: $now}"}, doc);
  for (auto& [attribute, value] : fields) to.push_back({std::move(attribute), std::move(value)});
}

void describe_table_route(Fields& f, TableRouteSettings& s) {
  s.limit = *pipeline::ValueTemplate::parse(std::to_string(TableRouteSettings::kDefaultLimit), {});
  f.field("name", s.table, NameOf{&Reader::tables, kFieldOfItem}, "The table, one of 'tables'.", Need::kRequired);
  f.field("index", s.index, kFieldOfItem, "The index to list by.");
  f.field("action", s.action, kActions, "What to do, where the method does not say it. Default: by method.");
  describe_key(f, s);
  bool newest_first = false;
  f.field("order", newest_first, Words<bool, 2>{{{{"asc", false}, {"desc", true}}}}, "The order of a list, by the sort key.");
  s.descending = newest_first;
  f.field("limit", s.limit, kBodyText, "Items on one page of a list, at most 1000. The next page is asked for with ?cursor=….");
  f.field("filter", s.filter, list_of(kFieldOfItem, "[status, price]"),
          "Fields that a list can be filtered by: ?status=open, ?price.ge=3; also gt, le, lt, ne and prefix.");
  f.field("fields", s.fields, kBoolean, "Whether ?fields=a,b may choose what is answered.");
  describe_written_fields(f, "set", s.set, "Fields that every write sets; clients cannot.");
  describe_written_fields(f, "set_new", s.set_new, "Fields that are set when an item is created, and kept.");
  f.field("read_only", s.read_only, list_of(kFieldOfItem, "[likes]"), "Further fields that clients cannot set.");
  f.field("hidden", s.hidden, list_of(kFieldOfItem, "[secret]"), "Fields that are never answered.");
  f.field("version", s.version, kFieldOfItem,
          "A field that counts the writes of an item and becomes its ETag. Default: a digest of the whole item.");
  f.field("consistent", s.consistent, kBoolean, "Whether reads see every write before them.");
  f.field("schema", s.schema, SchemaFile{}, "A JSON Schema (draft 4, 6 or 7) that items must match to be written.");
}

const dynamo::TableSettings* find_table(const Settings& settings, std::string_view name) {
  const auto found = std::ranges::find(settings.tables, name, &dynamo::TableSettings::name);
  return found == settings.tables.end() ? nullptr : &*found;
}

std::string names_of(const std::vector<dynamo::KeyPart>& parts) {
  std::string names;
  for (const auto& part : parts) names += (names.empty() ? "" : ", ") + part.attribute;
  return names;
}

// Completes a route by its table's keys, or says why they do not fit.
class TableRouteCheck {
 public:
  TableRouteCheck(const Cursor& at, const dynamo::TableSettings& table, TableRouteSettings& route)
      : at_(at), table_(table), route_(route) {}

  void run(bool only_post) {
    route_.store = table_.store;
    route_.partition = table_.partition;
    route_.sort = table_.sort;
    route_.creates = only_post;
    if (!find_index()) return;
    check_key();
    check_use();
  }

 private:
  bool find_index() {
    key_ = {table_.partition};
    key_.insert(key_.end(), table_.sort.begin(), table_.sort.end());
    partitions_ = 1;
    if (route_.index.empty()) return true;
    for (const dynamo::IndexSettings& index : table_.indexes) {
      if (index.name != route_.index) continue;
      key_ = index.partition;
      key_.insert(key_.end(), index.sort.begin(), index.sort.end());
      partitions_ = index.partition.size();
      route_.index_key = key_;
      return true;
    }
    std::vector<std::string_view> names;
    for (const auto& index : table_.indexes) names.push_back(index.name);
    at_.problem_at("index", "the table " + in_quotes(table_.name) + " has no index " + in_quotes(route_.index), did_you_mean(route_.index, names));
    return false;
  }

  void check_key() {
    for (const TableKeyField& field : route_.key) check_part(field.attribute);
    if (!route_.bounded.empty() && check_part(route_.bounded)) {
      const auto sort = std::find_if(key_.begin() + static_cast<std::ptrdiff_t>(partitions_), key_.end(),
                                     [&](const dynamo::KeyPart& part) { return part.attribute == route_.bounded; });
      if (sort == key_.end()) at_.problem_at("key", "only the sort key can have bounds, not " + in_quotes(route_.bounded));
    }
  }

  bool check_part(const std::string& attribute) {
    if (is_key(attribute)) return true;
    at_.problem_at("key", in_quotes(attribute) + " is no part of the key, which is " + names_of(key_));
    return false;
  }

  bool is_key(const std::string& attribute) const {
    return std::ranges::find(key_, attribute, &dynamo::KeyPart::attribute) != key_.end();
  }

  bool pins(const dynamo::KeyPart& part) const {
    return std::ranges::find(route_.key, part.attribute, &TableKeyField::attribute) != route_.key.end();
  }

  void check_use() {
    using enum TableAction;
    const bool batch = route_.action == kBatchGet || route_.action == kBatchWrite || route_.action == kTransact;
    const bool one_item = route_.action == kGet || route_.action == kPut || route_.action == kPatch || route_.action == kDelete;
    if (batch || route_.action == kScan) return;
    const bool partition = std::all_of(key_.begin(), key_.begin() + static_cast<std::ptrdiff_t>(partitions_),
                                       [&](const dynamo::KeyPart& part) { return pins(part); });
    const bool whole = route_.index.empty() && std::ranges::all_of(key_, [&](const dynamo::KeyPart& part) { return pins(part); });
    if (!partition) {
      at_.problem_at("key", "the partition key is missing: " + names_of({key_.begin(), key_.begin() + static_cast<std::ptrdiff_t>(partitions_)}),
                     "give every part of it a value, or write action: scan to list the whole table");
    } else if ((one_item || route_.creates) && !whole) {
      at_.problem_at("key", "one item is meant by its whole key: " + names_of(key_));
    }
    // The service refuses every request with such a filter, which is the route's fault and not the client's.
    for (const std::string& attribute : route_.filter)
      if (is_key(attribute))
        at_.problem_at("filter", in_quotes(attribute) + " is part of the key that the list is read by", "give it bounds in 'key'");
  }

  const Cursor& at_;
  const dynamo::TableSettings& table_;
  TableRouteSettings& route_;
  std::vector<dynamo::KeyPart> key_;
  std::size_t partitions_ = 1;
};

// Only messages have fields that a key can be made of.
void check_body_in_key(const Cursor& at, const RouteSettings& route, const TableRouteSettings& table) {
  using wsapi::RouteKind;
  const bool message = route.socket && (route.socket->kind == RouteKind::kMessage || route.socket->kind == RouteKind::kDefault);
  if (message || std::ranges::all_of(table.key, [](const TableKeyField& field) { return field.body.empty(); })) return;
  if (route.socket)
    at.problem_at("key", route.match + " has no message that '$body' would be", "take $claims or $context, such as $context.connection_id");
  else
    at.problem_at("key", "'$body' in a key is for messages of WebSocket APIs", "take $path, $query or $claims; a route with 'dynamodb' knows $body too");
}

}  // namespace

constexpr Object<TableRouteSettings> kTableRoute{"table_route", "A table as a resource: plain JSON both ways, no backend.",
                                                 "{name: notes, key: {owner: $path.owner, id: $path.id}}", describe_table_route};

void complete_table_routes(const Cursor& root, Settings& settings) {
  each_api(root, settings, [&](const Cursor& api_at, ApiSettings& api) {
    each_item(api_at, "routes", [&](const Cursor& route_at, std::size_t i) {
      if (i >= api.routes.size()) return;
      RouteSettings& route = api.routes[i];
      auto* const settings_of_table = std::get_if<TableRouteSettings>(&route.integration);
      const Node::Entry* const entry = route_at.node().kind == Node::Kind::kMap ? route_at.node().find("table") : nullptr;
      if (settings_of_table == nullptr || entry == nullptr) return;
      const Cursor at = route_at.child(*entry);
      check_body_in_key(at, route, *settings_of_table);
      // A table that is not declared was reported where its name stands.
      const dynamo::TableSettings* const table = find_table(settings, settings_of_table->table);
      if (table == nullptr || table->partition.attribute.empty()) return;
      TableRouteCheck(at, *table, *settings_of_table).run(route.pattern.method == "POST");
    });
  });
}

}  // namespace gatehouse::config
