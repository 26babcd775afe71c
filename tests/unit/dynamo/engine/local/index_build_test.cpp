// Global indexes that come and go while the table is in use.
#include "control_fixture.hpp"

#include <atomic>
#include <thread>
#include <vector>

namespace gatehouse::dynamo::testing {
namespace {

class IndexBuildTest : public ControlTest {
 protected:
  IndexBuildTest() {
    open_on_disk();
    create_notes();
  }
  void put_with(std::string_view key, std::string_view q) { put({{"p", {{"S", key}}}, {"q", {{"S", q}}}}); }
  std::size_t indexed(std::string_view index, std::string_view attribute, std::string_view value) {
    return ok(Operation::kQuery, {{"TableName", "notes"}, {"IndexName", index}, {"KeyConditionExpression", "#a = :v"}, {"ExpressionAttributeNames", {{"#a", attribute}}},
                                  {"ExpressionAttributeValues", {{":v", {{"S", value}}}}}})["Count"]
        .get<std::size_t>();
  }
  void delete_index(std::string_view name) {
    ok(Operation::kUpdateTable, {{"TableName", "notes"}, {"GlobalSecondaryIndexUpdates", {{{"Delete", {{"IndexName", name}}}}}}});
  }
};

TEST_F(IndexBuildTest, AnIndexIsFilledWithItemsThatWereThereAndKeptByWritersMeanwhile) {
  for (int i = 0; i < 1200; ++i) put_with("old" + std::to_string(i), "x");
  put(item("without"));
  const auto made = create_index("by_q", "pS qS", "q")["TableDescription"];
  EXPECT_EQ(made["GlobalSecondaryIndexes"][0]["IndexStatus"], "CREATING");
  EXPECT_EQ(made["GlobalSecondaryIndexes"][0]["Backfilling"], true);
  EXPECT_EQ(made["AttributeDefinitions"], definitions("pS qS"));
  put_with("old7", "y");
  put_with("new", "x");
  ok(Operation::kDeleteItem, {{"TableName", "notes"}, {"Key", item("old8")}});
  engine_->tick();
  const auto table = describe();
  EXPECT_EQ(table["GlobalSecondaryIndexes"][0]["IndexStatus"], "ACTIVE");
  EXPECT_FALSE(table["GlobalSecondaryIndexes"][0].contains("Backfilling"));
  EXPECT_EQ(table["GlobalSecondaryIndexes"][0]["ItemCount"], 1200);
  EXPECT_EQ(indexed("by_q", "q", "x"), 1199u);
  EXPECT_EQ(indexed("by_q", "q", "y"), 1u);
}

TEST_F(IndexBuildTest, AnItemWhoseAttributeHasAnotherTypeIsLeftOut) {
  put({{"p", {{"S", "1"}}}, {"q", {{"N", "5"}}}});
  put_with("2", "x");
  create_index("by_q", "pS qS", "q");
  engine_->tick();
  EXPECT_EQ(count("notes", "by_q"), 1u);
}

TEST_F(IndexBuildTest, ABuildGoesOnAfterARestart) {
  put_with("1", "x");
  create_index("by_q", "pS qS", "q");
  close();
  open_on_disk();
  EXPECT_EQ(describe()["GlobalSecondaryIndexes"][0]["IndexStatus"], "CREATING");
  engine_->tick();
  EXPECT_EQ(describe()["GlobalSecondaryIndexes"][0]["IndexStatus"], "ACTIVE");
  EXPECT_EQ(indexed("by_q", "q", "x"), 1u);
}

TEST_F(IndexBuildTest, ADeletedIndexIsGoneAndItsNumberCanBeUsedAgain) {
  put({{"p", {{"S", "1"}}}, {"q", {{"S", "x"}}}, {"r", {{"S", "z"}}}});
  create_index("by_q", "pS qS", "q");
  engine_->tick();
  delete_index("by_q");
  EXPECT_FALSE(describe().contains("GlobalSecondaryIndexes"));
  EXPECT_EQ(describe()["AttributeDefinitions"], definitions("pS"));
  // Its rows are not dropped yet.
  create_index("by_r", "pS rS", "r");
  engine_->tick();
  EXPECT_EQ(count("notes", "by_r"), 1u);
  EXPECT_EQ(indexed("by_r", "r", "z"), 1u);
  EXPECT_EQ(indexed("by_r", "r", "x"), 0u);
}

TEST_F(IndexBuildTest, RowsOfAnIndexThatWasDeletedAreDroppedByTheNextRun) {
  put_with("1", "x");
  create_index("by_q", "pS qS", "q");
  engine_->tick();
  delete_index("by_q");
  close();
  open_on_disk();
  engine_->tick();
  const std::string_view index("\0\0\0\1\1", 5);
  const auto rows = engine_->storage().cursor(Family::kData, index, std::string_view("\0\0\0\2", 4), {});
  rows->seek(index);
  EXPECT_FALSE(rows->valid());
  EXPECT_EQ(count(), 1u);
}

TEST_F(IndexBuildTest, UpdatesOfIndexesAreChecked) {
  create_index("by_q", "pS qS", "q");
  const Json create = {{"Create", global_index("by_q", "q")}};
  const Json create_other = {{"Create", global_index("other", "q")}};
  const auto update = [](const Json& updates) { return Json{{"TableName", "notes"}, {"AttributeDefinitions", definitions("pS qS")}, {"GlobalSecondaryIndexUpdates", updates}}; };
  EXPECT_EQ(fault(Operation::kUpdateTable, update(Json::array({create}))), "ValidationException: Attempting to create an index which already exists");
  EXPECT_EQ(fault(Operation::kUpdateTable, update(Json::array({create, create_other}))),
            "LimitExceededException: Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table");
  EXPECT_EQ(fault(Operation::kUpdateTable, update(Json::array({{{"Delete", {{"IndexName", "absent"}}}}}))), "ResourceNotFoundException: Requested resource not found");
  EXPECT_EQ(fault(Operation::kUpdateTable, update(Json::array({Json::object()}))),
            "ValidationException: One or more parameter values were invalid: One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
            "GlobalSecondaryIndexUpdate.Delete must not be null");
}

// A writer that knew the table before it had the index must not leave an item without its entry, nor an entry without its item.
TEST_F(IndexBuildTest, WritersThatRaceWithTheBuildLeaveNoItemWithoutItsEntry) {
  std::atomic<bool> stop{false};
  std::atomic<int> written{0};
  const auto write = [&](int writer) {
    for (int i = 0; !stop; ++i) {
      const std::string key = std::to_string(writer) + ":" + std::to_string(i % 50);
      if (i % 3 == 2) {
        ok(Operation::kDeleteItem, {{"TableName", "notes"}, {"Key", item(key)}});
      } else {
        put_with(key, std::to_string(i));
      }
      ++written;
    }
  };
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 3; ++writer) writers.emplace_back(write, writer);
  for (int round = 0; round < 15; ++round) {
    create_index("by_q", "pS qS", "q");
    engine_->tick();
    const int before = written;
    while (written < before + 20) std::this_thread::yield();
    if (round < 14) delete_index("by_q");
  }
  stop = true;
  for (std::thread& writer : writers) writer.join();
  engine_->tick();
  const auto items = ok(Operation::kScan, {{"TableName", "notes"}})["Items"];
  EXPECT_EQ(count("notes", "by_q"), items.size());
  for (const auto& each : items) EXPECT_EQ(indexed("by_q", "q", each["q"]["S"].get<std::string>()) > 0, true) << each;
  EXPECT_EQ(describe()["ItemCount"], items.size());
}

}  // namespace
}  // namespace gatehouse::dynamo::testing
