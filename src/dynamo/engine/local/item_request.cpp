#include "item_request.hpp"

#include "gatehouse/dynamo/expr/legacy.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::dynamo {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Member::kCount)> kNames = {
    "TableName", "IndexName",
    "Key", "Item", "ExclusiveStartKey",
    "ConditionExpression", "UpdateExpression", "ProjectionExpression", "FilterExpression", "KeyConditionExpression",
    "ExpressionAttributeNames", "ExpressionAttributeValues",
    "Expected", "AttributeUpdates", "KeyConditions", "QueryFilter", "ScanFilter", "ConditionalOperator", "AttributesToGet",
    "ReturnValues", "ReturnValuesOnConditionCheckFailure", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics",
    "ConsistentRead", "ScanIndexForward", "Select", "Limit", "Segment", "TotalSegments"};

// What a thread keeps of a large request's memory.
constexpr std::size_t kKeptBytes = 1024 * 1024;

void empty(std::string& text) {
  if (text.capacity() > kKeptBytes) std::string().swap(text);
  text.clear();
}

void note_value_fault(const JsonReader& reader, Member member, ItemRequest& to, std::string_view placeholder = {}) {
  if (to.value_fault || !reader.value_fault()) return;
  to.value_fault = reader.value_fault();
  to.value_fault_member = member;
  to.value_fault_placeholder = placeholder;
}

void read_item(JsonReader& reader, Member member, std::string& bytes, Map& map, ItemRequest& to) {
  ValueWriter writer(bytes);
  if (!reader.read_item(writer)) return;
  map = Map::item(bytes);
  note_value_fault(reader, member, to);
}

void read_names(JsonReader& reader, ItemRequest& to) {
  if (!reader.begin_object("java.util.Map<java.lang.String, java.lang.String>")) return;
  while (const std::optional<std::string_view> placeholder = reader.next_name()) {
    std::string_view attribute;
    if (!reader.read_string(attribute)) return;
    to.bindings.add_name(*placeholder, attribute);
    to.names.emplace_back(*placeholder, attribute);
  }
}

void read_values(JsonReader& reader, ItemRequest& to) {
  if (!reader.begin_object(kAttributeMap)) return;
  ValueWriter writer(to.values_bytes);
  ValueWriter::Open open = writer.begin_map();
  while (const std::optional<std::string_view> placeholder = reader.next_name()) {
    writer.name(open, *placeholder);
    if (!reader.read_value(writer)) return;
    note_value_fault(reader, Member::kExpressionAttributeValues, to, *placeholder);
  }
  writer.end_map(open);
  if (!reader.failed() && !to.value_fault) to.bindings.set_values(Value::at(to.values_bytes.data()).map());
}

void read_strings(JsonReader& reader, std::vector<std::string_view>& to) {
  if (!reader.begin_array()) return;
  while (reader.next_element()) {
    std::string_view text;
    if (reader.read_string(text)) to.push_back(text);
  }
}

std::string lower_first(std::string_view name) {
  std::string lowered(name);
  lowered[0] = static_cast<char>(lowered[0] | 0x20);
  return lowered;
}

std::string quoted(std::string_view text) {
  std::string quoted = "'";
  return quoted.append(text) += '\'';
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

// In a shape like "[OR, AND]".
bool lists(std::string_view allowed, std::string_view value) {
  allowed = allowed.substr(1, allowed.size() - 2);
  while (!allowed.empty()) {
    const std::size_t comma = std::min(allowed.find(", "), allowed.size());
    if (allowed.substr(0, comma) == value) return true;
    allowed.remove_prefix(std::min(comma + 2, allowed.size()));
  }
  return false;
}

std::string join(const ItemRequest& request, std::span<const Member> members) {
  std::string joined;
  for (const Member member : members) {
    if (!request.has(member)) continue;
    if (!joined.empty()) joined += ", ";
    joined += member_name(member);
  }
  return joined;
}

}  // namespace

std::string_view member_name(Member member) { return kNames[static_cast<std::size_t>(member)]; }

std::optional<Member> find_member(std::string_view name, Members known) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] != name) continue;
    const auto member = static_cast<Member>(i);
    return known.has(member) ? std::optional(member) : std::nullopt;
  }
  return std::nullopt;
}

ItemRequest& fresh_request() {
  static thread_local ItemRequest request;
  auto key = std::move(request.key_bytes);
  auto item = std::move(request.item_bytes);
  auto start = std::move(request.start_bytes);
  auto values = std::move(request.values_bytes);
  auto attributes = std::move(request.attributes_to_get);
  request = ItemRequest();
  for (std::string* bytes : {&key, &item, &start, &values}) empty(*bytes);
  attributes.clear();
  request.key_bytes = std::move(key);
  request.item_bytes = std::move(item);
  request.start_bytes = std::move(start);
  request.values_bytes = std::move(values);
  request.attributes_to_get = std::move(attributes);
  return request;
}

void read_member(JsonReader& reader, Member member, ItemRequest& to) {
  if (reader.skip_null()) return;
  to.given.add(member);
  switch (member) {
    case Member::kTableName: reader.read_string(to.table_name); break;
    case Member::kIndexName: reader.read_string(to.index_name); break;
    case Member::kKey:
      read_item(reader, member, to.key_bytes, to.key, to);
      to.encoded_key = to.key_bytes;
      break;
    case Member::kItem:
      read_item(reader, member, to.item_bytes, to.item, to);
      to.encoded_item = to.item_bytes;
      break;
    case Member::kExclusiveStartKey: read_item(reader, member, to.start_bytes, to.start_key, to); break;
    case Member::kConditionExpression: reader.read_string(to.condition); break;
    case Member::kUpdateExpression: reader.read_string(to.update); break;
    case Member::kProjectionExpression: reader.read_string(to.projection); break;
    case Member::kFilterExpression: reader.read_string(to.filter); break;
    case Member::kKeyConditionExpression: reader.read_string(to.key_condition); break;
    case Member::kExpressionAttributeNames: read_names(reader, to); break;
    case Member::kExpressionAttributeValues: read_values(reader, to); break;
    case Member::kExpected: reader.read_raw(to.expected); break;
    case Member::kAttributeUpdates: reader.read_raw(to.attribute_updates); break;
    case Member::kKeyConditions: reader.read_raw(to.key_conditions); break;
    case Member::kQueryFilter:
    case Member::kScanFilter: reader.read_raw(to.legacy_filter); break;
    case Member::kConditionalOperator: reader.read_string(to.conditional_operator); break;
    case Member::kAttributesToGet: read_strings(reader, to.attributes_to_get); break;
    case Member::kReturnValues: reader.read_string(to.return_values); break;
    case Member::kReturnValuesOnConditionCheckFailure: reader.read_string(to.return_on_failure); break;
    case Member::kReturnConsumedCapacity: reader.read_string(to.return_capacity); break;
    case Member::kReturnItemCollectionMetrics: reader.read_string(to.return_metrics); break;
    case Member::kConsistentRead: reader.read_bool(to.consistent); break;
    case Member::kScanIndexForward: reader.read_bool(to.forward); break;
    case Member::kSelect: reader.read_string(to.select); break;
    case Member::kLimit: reader.read_integer(to.limit); break;
    case Member::kSegment: reader.read_integer(to.segment); break;
    case Member::kTotalSegments: reader.read_integer(to.total_segments); break;
    case Member::kCount: break;
  }
}

Outcome<void> read_item_request(Run& run, Members known, ItemRequest& to) {
  JsonReader reader(run.body, run.arena);
  if (reader.begin_object()) {
    while (const std::optional<std::string_view> name = reader.next_name()) {
      if (const std::optional<Member> member = find_member(*name, known)) {
        read_member(reader, *member, to);
      } else {
        reader.skip();
      }
    }
  }
  reader.finish();
  if (reader.failed()) return *reader.fault();
  return boost::system::in_place_value;
}

void Constraints::fail(std::string_view shown_value, std::string_view path, std::string_view constraint) {
  constexpr unsigned kMost = 10;
  if (count_ == kMost) return;
  if (count_++ != 0) problems_ += "; ";
  problems_.append("Value ").append(shown_value).append(" at '").append(path);
  problems_.append("' failed to satisfy constraint: ").append(constraint);
}

void Constraints::required(const ItemRequest& request, Member member) {
  if (!request.has(member)) fail("null", lower_first(member_name(member)), "Member must not be null");
}

void Constraints::table_name(const ItemRequest& request) {
  required(request, Member::kTableName);
  if (!request.has(Member::kTableName) || request.table_name.starts_with("arn:")) return;
  const std::string_view name = request.table_name;
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_name_character))
    fail(quoted(name), "tableName", "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
  if (name.size() < 3) fail(quoted(name), "tableName", "Member must have length greater than or equal to 3");
  if (name.size() > 255) fail(quoted(name), "tableName", "Member must have length less than or equal to 255");
}

void Constraints::index_name(const ItemRequest& request) {
  if (!request.has(Member::kIndexName)) return;
  const std::string_view name = request.index_name;
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_name_character))
    fail(quoted(name), "indexName", "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
  if (name.size() < 3) fail(quoted(name), "indexName", "Member must have length greater than or equal to 3");
  if (name.size() > 255) fail(quoted(name), "indexName", "Member must have length less than or equal to 255");
}

void Constraints::one_of(const ItemRequest& request, Member member, std::string_view value, std::string_view allowed) {
  if (!request.has(member) || lists(allowed, value)) return;
  fail(quoted(value), lower_first(member_name(member)), "Member must satisfy enum value set: " + std::string(allowed));
}

void Constraints::at_least(const ItemRequest& request, Member member, std::int64_t value, std::int64_t least) {
  if (!request.has(member) || value >= least) return;
  fail(quoted(std::to_string(value)), lower_first(member_name(member)),
       "Member must have value greater than or equal to " + std::to_string(least));
}

void Constraints::attributes_to_get(const ItemRequest& request) {
  if (request.has(Member::kAttributesToGet) && request.attributes_to_get.empty())
    fail("'[]'", "attributesToGet", "Member must have length greater than or equal to 1");
}

void Constraints::return_capacity(const ItemRequest& request) {
  one_of(request, Member::kReturnConsumedCapacity, request.return_capacity, "[INDEXES, TOTAL, NONE]");
}

void Constraints::return_metrics(const ItemRequest& request) {
  one_of(request, Member::kReturnItemCollectionMetrics, request.return_metrics, "[SIZE, NONE]");
}

void Constraints::return_values(const ItemRequest& request) {
  one_of(request, Member::kReturnValues, request.return_values, "[ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]");
}

void Constraints::return_on_failure(const ItemRequest& request) {
  one_of(request, Member::kReturnValuesOnConditionCheckFailure, request.return_on_failure, "[ALL_OLD, NONE]");
}

void Constraints::conditional_operator(const ItemRequest& request) {
  one_of(request, Member::kConditionalOperator, request.conditional_operator, "[OR, AND]");
}

Outcome<void> Constraints::result() const {
  if (count_ == 0) return boost::system::in_place_value;
  return validation(std::to_string(count_) + " validation error" + (count_ > 1 ? "s" : "") + " detected: " + problems_);
}

Outcome<void> check_parameter_mix(const ItemRequest& request, std::span<const Member> expressions,
                                  std::span<const Member> legacy) {
  const bool any = std::any_of(expressions.begin(), expressions.end(), [&](Member member) { return request.has(member); });
  if (any) {
    std::vector<Member> counted;
    for (const Member member : legacy) {
      // Keys may still be given the old way beside expressions about the rest.
      const bool excused = member == Member::kKeyConditions && !request.has(Member::kKeyConditionExpression);
      if (!excused && request.has(member)) counted.push_back(member);
    }
    if (!counted.empty()) {
      return validation("Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {" +
                        join(request, counted) + "} Expression parameters: {" + join(request, expressions) + "}");
    }
  } else if (request.has(Member::kExpressionAttributeNames)) {
    return validation("ExpressionAttributeNames can only be specified when using expressions");
  }
  if (!request.has(Member::kExpressionAttributeValues)) return boost::system::in_place_value;
  std::string missing;
  unsigned count = 0;
  for (const Member member : expressions) {
    if (member == Member::kProjectionExpression) continue;
    if (request.has(member)) return boost::system::in_place_value;
    if (count++ != 0) missing += " and ";
    missing += member_name(member);
  }
  return validation("ExpressionAttributeValues can only be specified when using expressions: " + missing +
                    (count > 1 ? " are null" : " is null"));
}

Outcome<void> check_values(const ItemRequest& request, Member member) {
  if (!request.value_fault || request.value_fault_member != member) return boost::system::in_place_value;
  return *request.value_fault;
}

Outcome<void> check_bindings(const ItemRequest& request) {
  if (request.has(Member::kExpressionAttributeNames) && !request.bindings.has_names())
    return validation("ExpressionAttributeNames must not be empty");
  if (request.value_fault && request.value_fault_member == Member::kExpressionAttributeValues) {
    return validation("ExpressionAttributeValues contains invalid value: " + request.value_fault->message() + " for key " +
                      std::string(request.value_fault_placeholder));
  }
  if (request.has(Member::kExpressionAttributeValues) && !request.value_fault &&
      Value::at(request.values_bytes.data()).map().empty())
    return validation("ExpressionAttributeValues must not be empty");
  return request.bindings.check_syntax();
}

Outcome<void> check_duplicates(const ItemRequest& request) {
  const auto& names = request.attributes_to_get;
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (std::find(names.begin(), name, *name) == name) continue;
    return validation("One or more parameter values were invalid: Duplicate value in attribute name: " + std::string(*name));
  }
  return boost::system::in_place_value;
}

Outcome<Condition> condition_of(ItemRequest& request, Arena& arena) {
  if (request.has(Member::kConditionExpression))
    return Condition::parse(request.condition, ExpressionKind::kCondition, request.bindings, arena);
  if (request.has(Member::kExpected)) return parse_expected(request.expected, request.conditional_operator, arena);
  if (request.has(Member::kConditionalOperator))
    return validation("ConditionalOperator cannot be used without Filter or Expected");
  return Condition();
}

Outcome<Projection> projection_of(ItemRequest& request, Arena& arena) {
  if (request.has(Member::kProjectionExpression)) return Projection::parse(request.projection, request.bindings, arena);
  if (request.has(Member::kAttributesToGet)) return Projection::of_attributes(request.attributes_to_get, arena);
  return Projection();
}

}  // namespace gatehouse::dynamo
