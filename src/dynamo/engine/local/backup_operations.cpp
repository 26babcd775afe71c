// CreateBackup, DescribeBackup, ListBackups, DeleteBackup.
#include "backups.hpp"
#include "control_request.hpp"
#include "table_description.hpp"

#include <algorithm>

namespace gatehouse::dynamo {
namespace {

using enum Shape::Type;

constexpr std::int64_t kListLimit = 100;
constexpr std::string_view kBackupTypes[] = {"USER", "SYSTEM", "AWS_BACKUP", "ALL"};

constexpr Field kArnRequest[] = {{"BackupArn", {.type = kString, .not_null = true, .least = 37, .most = 1024}}};

Fault no_backup(std::string_view arn) { return {FaultType::kBackupNotFound, "Backup not found: " + std::string(arn)}; }

void write_details(JsonText& to, const BackupEntry& backup, std::string_view status) {
  to.begin("BackupDetails");
  to.string("BackupArn", backup.arn);
  to.string("BackupName", backup.name);
  to.integer("BackupSizeBytes", backup.size_bytes);
  to.string("BackupStatus", status);
  to.string("BackupType", "USER");
  to.time("BackupCreationDateTime", backup.created);
  to.end();
}

void write_indexes(JsonText& to, const Table& table, bool local) {
  to.begin_list(local ? "LocalSecondaryIndexes" : "GlobalSecondaryIndexes");
  for (const TableIndex& index : table.indexes) {
    if (index.local != local) continue;
    to.begin();
    to.string("IndexName", index.name);
    write_key_schema(to, index.partition, index.sort);
    write_projection(to, index);
    if (!local) {
      to.begin("ProvisionedThroughput");
      to.integer("ReadCapacityUnits", index.throughput.read);
      to.integer("WriteCapacityUnits", index.throughput.write);
      to.end();
    }
    to.end();
  }
  to.end_list();
}

void write_source(JsonText& to, const BackupEntry& backup) {
  const Table& table = backup.table;
  to.begin("SourceTableDetails");
  to.string("TableName", table.name);
  to.string("TableId", table.uuid);
  to.string("TableArn", table.arn);
  to.integer("TableSizeBytes", backup.size_bytes);
  write_key_schema(to, table.partition, table.sort);
  to.time("TableCreationDateTime", table.created);
  to.begin("ProvisionedThroughput");
  to.integer("ReadCapacityUnits", table.throughput.read);
  to.integer("WriteCapacityUnits", table.throughput.write);
  to.end();
  to.integer("ItemCount", backup.items);
  to.string("BillingMode", table.on_demand ? "PAY_PER_REQUEST" : "PROVISIONED");
  to.end();
  to.begin("SourceTableFeatureDetails");
  write_indexes(to, table, true);
  write_indexes(to, table, false);
  if (table.stream.view != StreamView::kNone) {
    to.begin("StreamDescription");
    to.flag("StreamEnabled", true);
    to.string("StreamViewType", stream_view_name(table.stream.view));
    to.end();
  }
  if (!table.ttl_attribute.empty()) {
    to.begin("TimeToLiveDescription");
    to.string("TimeToLiveStatus", "ENABLED");
    to.string("AttributeName", table.ttl_attribute);
    to.end();
  }
  to.end();
}

void write_description(Run& run, const BackupEntry& backup, std::string_view status) {
  JsonText answer(run.answer);
  answer.begin();
  answer.begin("BackupDescription");
  write_details(answer, backup, status);
  write_source(answer, backup);
  answer.end();
  answer.end();
}

Outcome<std::shared_ptr<const BackupEntry>> backup_of(Run& run, const Node& request) {
  const std::string_view arn = request.string("BackupArn");
  const auto backup = run.state.backups->find(arn);
  if (!backup || backup->temporary) return no_backup(arn);
  return backup;
}

}  // namespace

Outcome<void> create_backup(Run& run) {
  static constexpr Field kFields[] = {{"BackupName", {.type = kString, .not_null = true, .least = 3, .most = 255, .name_pattern = true}}};
  const Outcome<Node> request = read_table_request(run, kFields);
  if (!request) return request.error();
  const std::string_view name = request->string("TableName");
  const auto table = run.state.catalogue.find(name);
  if (!table) return Fault(FaultType::kTableNotFound, "Table not found: " + std::string(name));
  if (run.patience == Patience::kNever) return Fault(FaultType::kWouldBlock, {});
  const auto backup = run.state.backups->create(*table, std::string(request->string("BackupName")), Backups::Kind::kNamed);
  if (!backup) return backup.error();
  JsonText answer(run.answer);
  answer.begin();
  write_details(answer, **backup, "AVAILABLE");
  answer.end();
  return {};
}

Outcome<void> describe_backup(Run& run) {
  const Outcome<Node> request = read_request(run, kArnRequest);
  if (!request) return request.error();
  const auto backup = backup_of(run, *request);
  if (!backup) return backup.error();
  write_description(run, **backup, "AVAILABLE");
  return {};
}

Outcome<void> delete_backup(Run& run) {
  const Outcome<Node> request = read_request(run, kArnRequest);
  if (!request) return request.error();
  if (run.patience == Patience::kNever) return Fault(FaultType::kWouldBlock, {});
  const auto backup = backup_of(run, *request);
  if (!backup) return backup.error();
  if (Outcome<void> removed = run.state.backups->remove(**backup); !removed) return removed;
  write_description(run, **backup, "DELETED");
  return {};
}

Outcome<void> list_backups(Run& run) {
  static constexpr Field kFields[] = {
      {"TableName", {.type = kString, .least = 1, .most = 1024}},
      {"Limit", {.type = kInteger, .least = 1, .most = kListLimit}},
      {"TimeRangeLowerBound", {.type = kDouble}},
      {"TimeRangeUpperBound", {.type = kDouble}},
      {"ExclusiveStartBackupArn", {.type = kString, .least = 37, .most = 1024}},
      {"BackupType", {.type = kString, .values = kBackupTypes}},
  };
  const Outcome<Node> request = read_request(run, kFields);
  if (!request) return request.error();
  const std::string_view table = request->string("TableName");
  const std::string_view start = request->string("ExclusiveStartBackupArn");
  const std::string_view type = request->string("BackupType");
  const double lower = request->decimal("TimeRangeLowerBound", 0);
  const double upper = request->decimal("TimeRangeUpperBound", 1e18);
  const auto limit = static_cast<std::size_t>(request->integer("Limit", kListLimit));
  const bool none = type == "SYSTEM" || type == "AWS_BACKUP";

  JsonText answer(run.answer);
  answer.begin();
  answer.begin_list("BackupSummaries");
  std::size_t count = 0;
  std::string last;
  bool more = false;
  for (const auto& backup : run.state.backups->all()) {
    const double created = std::chrono::duration<double>(backup->created.time_since_epoch()).count();
    if (none || backup->arn <= start || created < lower || created >= upper) continue;
    if (!table.empty() && backup->table.name != table && backup->table.arn != table) continue;
    if (count++ == limit) {
      more = true;
      break;
    }
    answer.begin();
    answer.string("TableName", backup->table.name);
    answer.string("TableId", backup->table.uuid);
    answer.string("TableArn", backup->table.arn);
    answer.string("BackupArn", backup->arn);
    answer.string("BackupName", backup->name);
    answer.time("BackupCreationDateTime", backup->created);
    answer.string("BackupStatus", "AVAILABLE");
    answer.string("BackupType", "USER");
    answer.integer("BackupSizeBytes", backup->size_bytes);
    answer.end();
    last = backup->arn;
  }
  answer.end_list();
  if (more) answer.string("LastEvaluatedBackupArn", last);
  answer.end();
  return {};
}

}  // namespace gatehouse::dynamo
