// RestoreTableFromBackup, RestoreTableToPointInTime, and continuous backups. The only point in time that can be restored is the
// latest: it is taken when it is asked for. Nothing is kept of earlier ones, and nothing else is promised.
#include "backups.hpp"
#include "control_request.hpp"
#include "table_description.hpp"
#include "table_request.hpp"

#include "gatehouse/base/ids.hpp"

#include <algorithm>

namespace gatehouse::dynamo {
namespace {

using enum Shape::Type;

constexpr std::string_view kBillingModes[] = {"PROVISIONED", "PAY_PER_REQUEST"};
constexpr Shape kTargetName = {.type = kString, .not_null = true, .least = 3, .most = 255, .name_pattern = true};
constexpr Field kThroughputFields[] = {{"ReadCapacityUnits", {.type = kLong, .not_null = true, .least = 1}},
                                       {"WriteCapacityUnits", {.type = kLong, .not_null = true, .least = 1}}};
constexpr Shape kThroughput = {.type = kStruct, .fields = kThroughputFields, .structure = "ProvisionedThroughput"};
constexpr Field kIndexFields[] = {{"IndexName", {.type = kString, .not_null = true}}};
constexpr Shape kIndex = {.type = kStruct, .fields = kIndexFields, .structure = "SecondaryIndex"};
constexpr Shape kIndexes = {.type = kList, .element = &kIndex};

constexpr Field kFromBackup[] = {
    {"TargetTableName", kTargetName},
    {"BackupArn", {.type = kString, .not_null = true, .least = 37, .most = 1024}},
    {"BillingModeOverride", {.type = kString, .values = kBillingModes}},
    {"GlobalSecondaryIndexOverride", kIndexes},
    {"LocalSecondaryIndexOverride", kIndexes},
    {"ProvisionedThroughputOverride", kThroughput},
};
constexpr Field kToPointInTime[] = {
    {"SourceTableArn", {.type = kString}},
    {"SourceTableName", {.type = kString, .least = 3, .most = 255, .name_pattern = true}},
    {"TargetTableName", kTargetName},
    {"UseLatestRestorableTime", {.type = kBoolean}},
    {"RestoreDateTime", {.type = kDouble}},
    {"BillingModeOverride", {.type = kString, .values = kBillingModes}},
    {"GlobalSecondaryIndexOverride", kIndexes},
    {"LocalSecondaryIndexOverride", kIndexes},
    {"ProvisionedThroughputOverride", kThroughput},
};

// An override names the indexes that the new table keeps.
Outcome<void> keep_indexes(const Node& request, std::string_view member, bool local, Table& table) {
  const Node* list = request.find(member);
  if (list == nullptr) return {};
  for (const Node& index : list->elements) {
    const TableIndex* known = table.find_index(index.string("IndexName"));
    if (known == nullptr || known->local != local)
      return invalid_parameters("Index " + std::string(index.string("IndexName")) + " is not an index of the source table");
  }
  std::erase_if(table.indexes, [&](const TableIndex& index) {
    return index.local == local && std::none_of(list->elements.begin(), list->elements.end(), [&](const Node& each) { return each.string("IndexName") == index.name; });
  });
  return {};
}

// The new table: keys and indexes of the source; no stream, expiry, tags or protection, as the service leaves them out.
Outcome<Table> target_of(Run& run, const Node& request, const BackupEntry& backup) {
  const Table& source = backup.table;
  Table table;
  table.name = request.string("TargetTableName");
  table.arn = table_arn(run.state.options.region, table.name);
  table.uuid = make_uuid();
  table.created = run.state.clock.wall();
  table.partition = source.partition;
  table.sort = source.sort;
  table.indexes = source.indexes;
  table.on_demand = source.on_demand;
  table.throughput = source.throughput;
  if (Outcome<void> kept = keep_indexes(request, "GlobalSecondaryIndexOverride", false, table); !kept) return kept.error();
  if (Outcome<void> kept = keep_indexes(request, "LocalSecondaryIndexOverride", true, table); !kept) return kept.error();
  for (TableIndex& index : table.indexes) {
    index.number = 0;
    index.status = IndexStatus::kActive;
    index.counters = std::make_shared<TableCounters>();
  }
  const auto used = [&](const std::vector<KeyPart>& parts, const KeyPart& part) { return std::find(parts.begin(), parts.end(), part) != parts.end(); };
  for (const KeyPart& part : source.declared)
    if (table.is_key(part.attribute) || std::any_of(table.indexes.begin(), table.indexes.end(), [&](const TableIndex& index) {
          return used(index.partition, part) || used(index.sort, part);
        }))
      table.declared.push_back(part);
  if (const std::string_view mode = request.string("BillingModeOverride"); !mode.empty()) table.on_demand = mode == "PAY_PER_REQUEST";
  if (table.on_demand) {
    table.billing_changed = table.created;
    table.throughput = {};
    for (TableIndex& index : table.indexes) index.throughput = {};
  }
  if (const Node* throughput = request.find("ProvisionedThroughputOverride"); throughput != nullptr && !table.on_demand)
    table.throughput = {throughput->integer("ReadCapacityUnits"), throughput->integer("WriteCapacityUnits")};
  table.status = TableStatus::kCreating;
  table.restored_backup = backup.arn;
  table.restored_latest = backup.temporary;
  table.restored_table = source.arn;
  table.restored_at = backup.created;
  return table;
}

Fault table_exists(std::string_view name) { return {FaultType::kTableAlreadyExists, "Table already exists: " + std::string(name)}; }

Outcome<void> restore(Run& run, const Node& request, const std::shared_ptr<const BackupEntry>& backup) {
  Outcome<Table> target = target_of(run, request, *backup);
  if (!target) return target.error();
  const std::string name = target->name;
  const Outcome<CommitNumber> added = run.state.catalogue.add(std::move(*target), run.state.clock.wall(), run.patience);
  if (!added) return added.error().type() == FaultType::kResourceInUse ? table_exists(name) : added.error();
  run.needs(*added);
  const auto table = run.state.catalogue.find_any(name);
  if (!table) return table_exists(name);
  JsonText answer(run.answer);
  answer.begin();
  write_table(answer, "TableDescription", *table);
  answer.end();
  run.state.backups->enqueue_restore(backup, table->id);
  return {};
}

void write_continuous(Run& run, const Table& table) {
  JsonText answer(run.answer);
  answer.begin();
  answer.begin("ContinuousBackupsDescription");
  answer.string("ContinuousBackupsStatus", "ENABLED");
  answer.begin("PointInTimeRecoveryDescription");
  answer.string("PointInTimeRecoveryStatus", table.continuous_backups ? "ENABLED" : "DISABLED");
  if (table.continuous_backups) {
    const WallTime now = run.state.clock.wall();
    answer.time("EarliestRestorableDateTime", now);
    answer.time("LatestRestorableDateTime", now);
  }
  answer.end();
  answer.end();
  answer.end();
}

Fault no_table(std::string_view name) { return {FaultType::kTableNotFound, "Table not found: " + std::string(name)}; }

}  // namespace

Outcome<void> restore_table_from_backup(Run& run) {
  const Outcome<Node> request = read_request(run, kFromBackup);
  if (!request) return request.error();
  if (auto refused = run.state.backups->refusal()) return *refused;
  const std::string_view target = request->string("TargetTableName");
  if (run.state.catalogue.find_any(target)) return table_exists(target);
  const std::string_view arn = request->string("BackupArn");
  const auto backup = run.state.backups->find(arn);
  if (!backup || backup->temporary) return Fault(FaultType::kBackupNotFound, "Backup not found: " + std::string(arn));
  return restore(run, *request, backup);
}

Outcome<void> restore_table_to_point_in_time(Run& run) {
  const Outcome<Node> request = read_request(run, kToPointInTime);
  if (!request) return request.error();
  if (auto refused = run.state.backups->refusal()) return *refused;
  std::string_view source = request->string("SourceTableName");
  if (source.empty()) source = request->string("SourceTableArn");
  if (source.empty()) return validation("One or more parameter values were invalid: SourceTableName or SourceTableArn must be specified");
  const auto table = run.state.catalogue.find(source);
  if (!table) return no_table(source);
  if (!table->continuous_backups)
    return Fault(FaultType::kPointInTimeRecoveryUnavailable, "Point in time recovery is not enabled for table '" + table->name + "'");
  if (!request->flag("UseLatestRestorableTime") || request->find("RestoreDateTime") != nullptr)
    return validation("Only the latest state can be restored: set UseLatestRestorableTime and leave RestoreDateTime out");
  const std::string_view target = request->string("TargetTableName");
  if (run.state.catalogue.find_any(target)) return table_exists(target);
  if (run.patience == Patience::kNever) return Fault(FaultType::kWouldBlock, {});
  const auto backup = run.state.backups->create(*table, "latest", Backups::Kind::kTemporary);
  if (!backup) return backup.error();
  Outcome<void> restored = restore(run, *request, *backup);
  // The fault is the answer; that the copy stays until the next start is not worth another.
  if (!restored) static_cast<void>(run.state.backups->remove(**backup));
  return restored;
}

Outcome<void> describe_continuous_backups(Run& run) {
  const Outcome<Node> request = read_table_request(run, {});
  if (!request) return request.error();
  const auto table = run.state.catalogue.find_any(request->string("TableName"));
  if (!table) return no_table(request->string("TableName"));
  write_continuous(run, *table);
  return {};
}

Outcome<void> update_continuous_backups(Run& run) {
  static constexpr Field kSpecificationFields[] = {
      {"PointInTimeRecoveryEnabled", {.type = kBoolean, .not_null = true}},
      {"RecoveryPeriodInDays", {.type = kInteger, .least = 1, .most = 35}},
  };
  static constexpr Field kFields[] = {
      {"PointInTimeRecoverySpecification",
       {.type = kStruct, .not_null = true, .fields = kSpecificationFields, .structure = "PointInTimeRecoverySpecification"}},
  };
  const Outcome<Node> request = read_table_request(run, kFields);
  if (!request) return request.error();
  const std::string_view name = request->string("TableName");
  const auto table = run.state.catalogue.find(name);
  if (!table) return no_table(name);
  const bool enable = request->find("PointInTimeRecoverySpecification")->flag("PointInTimeRecoveryEnabled");
  if (auto refused = run.state.backups->refusal(); refused && enable) return *refused;
  const Outcome<CommitNumber> written =
      run.state.catalogue.update(table->name, run.state.clock.wall(), run.patience, [enable](Table& changed) -> Outcome<void> {
        changed.continuous_backups = enable;
        return {};
      });
  if (!written) return written.error();
  run.needs(*written);
  const auto changed = run.state.catalogue.find_any(table->name);
  write_continuous(run, changed ? *changed : *table);
  return {};
}

}  // namespace gatehouse::dynamo
