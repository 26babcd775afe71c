#include "item_answer.hpp"

#include "row_key.hpp"

#include "gatehouse/dynamo/wire/json_writer.hpp"
#include "gatehouse/dynamo/wire/key_codec.hpp"

#include <algorithm>

namespace gatehouse::dynamo {

void count_write(ConsumedCapacity& capacity, const std::optional<Map>& before, const std::optional<Map>& after, WriteKind kind) {
  const std::uint64_t bytes = std::max(before ? size_of(*before) : 0, after ? size_of(*after) : 0);
  capacity.add_table(write_halves(bytes, kind));
}

void count_index_writes(ConsumedCapacity& capacity, const Mutation& mutation, WriteKind kind) {
  for (const Mutation::IndexWrite& write : mutation.index_writes())
    capacity.add_index(*write.index, write_halves(write.size_bytes, kind));
}

bool has_collections(const Table& table) {
  return std::any_of(table.indexes.begin(), table.indexes.end(), [](const TableIndex& index) { return index.local; });
}

void write_collection_metrics(std::string& to, const LocalState& state, const Table& table, const Map& key,
                              std::string_view row_key) {
  const Value partition = key.find(table.partition.attribute);
  to += R"({"ItemCollectionKey":{)";
  write_json_string(to, table.partition.attribute);
  to += ':';
  write_json_value(to, partition);
  const std::string_view head = row_head(row_key);
  const std::uint64_t gigabytes = state.storage->approximate_size(head, after_prefix(head).value_or(std::string())) / kGiB;
  to += R"(},"SizeEstimateRangeGB":[)";
  write_json_integer(to, static_cast<std::int64_t>(gigabytes));
  to += ".0,";
  write_json_integer(to, static_cast<std::int64_t>(gigabytes + 1));
  to += ".0]}";
}

void write_write_members(AnswerObject& answer, const Run& run, const ItemRequest& request, const Mutation& mutation,
                         const WrittenItem& item, const Map& key) {
  const CapacityReport report = capacity_report(request.return_capacity);
  if (report != CapacityReport::kNone) {
    ConsumedCapacity capacity;
    count_write(capacity, item.before, item.after, WriteKind::kPlain);
    count_index_writes(capacity, mutation, WriteKind::kPlain);
    capacity.write(answer.member("ConsumedCapacity"), item.table.name, report);
  }
  if (request.return_metrics == "SIZE" && has_collections(item.table))
    write_collection_metrics(answer.member("ItemCollectionMetrics"), run.state, item.table, key, item.row_key);
}

Fault condition_failed(const std::optional<Map>& item, std::string_view return_on_failure) {
  std::string members;
  if (item && return_on_failure == "ALL_OLD") {
    members = R"(,"Item":)";
    write_json_item(members, *item);
  }
  return {FaultType::kConditionalCheckFailed, "The conditional request failed", std::move(members)};
}

}  // namespace gatehouse::dynamo
