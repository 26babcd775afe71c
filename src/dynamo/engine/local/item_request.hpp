// The members of a request about items, read from its JSON in one pass. Members that an operation does not have are ignored;
// wrong JSON types are SerializationExceptions. Checks that need no table are here too, in the service's order. One thread.
#pragma once

#include "run.hpp"

#include "gatehouse/dynamo/expr/bindings.hpp"
#include "gatehouse/dynamo/expr/condition.hpp"
#include "gatehouse/dynamo/expr/projection.hpp"
#include "gatehouse/dynamo/wire/fault.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/dynamo/wire/value.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::dynamo {

enum class Member : std::uint8_t {
  kTableName, kIndexName,
  kKey, kItem, kExclusiveStartKey,
  kConditionExpression, kUpdateExpression, kProjectionExpression, kFilterExpression, kKeyConditionExpression,
  kExpressionAttributeNames, kExpressionAttributeValues,
  kExpected, kAttributeUpdates, kKeyConditions, kQueryFilter, kScanFilter, kConditionalOperator, kAttributesToGet,
  kReturnValues, kReturnValuesOnConditionCheckFailure, kReturnConsumedCapacity, kReturnItemCollectionMetrics,
  kConsistentRead, kScanIndexForward, kSelect, kLimit, kSegment, kTotalSegments,
  kCount
};

std::string_view member_name(Member member);  // "TableName"

class Members {
 public:
  constexpr Members() = default;
  constexpr Members(std::initializer_list<Member> members) {
    for (const Member member : members) add(member);
  }
  constexpr void add(Member member) { bits_ |= 1U << static_cast<unsigned>(member); }
  constexpr bool has(Member member) const { return (bits_ & 1U << static_cast<unsigned>(member)) != 0; }
  constexpr Members operator|(Members other) const {
    other.bits_ |= bits_;
    return other;
  }

 private:
  std::uint32_t bits_ = 0;
};

struct ItemRequest {
  Members given;  // and not null
  std::string_view table_name, index_name;
  Map key, item, start_key;
  std::string_view encoded_key, encoded_item;
  std::string_view condition, update, projection, filter, key_condition;
  std::string_view expected, attribute_updates, key_conditions, legacy_filter;  // raw JSON
  std::vector<std::pair<std::string_view, std::string_view>> names;  // ExpressionAttributeNames, as given
  std::string_view conditional_operator;
  std::vector<std::string_view> attributes_to_get;
  std::string_view return_values, return_on_failure, return_capacity, return_metrics, select;
  bool consistent = false;
  bool forward = true;
  std::int64_t limit = 0, segment = 0, total_segments = 0;
  Bindings bindings;

  // A bad attribute value, and where it was: each operation has its own turn for saying so.
  std::optional<Fault> value_fault;
  Member value_fault_member = Member::kCount;
  std::string_view value_fault_placeholder;  // of ExpressionAttributeValues

  bool has(Member member) const { return given.has(member); }

  std::string key_bytes, item_bytes, start_bytes, values_bytes;  // what the maps are views of
};

// This thread's, emptied. One request at a time.
ItemRequest& fresh_request();

// Fills `to`. The fault is a SerializationException; bad values are left in value_fault.
Outcome<void> read_item_request(Run& run, Members known, ItemRequest& to);
// One member, whose name was just read, e.g. of a request inside of a request.
void read_member(JsonReader& reader, Member member, ItemRequest& to);
std::optional<Member> find_member(std::string_view name, Members known);

// Collects violations of the API's model: "2 validation errors detected: Value null at 'tableName' failed to satisfy constraint: …; …".
class Constraints {
 public:
  void table_name(const ItemRequest& request);
  void index_name(const ItemRequest& request);
  void required(const ItemRequest& request, Member member);
  // `allowed`: "[OR, AND]", as the service prints it.
  void one_of(const ItemRequest& request, Member member, std::string_view value, std::string_view allowed);
  void at_least(const ItemRequest& request, Member member, std::int64_t value, std::int64_t least);
  void attributes_to_get(const ItemRequest& request);
  void return_capacity(const ItemRequest& request);
  void return_metrics(const ItemRequest& request);
  void return_values(const ItemRequest& request);
  void return_on_failure(const ItemRequest& request);
  void conditional_operator(const ItemRequest& request);
  void fail(std::string_view shown_value, std::string_view path, std::string_view constraint);
  Outcome<void> result() const;

 private:
  std::string problems_;
  unsigned count_ = 0;
};

// Expressions and the parameters of before do not mix; placeholders need expressions.
Outcome<void> check_parameter_mix(const ItemRequest& request, std::span<const Member> expressions,
                                  std::span<const Member> legacy);
// A bad attribute value of that member.
Outcome<void> check_values(const ItemRequest& request, Member member);
// Placeholders, before any expression is parsed.
Outcome<void> check_bindings(const ItemRequest& request);
Outcome<void> check_duplicates(const ItemRequest& request);  // in AttributesToGet

// ConditionExpression or Expected; ProjectionExpression or AttributesToGet; none when not given.
Outcome<Condition> condition_of(ItemRequest& request, Arena& arena);
Outcome<Projection> projection_of(ItemRequest& request, Arena& arena);

}  // namespace gatehouse::dynamo
