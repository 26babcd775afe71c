// What the answers of item operations have in common: an object whose members come one by one, the capacity that a write
// consumed, the item collection it belongs to, and the fault of a condition that does not hold.
#pragma once

#include "consumed_capacity.hpp"
#include "item_request.hpp"
#include "mutation.hpp"

#include "gatehouse/dynamo/wire/fault.hpp"
#include "gatehouse/dynamo/wire/value.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

class AnswerObject {
 public:
  explicit AnswerObject(std::string& to) : to_(to) { to_ += '{'; }
  // Its value is appended next.
  std::string& member(std::string_view name) {
    if (!first_) to_ += ',';
    first_ = false;
    to_ += '"';
    to_.append(name).append("\":");
    return to_;
  }
  void end() { to_ += '}'; }

 private:
  std::string& to_;
  bool first_ = true;
};

// Of one changed item.
void count_write(ConsumedCapacity& capacity, const std::optional<Map>& before, const std::optional<Map>& after, WriteKind kind);
void count_index_writes(ConsumedCapacity& capacity, const Mutation& mutation, WriteKind kind);

// {"ItemCollectionKey":…,"SizeEstimateRangeGB":…}; REQUIRES: the table has local indexes.
void write_collection_metrics(std::string& to, const LocalState& state, const Table& table, const Map& key, std::string_view row_key);
bool has_collections(const Table& table);

// ConsumedCapacity and ItemCollectionMetrics of a single write, as asked for.
struct WrittenItem {
  const Table& table;
  std::string_view row_key;
  const std::optional<Map>& before;
  const std::optional<Map>& after;
};
void write_write_members(AnswerObject& answer, const Run& run, const ItemRequest& request, const Mutation& mutation,
                         const WrittenItem& item, const Map& key);

// With the item as it is, where ReturnValuesOnConditionCheckFailure asks for it.
Fault condition_failed(const std::optional<Map>& item, std::string_view return_on_failure);

}  // namespace gatehouse::dynamo
