// Tables that the configuration names.
#include "control_fixture.hpp"

#include "gatehouse/dynamo/engine/declare.hpp"

namespace gatehouse::dynamo::testing {
namespace {

class DeclareTest : public ControlTest {
 protected:
  DeclareTest() {
    open_in_memory();
    settings.name = "notes";
    settings.position = "gatehouse.yaml:3:5";
    settings.partition = {"owner", KeyType::kString};
    settings.sort = {{"id", KeyType::kNumber}};
  }
  Result<void> declare() { return declare_tables(*engine_, std::span(&settings, 1), std::chrono::seconds(5)); }
  std::vector<std::string> compare() { return compare_tables(*engine_, std::span(&settings, 1)); }
  static IndexSettings index(std::string name, std::vector<KeyPart> partition, std::vector<KeyPart> sort, bool local) {
    IndexSettings index;
    index.name = std::move(name);
    index.partition = std::move(partition);
    index.sort = std::move(sort);
    index.local = local;
    return index;
  }
  TableSettings settings;
};

TEST_F(DeclareTest, AnAbsentTableIsMadeAsDescribed) {
  settings.indexes = {index("by_date", {settings.partition}, {{"created", KeyType::kString}}, true), index("by_tag", {{"tag", KeyType::kString}}, {}, false)};
  settings.indexes[1].projected = IndexSettings::Projected::kInclude;
  settings.indexes[1].include = {"title"};
  settings.ttl = "expires";
  settings.stream = StreamView::kNewImage;
  EXPECT_TRUE(compare().empty());
  const auto declared = declare();
  ASSERT_TRUE(declared) << declared.error().message();
  const auto table = describe();
  EXPECT_EQ(table["KeySchema"][1], Json({{"AttributeName", "id"}, {"KeyType", "RANGE"}}));
  EXPECT_EQ(table["LocalSecondaryIndexes"][0]["IndexName"], "by_date");
  EXPECT_EQ(table["GlobalSecondaryIndexes"][0]["Projection"]["NonKeyAttributes"], Json::array({"title"}));
  EXPECT_EQ(table["StreamSpecification"]["StreamViewType"], "NEW_IMAGE");
  EXPECT_EQ(ok(Operation::kDescribeTimeToLive, {{"TableName", "notes"}})["TimeToLiveDescription"]["AttributeName"], "expires");
  EXPECT_TRUE(compare().empty());
  EXPECT_TRUE(declare());
  EXPECT_EQ(describe(), table);
}

TEST_F(DeclareTest, WhatCanBeAddedOnlineIsAdded) {
  ASSERT_TRUE(declare());
  ok(Operation::kPutItem, {{"TableName", "notes"}, {"Item", {{"owner", {{"S", "o"}}}, {"id", {{"N", "1"}}}, {"tag", {{"S", "t"}}}}}});
  settings.indexes = {index("by_tag", {{"tag", KeyType::kString}}, {}, false), index("by_id", {{"id", KeyType::kNumber}}, {}, false)};
  settings.ttl = "expires";
  settings.stream = StreamView::kKeysOnly;
  EXPECT_TRUE(compare().empty());
  const auto declared = declare();
  ASSERT_TRUE(declared) << declared.error().message();
  engine_->tick();
  EXPECT_EQ(count("notes", "by_tag"), 1u);
  EXPECT_EQ(count("notes", "by_id"), 1u);
  EXPECT_EQ(describe()["StreamSpecification"]["StreamViewType"], "KEYS_ONLY");
  // What the configuration no longer names stays.
  settings.indexes.clear();
  settings.ttl.clear();
  settings.stream = StreamView::kNone;
  EXPECT_TRUE(compare().empty());
  ASSERT_TRUE(declare());
  EXPECT_EQ(describe()["GlobalSecondaryIndexes"].size(), 2u);
}

TEST_F(DeclareTest, WhatCannotBeChangedIsSaidAndNothingIsDone) {
  settings.indexes = {index("by_tag", {{"tag", KeyType::kString}}, {}, false)};
  settings.ttl = "expires";
  settings.stream = StreamView::kKeysOnly;
  ASSERT_TRUE(declare());
  const auto before = describe();
  settings.partition.type = KeyType::kNumber;
  settings.indexes[0].sort = {{"id", KeyType::kNumber}};
  settings.indexes[0].projected = IndexSettings::Projected::kKeysOnly;
  settings.indexes.push_back(index("by_date", {settings.partition}, {{"created", KeyType::kString}}, true));
  settings.ttl = "ends";
  settings.stream = StreamView::kNewImage;
  const auto problems = compare();
  ASSERT_EQ(problems.size(), 6u);
  EXPECT_EQ(problems[0], "gatehouse.yaml:3:5: table notes: its key is owner (N), id (N, sort) here and owner (S), id (N, sort) in the store; the key of a table cannot be changed");
  EXPECT_EQ(problems[1], "gatehouse.yaml:3:5: table notes: index by_tag: its key is tag (S), id (N, sort) here and tag (S) in the store; the key of an index cannot be changed");
  EXPECT_EQ(problems[2], "gatehouse.yaml:3:5: table notes: index by_tag: it projects KEYS_ONLY here and ALL in the store; that cannot be changed");
  EXPECT_EQ(problems[3], "gatehouse.yaml:3:5: table notes: index by_date: a local index can only be created with its table");
  const auto declared = declare();
  ASSERT_FALSE(declared);
  EXPECT_EQ(declared.error().message(), problems[0]);
  EXPECT_EQ(describe(), before);
}

TEST_F(DeclareTest, ATableThatTheEngineRefusesIsNamed) {
  settings.name = "a/b";
  const auto declared = declare();
  ASSERT_FALSE(declared);
  EXPECT_TRUE(declared.error().message().starts_with("gatehouse.yaml:3:5: table a/b: 1 validation error detected")) << declared.error().message();
}

// Says for a while that the table is not ready, as a service does.
class SlowEngine final : public Engine {
 public:
  explicit SlowEngine(Engine& engine) : engine_(engine) {}
  std::string_view kind() const override { return "remote"; }
  net::Task<void> execute(Call& call) override { return engine_.execute(call); }
  int execute_blocking(Operation operation, std::string_view body, std::string& answer) override {
    if (operation == Operation::kUpdateTable && refusals-- > 0) {
      answer += R"({"__type":"com.amazonaws.dynamodb.v20120810#ResourceInUseException","message":"Table is being updated: notes"})";
      return 400;
    }
    const int status = engine_.execute_blocking(operation, body, answer);
    const std::size_t at = answer.find(R"("TableStatus":"ACTIVE")");
    if (operation == Operation::kDescribeTable && at != std::string::npos && unready-- > 0) answer.replace(at, 22, R"("TableStatus":"UPDATING")");
    return status;
  }
  void close() override {}
  int refusals = 0, unready = 0;

 private:
  Engine& engine_;
};

TEST_F(DeclareTest, AServiceThatNeedsTimeIsWaitedForUntilTheDeadline) {
  SlowEngine slow(*engine_);
  slow.unready = 2;
  ASSERT_TRUE(declare_tables(slow, std::span(&settings, 1), std::chrono::seconds(20)));
  settings.stream = StreamView::kKeysOnly;
  slow.refusals = 1;
  ASSERT_TRUE(declare_tables(slow, std::span(&settings, 1), std::chrono::seconds(20)));
  EXPECT_EQ(describe()["StreamSpecification"]["StreamEnabled"], true);
  slow.unready = 1'000'000;
  const auto late = declare_tables(slow, std::span(&settings, 1), std::chrono::milliseconds(300));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().message(), "gatehouse.yaml:3:5: table notes: not ACTIVE in time: UPDATING");
}

}  // namespace
}  // namespace gatehouse::dynamo::testing
