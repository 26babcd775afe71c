// BatchWriteItem: up to 25 puts and deletes of any tables. The service promises no atomicity; here one batch is cheaper than many.
// Source: Amazon DynamoDB API reference, "BatchWriteItem".
#include "batch_request.hpp"
#include "item_answer.hpp"
#include "item_request.hpp"
#include "mutation.hpp"
#include "row_key.hpp"
#include "run.hpp"

#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <algorithm>
#include <memory>
#include <vector>

namespace gatehouse::dynamo {
namespace {

constexpr std::size_t kMaxWrites = 25;

struct Write {
  enum class Kind : unsigned char { kNone, kPut, kDelete, kBoth } kind = Kind::kNone;
  std::size_t offset = 0;  // of the item's or key's encoding in the batch's bytes
  std::size_t size = 0;
  bool given = false;      // Item or Key
  std::string row_key;
  std::string before;
};

// What is asked of one table.
struct Group {
  std::string_view name;
  std::vector<Write> writes;
  std::shared_ptr<const Table> table;
  ConsumedCapacity capacity;
};

struct BatchWrite {
  bool given = false;
  std::vector<Group> groups;
  std::string bytes;
  std::optional<Fault> value_fault;
  std::string_view return_capacity, return_metrics;

  std::string_view encoded(const Write& write) const { return std::string_view(bytes).substr(write.offset, write.size); }
  Map map(const Write& write) const { return Map::item(encoded(write)); }
};

// {"Item": …} or {"Key": …}
void read_target(JsonReader& reader, std::string_view member, Write& write, BatchWrite& to) {
  if (!reader.begin_object()) return;
  while (const std::optional<std::string_view> name = reader.next_name()) {
    if (reader.skip_null()) continue;
    if (*name != member) {
      reader.skip();
      continue;
    }
    ValueWriter writer(to.bytes);
    write.offset = to.bytes.size();
    write.given = reader.read_item(writer);
    write.size = to.bytes.size() - write.offset;
    if (!to.value_fault) to.value_fault = reader.value_fault();
  }
}

void read_write(JsonReader& reader, Write& write, BatchWrite& to) {
  if (!reader.begin_object()) return;
  while (const std::optional<std::string_view> name = reader.next_name()) {
    if (reader.skip_null()) continue;
    const bool put = *name == "PutRequest";
    if (!put && *name != "DeleteRequest") {
      reader.skip();
      continue;
    }
    const Write::Kind kind = put ? Write::Kind::kPut : Write::Kind::kDelete;
    write.kind = write.kind == Write::Kind::kNone ? kind : Write::Kind::kBoth;
    read_target(reader, put ? "Item" : "Key", write, to);
  }
}

void read_groups(JsonReader& reader, BatchWrite& to) {
  if (!reader.begin_object()) return;
  to.given = true;
  while (const std::optional<std::string_view> table = reader.next_name()) {
    Group& group = to.groups.emplace_back();
    group.name = *table;
    if (!reader.begin_array()) return;
    while (reader.next_element()) read_write(reader, group.writes.emplace_back(), to);
  }
}

Outcome<void> read_batch(Run& run, BatchWrite& to) {
  JsonReader reader(run.body, run.arena);
  if (reader.begin_object()) {
    while (const std::optional<std::string_view> name = reader.next_name()) {
      if (reader.skip_null()) continue;
      if (*name == "RequestItems") {
        read_groups(reader, to);
      } else if (*name == "ReturnConsumedCapacity") {
        reader.read_string(to.return_capacity);
      } else if (*name == "ReturnItemCollectionMetrics") {
        reader.read_string(to.return_metrics);
      } else {
        reader.skip();
      }
    }
  }
  reader.finish();
  if (reader.failed()) return *reader.fault();
  return boost::system::in_place_value;
}

Outcome<void> check_constraints(const BatchWrite& batch) {
  Constraints constraints;
  check_batch_constraints(constraints, batch.given, batch.groups.size(), batch.return_capacity);
  for (const Group& group : batch.groups) {
    check_batch_table_name(constraints, group.name);
    if (group.writes.empty() || group.writes.size() > kMaxWrites) {
      constraints.fail("'{" + std::string(group.name) + "=[...]}'", "requestItems",
                       "Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have "
                       "length greater than or equal to 1]");
    }
    for (std::size_t i = 0; i < group.writes.size(); ++i) {
      const Write& write = group.writes[i];
      if (write.given || write.kind == Write::Kind::kNone) continue;
      constraints.fail("null",
                       "requestItems." + std::string(group.name) + ".member." + std::to_string(i + 1) + ".member." +
                           (write.kind == Write::Kind::kDelete ? "deleteRequest.key" : "putRequest.item"),
                       "Member must not be null");
    }
  }
  return constraints.result();
}

Outcome<void> check(const BatchWrite& batch) {
  if (Outcome<void> valid = check_constraints(batch); !valid) return valid;
  std::size_t writes = 0;
  for (const Group& group : batch.groups) {
    writes += group.writes.size();
    for (const Write& write : group.writes) {
      if (write.kind == Write::Kind::kPut || write.kind == Write::Kind::kDelete) continue;
      return validation(
          "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes");
    }
  }
  if (batch.value_fault) return *batch.value_fault;
  if (writes > kMaxWrites) return validation("Too many items requested for the BatchWriteItem call");
  for (const Group& group : batch.groups)
    for (const Write& write : group.writes)
      if (write.kind == Write::Kind::kPut && size_of(batch.map(write)) > kMaxItemSize)
        return validation("Item size has exceeded the maximum allowed size");
  return boost::system::in_place_value;
}

bool is_about_the_schema(std::string_view message) {
  return message.find("Missing the key") != message.npos || message.find("Type mismatch for key") != message.npos;
}

Outcome<void> append_write_key(const BatchWrite& batch, const Table& table, Write& write) {
  const KeyForm form = write.kind == Write::Kind::kPut ? KeyForm::kItem : KeyForm::kExact;
  Outcome<void> keyed = append_item_key(write.row_key, table, batch.map(write), form);
  // Of a batch the service says only that, whichever of its items it is.
  if (!keyed && is_about_the_schema(keyed.error().message())) return validation("The provided key element does not match the schema");
  return keyed;
}

Outcome<void> find_rows(const Run& run, BatchWrite& batch, std::vector<std::string_view>& rows) {
  for (Group& group : batch.groups) {
    auto table = run.table(group.name);
    if (!table) return table.error();
    group.table = std::move(*table);
    for (Write& write : group.writes) {
      if (Outcome<void> keyed = append_write_key(batch, *group.table, write); !keyed) return keyed;
      rows.push_back(write.row_key);
    }
  }
  return check_distinct_rows(rows);
}

Outcome<void> apply(const BatchWrite& batch, Group& group, Write& write, Mutation& mutation) {
  const Outcome<std::optional<Map>> before = mutation.read(write.row_key, write.before);
  if (!before) return before.error();
  std::optional<Mutation::Image> old_image, new_image;
  if (*before) old_image = Mutation::Image{**before, write.before};
  std::optional<Map> after;
  if (write.kind == Write::Kind::kPut) {
    after = batch.map(write);
    new_image = Mutation::Image{*after, batch.encoded(write)};
  }
  count_write(group.capacity, *before, after, WriteKind::kPlain);
  return mutation.change(*group.table, write.row_key, old_image, new_image, ChangeCause::kClient);
}

// Index writes of all tables stand in one list.
void count_indexes(BatchWrite& batch, const Mutation& mutation) {
  for (const Mutation::IndexWrite& write : mutation.index_writes()) {
    for (Group& group : batch.groups) {
      const auto& indexes = group.table->indexes;
      const bool own = std::any_of(indexes.begin(), indexes.end(), [&](const TableIndex& index) { return &index == write.index; });
      if (own) group.capacity.add_index(*write.index, write_halves(write.size_bytes, WriteKind::kPlain));
    }
  }
}

void write_capacity(std::string& to, const BatchWrite& batch, CapacityReport report) {
  to += '[';
  for (std::size_t i = 0; i < batch.groups.size(); ++i) {
    if (i != 0) to += ',';
    batch.groups[i].capacity.write(to, batch.groups[i].table->name, report);
  }
  to += ']';
}

// Of each collection once.
void write_metrics(std::string& to, const Run& run, const BatchWrite& batch) {
  AnswerObject object(to);
  bool first_table = true;
  for (const Group& group : batch.groups) {
    if (!has_collections(*group.table)) continue;
    if (!first_table) to += ',';
    first_table = false;
    write_json_string(to, group.name);
    to += ":[";
    std::vector<std::string_view> heads;
    for (const Write& write : group.writes) {
      const std::string_view head = row_head(write.row_key);
      if (std::find(heads.begin(), heads.end(), head) != heads.end()) continue;
      if (!heads.empty()) to += ',';
      heads.push_back(head);
      write_collection_metrics(to, run.state, *group.table, batch.map(write), write.row_key);
    }
    to += ']';
  }
  object.end();
}

}  // namespace

Outcome<void> batch_write_item(Run& run) {
  BatchWrite batch;
  if (Outcome<void> read = read_batch(run, batch); !read) return read;
  if (Outcome<void> valid = check(batch); !valid) return valid;
  std::vector<std::string_view> rows;
  if (Outcome<void> found = find_rows(run, batch, rows); !found) return found;

  Mutation mutation(run);
  mutation.lock(rows);
  for (Group& group : batch.groups)
    for (Write& write : group.writes)
      if (Outcome<void> applied = apply(batch, group, write, mutation); !applied) return applied;
  count_indexes(batch, mutation);
  if (Outcome<void> committed = mutation.commit(); !committed) return committed;

  AnswerObject answer(run.answer);
  answer.member("UnprocessedItems") += "{}";
  if (const CapacityReport report = capacity_report(batch.return_capacity); report != CapacityReport::kNone)
    write_capacity(answer.member("ConsumedCapacity"), batch, report);
  const bool collections = std::any_of(batch.groups.begin(), batch.groups.end(),
                                       [](const Group& group) { return has_collections(*group.table); });
  if (batch.return_metrics == "SIZE" && collections) write_metrics(answer.member("ItemCollectionMetrics"), run, batch);
  answer.end();
  return boost::system::in_place_value;
}

}  // namespace gatehouse::dynamo
