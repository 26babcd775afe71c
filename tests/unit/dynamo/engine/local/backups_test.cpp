// Backups by checkpoint, restores from them, and the latest point in time.
#include "control_fixture.hpp"

#include <filesystem>

namespace gatehouse::dynamo::testing {
namespace {

class BackupsTest : public ControlTest {
 protected:
  BackupsTest() {
    open_on_disk();
    auto request = table_request();
    request["AttributeDefinitions"] = definitions("pS qS");
    request["GlobalSecondaryIndexes"] = Json::array({global_index("by_q", "q")});
    ok(Operation::kCreateTable, request);
    for (int i = 0; i < 5000; ++i) put({{"p", {{"S", std::to_string(i)}}}, {"q", {{"S", i % 2 == 0 ? "even" : "odd"}}}});
  }
  Json backup(std::string_view name = "daily") { return ok(Operation::kCreateBackup, {{"TableName", "notes"}, {"BackupName", name}})["BackupDetails"]; }
  static Json restore(const Json& arn) { return {{"TargetTableName", "restored"}, {"BackupArn", arn}}; }
  std::size_t folders() const {
    std::size_t found = 0;
    for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator(folder_ / "beside/backups")) ++found;
    return found;
  }
  void enable_continuous() {
    ok(Operation::kUpdateContinuousBackups, {{"TableName", "notes"}, {"PointInTimeRecoverySpecification", {{"PointInTimeRecoveryEnabled", true}}}});
  }
};

TEST_F(BackupsTest, ARestoredTableIsAsTheTableWas) {
  const auto details = backup();
  EXPECT_EQ(details["BackupStatus"], "AVAILABLE");
  put({{"p", {{"S", "later"}}}});
  ok(Operation::kDeleteItem, {{"TableName", "notes"}, {"Key", item("7")}});
  const auto table = ok(Operation::kRestoreTableFromBackup, restore(details["BackupArn"]))["TableDescription"];
  EXPECT_EQ(table["TableStatus"], "CREATING");
  EXPECT_EQ(table["RestoreSummary"]["RestoreInProgress"], true);
  EXPECT_EQ(fault(Operation::kGetItem, {{"TableName", "restored"}, {"Key", item("7")}}).substr(0, 25), "ResourceNotFoundException");
  engine_->tick();
  const auto done = describe("restored");
  EXPECT_EQ(done["TableStatus"], "ACTIVE");
  EXPECT_EQ(done["ItemCount"], 5000);
  EXPECT_EQ(done["GlobalSecondaryIndexes"][0]["ItemCount"], 5000);
  EXPECT_EQ(done["RestoreSummary"]["SourceBackupArn"], details["BackupArn"]);
  EXPECT_EQ(get("7", "restored")["q"]["S"], "odd");
  EXPECT_TRUE(get("later", "restored").is_null());
  EXPECT_EQ(count("restored", "by_q"), 5000u);
  EXPECT_EQ(count(), 5000u);
}

TEST_F(BackupsTest, BackupsAreDescribedListedAndDeletedAcrossRestarts) {
  const std::string arn = backup()["BackupArn"];
  clock_.advance(std::chrono::seconds(1));
  backup("second");
  close();
  open_on_disk();
  const auto described = ok(Operation::kDescribeBackup, {{"BackupArn", arn}})["BackupDescription"];
  EXPECT_EQ(described["BackupDetails"]["BackupName"], "daily");
  EXPECT_EQ(described["SourceTableDetails"]["ItemCount"], 5000);
  EXPECT_EQ(described["SourceTableFeatureDetails"]["GlobalSecondaryIndexes"][0]["IndexName"], "by_q");
  const auto first = ok(Operation::kListBackups, {{"TableName", "notes"}, {"Limit", 1}});
  EXPECT_EQ(first["BackupSummaries"][0]["BackupArn"], arn);
  const auto rest = ok(Operation::kListBackups, {{"ExclusiveStartBackupArn", first["LastEvaluatedBackupArn"]}});
  EXPECT_EQ(rest["BackupSummaries"].size(), 1u);
  EXPECT_EQ(rest["BackupSummaries"][0]["BackupName"], "second");
  EXPECT_EQ(ok(Operation::kDeleteBackup, {{"BackupArn", arn}})["BackupDescription"]["BackupDetails"]["BackupStatus"], "DELETED");
  EXPECT_EQ(folders(), 1u);
  EXPECT_EQ(fault(Operation::kDescribeBackup, {{"BackupArn", arn}}), "BackupNotFoundException: Backup not found: " + arn);
}

TEST_F(BackupsTest, ARestoreGoesOnAfterARestart) {
  const auto arn = backup()["BackupArn"];
  ok(Operation::kDeleteTable, {{"TableName", "notes"}});
  ok(Operation::kRestoreTableFromBackup, restore(arn));
  EXPECT_EQ(fault(Operation::kDeleteBackup, {{"BackupArn", arn}}).substr(0, 20), "BackupInUseException");
  close();
  open_on_disk();
  EXPECT_EQ(describe("restored")["TableStatus"], "CREATING");
  engine_->tick();
  EXPECT_EQ(count("restored"), 5000u);
  EXPECT_EQ(describe("restored")["ItemCount"], 5000);
}

TEST_F(BackupsTest, IndexesCanBeLeftOut) {
  auto request = restore(backup()["BackupArn"]);
  request["GlobalSecondaryIndexOverride"] = Json::array();
  ok(Operation::kRestoreTableFromBackup, request);
  engine_->tick();
  EXPECT_FALSE(describe("restored").contains("GlobalSecondaryIndexes"));
  EXPECT_EQ(describe("restored")["AttributeDefinitions"], definitions("pS"));
}

TEST_F(BackupsTest, WhatIsNotThereIsRefused) {
  EXPECT_EQ(fault(Operation::kCreateBackup, {{"TableName", "absent"}, {"BackupName", "daily"}}), "TableNotFoundException: Table not found: absent");
  const auto arn = backup()["BackupArn"];
  auto request = restore(arn);
  request["TargetTableName"] = "notes";
  EXPECT_EQ(fault(Operation::kRestoreTableFromBackup, request), "TableAlreadyExistsException: Table already exists: notes");
  request = restore(arn.get<std::string>() + "x");
  EXPECT_EQ(fault(Operation::kRestoreTableFromBackup, request).substr(0, 23), "BackupNotFoundException");
}

TEST_F(BackupsTest, TheLatestPointInTimeCanBeRestoredAndNoOther) {
  Json request = {{"SourceTableName", "notes"}, {"TargetTableName", "restored"}, {"UseLatestRestorableTime", true}};
  EXPECT_EQ(fault(Operation::kRestoreTableToPointInTime, request),
            "PointInTimeRecoveryUnavailableException: Point in time recovery is not enabled for table 'notes'");
  const auto status = [this] { return ok(Operation::kDescribeContinuousBackups, {{"TableName", "notes"}})["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]; };
  EXPECT_EQ(status(), "DISABLED");
  enable_continuous();
  EXPECT_EQ(status(), "ENABLED");
  auto other = request;
  other.erase("UseLatestRestorableTime");
  other["RestoreDateTime"] = now_seconds() - 3600;
  EXPECT_EQ(fault(Operation::kRestoreTableToPointInTime, other).substr(0, 55), "ValidationException: Only the latest state can be resto");
  const auto table = ok(Operation::kRestoreTableToPointInTime, request)["TableDescription"];
  EXPECT_FALSE(table["RestoreSummary"].contains("SourceBackupArn"));
  put({{"p", {{"S", "later"}}}});
  EXPECT_TRUE(ok(Operation::kListBackups, Json::object())["BackupSummaries"].empty());
  engine_->tick();
  EXPECT_EQ(count("restored"), 5000u);
  EXPECT_EQ(folders(), 0u);
}

class MemoryBackupsTest : public ControlTest {
 protected:
  MemoryBackupsTest() {
    open_in_memory();
    create_notes();
  }
};

TEST_F(MemoryBackupsTest, AStoreInMemoryHasNoBackups) {
  EXPECT_EQ(fault(Operation::kCreateBackup, {{"TableName", "notes"}, {"BackupName", "daily"}}),
            "ValidationException: Backups are not available: this store is kept in memory only");
}

}  // namespace
}  // namespace gatehouse::dynamo::testing
