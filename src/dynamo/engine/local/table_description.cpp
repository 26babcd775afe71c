#include "table_description.hpp"

#include <algorithm>

namespace gatehouse::dynamo {
namespace {

std::string_view status_name(IndexStatus status) {
  switch (status) {
    case IndexStatus::kActive: return "ACTIVE";
    case IndexStatus::kCreating: return "CREATING";
    case IndexStatus::kDeleting: return "DELETING";
  }
  return {};
}

void write_key_element(JsonText& to, const KeyPart& part, std::string_view role) {
  to.begin();
  to.string("AttributeName", part.attribute);
  to.string("KeyType", role);
  to.end();
}

void write_throughput(JsonText& to, const Throughput& throughput) {
  to.begin("ProvisionedThroughput");
  to.integer("NumberOfDecreasesToday", 0);
  to.integer("ReadCapacityUnits", throughput.read);
  to.integer("WriteCapacityUnits", throughput.write);
  to.end();
}

void write_on_demand_limit(JsonText& to, const Throughput& limit) {
  if (limit.read < 0 && limit.write < 0) return;
  to.begin("OnDemandThroughput");
  to.integer("MaxReadRequestUnits", limit.read);
  to.integer("MaxWriteRequestUnits", limit.write);
  to.end();
}

void write_index(JsonText& to, const Table& table, const TableIndex& index) {
  to.begin();
  to.string("IndexName", index.name);
  write_key_schema(to, index.partition, index.sort);
  write_projection(to, index);
  if (!index.local) {
    to.string("IndexStatus", status_name(index.status));
    if (index.status == IndexStatus::kCreating) to.flag("Backfilling", true);
    write_throughput(to, index.throughput);
    write_on_demand_limit(to, index.on_demand_limit);
  }
  to.integer("IndexSizeBytes", std::max<std::int64_t>(0, index.counters->bytes.load(std::memory_order_relaxed)));
  to.integer("ItemCount", std::max<std::int64_t>(0, index.counters->items.load(std::memory_order_relaxed)));
  to.string("IndexArn", table.arn + "/index/" + index.name);
  to.end();
}

void write_indexes(JsonText& to, const Table& table, std::string_view name, bool local) {
  const auto is_one = [local](const TableIndex& index) { return index.local == local; };
  if (std::none_of(table.indexes.begin(), table.indexes.end(), is_one)) return;
  to.begin_list(name);
  for (const TableIndex& index : table.indexes)
    if (is_one(index)) write_index(to, table, index);
  to.end_list();
}

void write_billing(JsonText& to, const Table& table) {
  write_throughput(to, table.throughput);
  if (!table.on_demand && table.billing_changed == WallTime()) return;
  to.begin("BillingModeSummary");
  to.string("BillingMode", table.on_demand ? "PAY_PER_REQUEST" : "PROVISIONED");
  to.time("LastUpdateToPayPerRequestDateTime", table.billing_changed);
  to.end();
  write_on_demand_limit(to, table.on_demand_limit);
}

void write_stream(JsonText& to, const TableStream& stream) {
  if (stream.view != StreamView::kNone) {
    to.begin("StreamSpecification");
    to.flag("StreamEnabled", true);
    to.string("StreamViewType", stream_view_name(stream.view));
    to.end();
  }
  if (stream.arn.empty()) return;
  to.string("LatestStreamLabel", stream.label);
  to.string("LatestStreamArn", stream.arn);
}

void write_extras(JsonText& to, const Table& table) {
  if (!table.encryption.empty()) {
    to.begin("SSEDescription");
    to.string("Status", "ENABLED");
    to.string("SSEType", table.encryption);
    to.end();
  }
  if (table.table_class != "STANDARD") {
    to.begin("TableClassSummary");
    to.string("TableClass", table.table_class);
    to.end();
  }
  if (!table.restored_table.empty()) {
    to.begin("RestoreSummary");
    if (!table.restored_backup.empty() && !table.restored_latest) to.string("SourceBackupArn", table.restored_backup);
    to.string("SourceTableArn", table.restored_table);
    to.time("RestoreDateTime", table.restored_at);
    to.flag("RestoreInProgress", table.status == TableStatus::kCreating);
    to.end();
  }
}

}  // namespace

std::string table_arn(std::string_view region, std::string_view table) {
  return "arn:aws:dynamodb:" + std::string(region) + ":000000000000:table/" + std::string(table);
}

std::string_view type_letter(KeyType type) {
  switch (type) {
    case KeyType::kString: return "S";
    case KeyType::kNumber: return "N";
    case KeyType::kBinary: return "B";
  }
  return {};
}

std::string_view stream_view_name(StreamView view) {
  switch (view) {
    case StreamView::kNone: break;
    case StreamView::kKeysOnly: return "KEYS_ONLY";
    case StreamView::kNewImage: return "NEW_IMAGE";
    case StreamView::kOldImage: return "OLD_IMAGE";
    case StreamView::kNewAndOldImages: return "NEW_AND_OLD_IMAGES";
  }
  return {};
}

void write_key_schema(JsonText& to, const std::vector<KeyPart>& partition, const std::vector<KeyPart>& sort) {
  to.begin_list("KeySchema");
  for (const KeyPart& part : partition) write_key_element(to, part, "HASH");
  for (const KeyPart& part : sort) write_key_element(to, part, "RANGE");
  to.end_list();
}

void write_key_schema(JsonText& to, const KeyPart& partition, const std::optional<KeyPart>& sort) {
  write_key_schema(to, std::vector{partition}, sort ? std::vector{*sort} : std::vector<KeyPart>());
}

void write_projection(JsonText& to, const TableIndex& index) {
  using Projected = IndexSettings::Projected;
  to.begin("Projection");
  to.string("ProjectionType", index.projected == Projected::kAll        ? "ALL"
                              : index.projected == Projected::kKeysOnly ? "KEYS_ONLY"
                                                                        : "INCLUDE");
  if (!index.include.empty()) {
    to.begin_list("NonKeyAttributes");
    for (const std::string& attribute : index.include) to.element(attribute);
    to.end_list();
  }
  to.end();
}

void write_table(JsonText& to, std::string_view name, const Table& table) {
  to.begin(name);
  to.begin_list("AttributeDefinitions");
  for (const KeyPart& part : table.declared) {
    to.begin();
    to.string("AttributeName", part.attribute);
    to.string("AttributeType", type_letter(part.type));
    to.end();
  }
  to.end_list();
  to.string("TableName", table.name);
  write_key_schema(to, table.partition, table.sort);
  to.string("TableStatus", table.status == TableStatus::kActive ? "ACTIVE" : "CREATING");
  to.time("CreationDateTime", table.created);
  write_billing(to, table);
  to.integer("TableSizeBytes", std::max<std::int64_t>(0, table.counters->bytes.load(std::memory_order_relaxed)));
  to.integer("ItemCount", std::max<std::int64_t>(0, table.counters->items.load(std::memory_order_relaxed)));
  to.string("TableArn", table.arn);
  to.string("TableId", table.uuid);
  write_indexes(to, table, "LocalSecondaryIndexes", true);
  write_indexes(to, table, "GlobalSecondaryIndexes", false);
  write_stream(to, table.stream);
  write_extras(to, table);
  to.flag("DeletionProtectionEnabled", table.deletion_protection);
  to.end();
}

}  // namespace gatehouse::dynamo
