// tables: what the configuration creates, or compares with what is there.
#include "descriptions.hpp"
#include "scalars.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace gatehouse::config {
namespace {

using dynamo::IndexSettings;
using dynamo::KeyPart;
using dynamo::KeyType;
using dynamo::StreamView;
using dynamo::TableSettings;
using Parts = std::vector<KeyPart>;

constexpr std::size_t kMostPerSide = 4;  // attributes of one side of a global index's key
constexpr std::size_t kMostLocal = 5;
constexpr std::size_t kMostGlobal = 20;
constexpr std::size_t kMostIncluded = 100;

bool parse_table_name(std::string_view text, std::string& value, Complaint&) {
  const bool good = std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
  if (!good || text.size() < 3 || text.size() > 255) return false;
  value = text;
  return true;
}
constexpr Text<std::string> kTableName{"table_name",
                                       "a name of 3 to 255 letters, digits, '-', '_' and '.'",
                                       "^[A-Za-z0-9_.-]{3,255}$",
                                       {"notes", "orders-2025"},
                                       parse_table_name,
                                       print_text,
                                       true};

bool parse_attribute(std::string_view text, std::string& value, Complaint&) {
  if (text.empty() || text.size() > 255) return false;
  value = text;
  return true;
}
constexpr Text<std::string> kAttribute{
    "attribute", "the name of an attribute, 1 to 255 bytes", "", {"owner", "created"}, parse_attribute, print_text, true};

constexpr Words<KeyType, 3> kKeyType{{{{"S", KeyType::kString}, {"N", KeyType::kNumber}, {"B", KeyType::kBinary}}}};

// {owner: S, id: S}: the order says which is which.
struct KeyMap {
  using Value = Parts;
  std::size_t most;
  std::string_view example;

  std::string expected() const { return "a map such as " + std::string(example); }
  std::string print(const Parts&) const { return {}; }
  bool read(const Cursor& at, Parts& parts) const {
    Map<Words<KeyType, 3>>::Value entries;
    if (!Map<Words<KeyType, 3>>{kAttribute, kKeyType, example}.read(at, entries)) return false;
    if (entries.empty() || entries.size() > most) {
      at.problem("expected " + expected() + ", found " + std::to_string(entries.size()) + " attributes");
      return false;
    }
    for (auto& [attribute, type] : entries) parts.push_back({std::move(attribute), type});
    return true;
  }
  Shape shape(Model& model) const {
    return {Shape::Kind::kMap, "", 0, 0, {}, {kAttribute.shape(model), kKeyType.shape(model)}};
  }
};

constexpr KeyMap kTwoParts{2, "{owner: S, id: S}: the partition key, then perhaps the sort key, each S, N or B"};
constexpr KeyMap kOnePart{1, "{owner: S}"};

void describe_wide_key(Fields& f, IndexSettings& s) {
  std::vector<Parts> partition;
  std::vector<Parts> sort;
  f.field("partition", partition, list_of(kOnePart, "[tenant: S, region: S]"), "Up to four attributes.", Need::kRequired);
  f.field("sort", sort, maybe_empty_list_of(kOnePart, "[year: N, month: N]"), "Up to four attributes.");
  for (auto& parts : partition) s.partition.insert(s.partition.end(), parts.begin(), parts.end());
  for (auto& parts : sort) s.sort.insert(s.sort.end(), parts.begin(), parts.end());
  if (f.reading() == nullptr) return;
  if (partition.size() > kMostPerSide) f.reading()->problem_at("partition", "has more than four attributes");
  if (sort.size() > kMostPerSide) f.reading()->problem_at("sort", "has more than four attributes");
}
constexpr Object<IndexSettings> kWideKey{"wide_key", "A key of several attributes on each side, of a global index.",
                                         "{partition: [tenant: S, region: S], sort: [created: S]}", describe_wide_key};

// A KeyMap, or a map of two lists.
struct IndexKey {
  using Value = IndexSettings;
  std::string expected() const { return kTwoParts.expected() + ", or " + kWideKey.expected(); }
  std::string print(const IndexSettings&) const { return {}; }
  bool read(const Cursor& at, IndexSettings& index) const {
    if (at.node().kind != Node::Kind::kMap) {
      at.mismatch(expected());
      return false;
    }
    const Node::Entry* const partition = at.node().find("partition");
    if (partition != nullptr && partition->value->kind != Node::Kind::kScalar) return kWideKey.read(at, index);
    Parts parts;
    if (!kTwoParts.read(at, parts)) return false;
    index.partition = {parts.front()};
    index.sort.assign(parts.begin() + 1, parts.end());
    return true;
  }
  Shape shape(Model& model) const {
    return {Shape::Kind::kEither, "", 0, 0, {}, {kTwoParts.shape(model), kWideKey.shape(model)}};
  }
};

struct Projection {
  IndexSettings::Projected projected = IndexSettings::Projected::kAll;
  std::vector<std::string> include;
  bool operator==(const Projection&) const = default;
};

struct Included {
  using Value = Projection;
  static constexpr Node::Kind kNode = Node::Kind::kList;
  static constexpr auto kNames = List<Text<std::string>>{kAttribute, "[title, owner]"};
  std::string expected() const { return kNames.expected(); }
  std::string print(const Projection&) const { return {}; }
  bool read(const Cursor& at, Projection& value) const {
    value.projected = IndexSettings::Projected::kInclude;
    if (!kNames.read(at, value.include)) return false;
    if (value.include.size() <= kMostIncluded) return true;
    at.problem("names more than 100 attributes");
    return false;
  }
  Shape shape(Model& model) const { return kNames.shape(model); }
};

void describe_index(Fields& f, IndexSettings& s) {
  f.field("key", s, IndexKey{}, "The key: partition, then perhaps sort.", Need::kRequired);
  f.field("local", s.local, kBoolean,
          "Kept with the table's partition, read consistently, and only there from the table's beginning. Default: a global index, "
          "which can be added later.");
  Projection projection;
  const Words<Projection, 2> words{
      {{{"all", {IndexSettings::Projected::kAll, {}}}, {"keys_only", {IndexSettings::Projected::kKeysOnly, {}}}}}};
  f.field("projection", projection, WordsOr<Words<Projection, 2>, Included>{words, {}},
          "What of an item the index holds: all of it, its keys, or its keys and these attributes.");
  s.projected = projection.projected;
  s.include = std::move(projection.include);
}
constexpr Object<IndexSettings> kIndex{"index", "A further order of a table's items.", "{key: {owner: S, created: S}}", describe_index};

// One attribute cannot be of two types, and not twice in one key.
void check_attributes(const Cursor& at, const TableSettings& table) {
  std::map<std::string_view, KeyType> types;
  const auto check = [&](const Cursor& place, const Parts& parts, std::set<std::string_view>& seen) {
    for (const KeyPart& part : parts) {
      if (!seen.insert(part.attribute).second) place.problem(in_quotes(part.attribute) + " stands twice in one key");
      const auto [known, is_new] = types.emplace(part.attribute, part.type);
      if (!is_new && known->second != part.type)
        place.problem(in_quotes(part.attribute) + " has another type in another key", "an attribute has one type in all keys of a table");
    }
  };
  std::set<std::string_view> own;
  const Parts partition = {table.partition};  // what is looked at is remembered by view
  check(at, partition, own);
  check(at, table.sort, own);
  const Node::Entry* const indexes = at.node().find("indexes");
  if (indexes == nullptr || indexes->value->entries.size() != table.indexes.size()) return;
  const Cursor map = at.child(*indexes);
  for (std::size_t i = 0; i < table.indexes.size(); ++i) {
    std::set<std::string_view> seen;
    const Cursor place = map.child(indexes->value->entries[i]);
    check(place, table.indexes[i].partition, seen);
    check(place, table.indexes[i].sort, seen);
  }
}

void check_indexes(const Cursor& at, const TableSettings& table) {
  const Node::Entry* const indexes = at.node().find("indexes");
  if (indexes == nullptr || indexes->value->entries.size() != table.indexes.size()) return;
  const Cursor map = at.child(*indexes);
  std::size_t locals = 0;
  for (std::size_t i = 0; i < table.indexes.size(); ++i) {
    const IndexSettings& index = table.indexes[i];
    if (!index.local) continue;
    ++locals;
    const bool fits = index.partition.size() == 1 && index.partition[0] == table.partition && index.sort.size() == 1 &&
                      !table.sort.empty() && index.sort != table.sort;
    if (!fits && !index.partition.empty())
      map.child(indexes->value->entries[i])
          .problem("a local index has the table's partition key and a sort key of its own, of a table that has one",
                   "leave 'local' out for a global index");
  }
  if (locals > kMostLocal) map.problem("has more than 5 local indexes");
  if (table.indexes.size() - locals > kMostGlobal) map.problem("has more than 20 global indexes");
}

void describe_table(Fields& f, TableSettings& s) {
  const Cursor* const at = f.reading();
  if (at != nullptr) {
    const Position place = at->node().at;
    s.position = at->reader().problems.file() + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
  }
  describe_store_choice(f, s.store);
  Parts key;
  f.field("key", key, kTwoParts, "The primary key: partition, then perhaps sort.", Need::kRequired);
  if (!key.empty()) s.partition = key.front();
  if (key.size() > 1) s.sort = {key[1]};
  using IndexMap = Map<Object<IndexSettings>>;
  IndexMap::Value indexes;
  f.field("indexes", indexes, IndexMap{kTableName, kIndex, "{by_date: {key: {owner: S, created: S}}}"},
          "Further orders of the items, by name.");
  for (auto& [name, index] : indexes) {
    index.name = std::move(name);
    s.indexes.push_back(std::move(index));
  }
  f.field("ttl", s.ttl, kAttribute, "The attribute that says when an item expires, in seconds since 1970.");
  f.field("stream", s.stream,
          Words<StreamView, 5>{{{{"none", StreamView::kNone},
                                 {"keys_only", StreamView::kKeysOnly},
                                 {"new_image", StreamView::kNewImage},
                                 {"old_image", StreamView::kOldImage},
                                 {"new_and_old_images", StreamView::kNewAndOldImages}}}},
          "What the table's stream says of each change.");
  if (at == nullptr || key.empty()) return;
  check_attributes(*at, s);
  check_indexes(*at, s);
}
constexpr Object<TableSettings> kTable{"table", "A table, created at start when it is absent. One that is there is never changed silently.",
                                       "{key: {owner: S, id: S}}", describe_table};

}  // namespace

void describe_tables(Fields& f, Settings& s) {
  using TableMap = Map<Object<TableSettings>>;
  TableMap::Value tables;
  f.field("tables", tables, TableMap{kTableName, kTable, "{notes: {key: {owner: S, id: S}}}"}, "Tables, by name.");
  for (auto& [name, table] : tables) {
    f.reading()->reader().tables.declare(name);
    table.name = std::move(name);
    s.tables.push_back(std::move(table));
  }
}

}  // namespace gatehouse::config
