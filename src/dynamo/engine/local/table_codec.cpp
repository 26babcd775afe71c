// A table's description as a row. Members are only ever added: an absent one has the default it had before it existed.
#include "row_codec.hpp"

namespace gatehouse::dynamo {
namespace {

constexpr Throughput kNoLimit{-1, -1};

void encode_indexes(const Table& table, RowWriter& to) {
  to.begin_list("indexes");
  for (const TableIndex& index : table.indexes) {
    to.begin_element();
    to.integer("number", index.number);
    to.text("name", index.name);
    to.flag("local", index.local);
    to.parts("partition", index.partition);
    to.parts("sort", index.sort);
    to.integer("projected", static_cast<int>(index.projected));
    to.texts("include", index.include);
    to.integer("status", static_cast<int>(index.status));
    to.throughput("throughput", index.throughput);
    to.throughput("limit", index.on_demand_limit);
    to.end_element();
  }
  to.end_list();
}

TableIndex decode_index(const Map& row) {
  const RowReader from(row);
  TableIndex index;
  index.number = static_cast<std::uint8_t>(from.integer("number"));
  index.name = from.text("name");
  index.local = from.flag("local");
  index.partition = from.parts("partition");
  index.sort = from.parts("sort");
  index.projected = static_cast<IndexSettings::Projected>(from.integer("projected"));
  index.include = from.texts("include");
  index.status = static_cast<IndexStatus>(from.integer("status"));
  index.throughput = from.throughput("throughput");
  index.on_demand_limit = from.throughput("limit", kNoLimit);
  return index;
}

}  // namespace

void encode_table(const Table& table, RowWriter& to) {
  to.integer("id", table.id);
  to.text("name", table.name);
  to.text("arn", table.arn);
  to.text("uuid", table.uuid);
  to.time("created", table.created);
  to.part("partition", table.partition);
  if (table.sort) to.part("sort", *table.sort);
  to.parts("declared", table.declared);
  encode_indexes(table, to);
  to.flag("on_demand", table.on_demand);
  to.throughput("throughput", table.throughput);
  to.throughput("limit", table.on_demand_limit);
  to.time("billing_changed", table.billing_changed);
  to.integer("status", static_cast<int>(table.status));
  to.text("ttl", table.ttl_attribute);
  to.flag("ttl_building", table.ttl_building);
  to.time("ttl_changed", table.ttl_changed);
  to.integer("stream_view", static_cast<int>(table.stream.view));
  to.integer("stream_id", table.stream.id);
  to.text("stream_label", table.stream.label);
  to.text("stream_arn", table.stream.arn);
  to.flag("deletion_protection", table.deletion_protection);
  to.flag("continuous_backups", table.continuous_backups);
  to.text("class", table.table_class);
  to.text("encryption", table.encryption);
  to.text("restored_backup", table.restored_backup);
  to.flag("restored_latest", table.restored_latest);
  to.text("restored_table", table.restored_table);
  to.time("restored_at", table.restored_at);
  to.begin_list("tags");
  for (const auto& [key, value] : table.tags) {
    to.begin_element();
    to.text("key", key);
    to.text("value", value);
    to.end_element();
  }
  to.end_list();
}

Table decode_table(const Map& row) {
  const RowReader from(row);
  Table table;
  table.id = static_cast<TableId>(from.integer("id"));
  table.name = from.text("name");
  table.arn = from.text("arn");
  table.uuid = from.text("uuid");
  table.created = from.time("created");
  table.partition = from.part("partition");
  if (from.value("sort")) table.sort = from.part("sort");
  table.declared = from.parts("declared");
  if (const Value list = from.value("indexes"); list && list.type() == Type::kList)
    for (const Value index : list.list())
      if (index.type() == Type::kMap) table.indexes.push_back(decode_index(index.map()));
  table.on_demand = from.flag("on_demand");
  table.throughput = from.throughput("throughput");
  table.on_demand_limit = from.throughput("limit", kNoLimit);
  table.billing_changed = from.time("billing_changed");
  table.status = static_cast<TableStatus>(from.integer("status"));
  table.ttl_attribute = from.text("ttl");
  table.ttl_building = from.flag("ttl_building");
  table.ttl_changed = from.time("ttl_changed");
  table.stream.view = static_cast<StreamView>(from.integer("stream_view"));
  table.stream.id = static_cast<std::uint32_t>(from.integer("stream_id"));
  table.stream.label = from.text("stream_label");
  table.stream.arn = from.text("stream_arn");
  table.deletion_protection = from.flag("deletion_protection");
  table.continuous_backups = from.flag("continuous_backups");
  table.table_class = from.text("class");
  table.encryption = from.text("encryption");
  table.restored_backup = from.text("restored_backup");
  table.restored_latest = from.flag("restored_latest");
  table.restored_table = from.text("restored_table");
  table.restored_at = from.time("restored_at");
  if (const Value list = from.value("tags"); list && list.type() == Type::kList)
    for (const Value tag : list.list())
      if (tag.type() == Type::kMap) table.tags.emplace_back(RowReader(tag.map()).text("key"), RowReader(tag.map()).text("value"));
  return table;
}

}  // namespace gatehouse::dynamo
