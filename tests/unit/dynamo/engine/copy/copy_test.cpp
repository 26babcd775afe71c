// Copies between two stores in memory; in between, one that is busy, gives up or answers otherwise as a test says.
#include "gatehouse/dynamo/engine/copy.hpp"

#include "dynamo/engine/copy/copy_state.hpp"
#include "dynamo/engine/copy/pages.hpp"
#include "dynamo/engine/copy/shape.hpp"
#include "gatehouse/dynamo/wire/fault.hpp"
#include "unit/dynamo/engine/local/engine_fixture.hpp"
#include "support/temporary_folder.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

namespace gatehouse::dynamo {
namespace {

using testing::Json;

// In front of another engine; `meddle` may answer in its place.
class Meddler final : public Engine {
 public:
  using Meddle = std::function<bool(Operation, std::string_view body, int& status, std::string& answer)>;
  Meddler(Engine& engine, Meddle meddle) : engine_(engine), meddle_(std::move(meddle)) {}
  std::string_view kind() const override { return engine_.kind(); }
  net::Task<void> execute(Call& call) override { return engine_.execute(call); }
  int execute_blocking(Operation operation, std::string_view body, std::string& answer) override {
    int status = 0;
    return meddle_(operation, body, status, answer) ? status : engine_.execute_blocking(operation, body, answer);
  }
  void close() override {}

 private:
  Engine& engine_;
  const Meddle meddle_;
};

bool refuse(FaultType type, int& status, std::string& answer) {
  Fault(type, "as the test says").write(answer);
  status = fault_status(type);
  return true;
}

class CopyTest : public testing::LocalEngineTest {
 protected:
  CopyTest() {
    LocalEngineOptions options;
    target_ = LocalEngine::open(open_memory(), EngineKind::kMemory, options, clock_, pool_).value();
    options_.from = "old";
    options_.to = "new";
    options_.workers = 3;
  }

  void fill(int items) {
    for (int i = 0; i < items; ++i)
      ok(Operation::kPutItem, Json{{"TableName", "plain"},
                                   {"Item", {{"pk", {{"S", "key " + std::to_string(i)}}},
                                             {"v", {{"M", {{"n", {{"N", std::to_string(i) + ".50"}}}, {"b", {{"B", "AQI="}}}}}}},
                                             {"padding", {{"S", std::string(20'000, 'x')}}}}}});
  }

  Result<CopyReport> copy() { return copy(*engine_, *target_); }
  Result<CopyReport> copy(Engine& from, Engine& to) {
    return copy_tables(from, to, options_, [this](const CopyProgress& at) { last_ = at; });
  }

  static Json ask(Engine& engine, Operation operation, const Json& request) {
    std::string answer;
    engine.execute_blocking(operation, request.dump(), answer);
    return Json::parse(answer);
  }
  static std::set<std::string> items(Engine& engine, const std::string& table) {
    std::set<std::string> found;
    Json request{{"TableName", table}};
    while (true) {
      const Json page = ask(engine, Operation::kScan, request);
      for (const Json& item : page["Items"]) found.insert(item.dump());
      if (!page.contains("LastEvaluatedKey")) return found;
      request["ExclusiveStartKey"] = page["LastEvaluatedKey"];
    }
  }

  std::unique_ptr<LocalEngine> target_;
  CopyOptions options_;
  CopyProgress last_;
};

TEST_F(CopyTest, BringsEveryItemAsItIs) {
  create_plain();
  fill(300);
  const auto report = copy();
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->tables, 1U);
  EXPECT_EQ(report->items, 300U);
  EXPECT_EQ(last_.source_items, 300U);
  EXPECT_EQ(last_.target_items, 300U);
  EXPECT_EQ(items(*target_, "plain"), items(*engine_, "plain"));
}

TEST_F(CopyTest, BringsIndexesExpiryAndStream) {
  create_indexed();
  ok(Operation::kUpdateTimeToLive, R"({"TableName":"indexed","TimeToLiveSpecification":{"Enabled":true,"AttributeName":"until"}})");
  ok(Operation::kUpdateTable,
     R"({"TableName":"indexed","StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"}})");
  const auto report = copy();
  ASSERT_TRUE(report) << report.error().message();
  const auto shape = [](Engine& engine) {
    std::string answer;
    engine.execute_blocking(Operation::kDescribeTable, named("indexed"), answer);
    return *parse_table_shape(answer);
  };
  EXPECT_EQ(Json::parse(create_request(shape(*target_))), Json::parse(create_request(shape(*engine_))));
  EXPECT_EQ(shape(*target_).local.size(), 1U);
  EXPECT_EQ(shape(*target_).global.size(), 3U);
  EXPECT_EQ(Json::parse(shape(*target_).stream), Json::parse(R"({"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"})"));
  const Json expiry = ask(*target_, Operation::kDescribeTimeToLive, Json{{"TableName", "indexed"}});
  EXPECT_EQ(expiry["TimeToLiveDescription"]["AttributeName"], "until");
}

TEST_F(CopyTest, TakesTheTablesThatAreNamed) {
  create_plain();
  create_notes();
  options_.tables = {"notes"};
  ASSERT_TRUE(copy());
  EXPECT_EQ(ask(*target_, Operation::kListTables, Json::object())["TableNames"], Json({"notes"}));
}

TEST_F(CopyTest, NamesATableThatIsNotThere) {
  options_.tables = {"none"};
  const auto report = copy();
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message().find("table none: old: DescribeTable: ResourceNotFoundException"), std::string::npos)
      << report.error().message();
}

TEST_F(CopyTest, RefusesATableOfOtherKeys) {
  create_plain();
  ask(*target_, Operation::kCreateTable, Json::parse(R"({"TableName":"plain","BillingMode":"PAY_PER_REQUEST",
      "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"N"}],"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}]})"));
  const auto report = copy();
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message().find("(HASH pk S) at old and (HASH pk N) at new"), std::string::npos)
      << report.error().message();
}

TEST_F(CopyTest, RefusesATableThatHasItemsUnlessTheyMayBeReplaced) {
  create_plain();
  fill(10);
  ASSERT_TRUE(copy());
  ask(*target_, Operation::kPutItem, Json::parse(R"({"TableName":"plain","Item":{"pk":{"S":"more"}}})"));
  const auto report = copy();
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message().find("has items at new already"), std::string::npos) << report.error().message();
  options_.overwrite = true;
  EXPECT_TRUE(copy());
  EXPECT_EQ(items(*target_, "plain").size(), 11U);
}

TEST_F(CopyTest, SaysThatTheCountsDiffer) {
  create_plain();
  fill(10);
  Meddler losing(*target_, [](Operation operation, std::string_view body, int& status, std::string& answer) {
    if (operation != Operation::kBatchWriteItem || body.find("key 3") == std::string_view::npos) return false;
    status = 200;
    answer = R"({"UnprocessedItems":{}})";
    return true;
  });
  const auto report = copy(*engine_, losing);
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message().find("there are 10 items at old and"), std::string::npos) << report.error().message();
}

TEST_F(CopyTest, RepeatsWhatIsThrottledAndWhatStaysUnprocessed) {
  create_plain();
  fill(60);
  std::atomic<int> batches = 0;
  Meddler busy(*target_, [&](Operation operation, std::string_view body, int& status, std::string& answer) {
    if (operation != Operation::kBatchWriteItem) return false;
    const int batch = batches++;
    if (batch == 0) return refuse(FaultType::kProvisionedThroughputExceeded, status, answer);
    if (batch == 1) return refuse(FaultType::kInternalServerError, status, answer);
    if (batch != 2) return false;
    status = 200;
    answer = "{\"UnprocessedItems\":" + Json::parse(body)["RequestItems"].dump() + "}";
    return true;
  });
  const auto report = copy(*engine_, busy);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(items(*target_, "plain"), items(*engine_, "plain"));
}

TEST_F(CopyTest, GoesOnWhereItsStateFileSays) {
  const TemporaryFolder folder;
  options_.state_file = folder / "copy.state";
  create_plain();
  fill(500);
  std::atomic<int> left = 10;
  Meddler failing(*target_, [&](Operation operation, std::string_view, int& status, std::string& answer) {
    return operation == Operation::kBatchWriteItem && --left < 0 && refuse(FaultType::kAccessDenied, status, answer);
  });
  const auto first = copy(*engine_, failing);
  ASSERT_FALSE(first);
  EXPECT_NE(first.error().message().find("new: BatchWriteItem: AccessDeniedException"), std::string::npos)
      << first.error().message();
  const auto before = items(*target_, "plain").size();
  ASSERT_GT(before, 0U);
  ASSERT_LT(before, 500U);
  const auto second = copy();
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ(items(*target_, "plain"), items(*engine_, "plain"));
  EXPECT_FALSE(std::filesystem::exists(options_.state_file));
}

TEST_F(CopyTest, CopiesNoSegmentTwiceThatTheStateFileHasDone) {
  const TemporaryFolder folder;
  options_.state_file = folder / "copy.state";
  create_plain();
  fill(50);
  ask(*target_, Operation::kCreateTable, Json::parse(R"({"TableName":"plain","BillingMode":"PAY_PER_REQUEST",
      "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}]})"));
  CopyState state{"old", "new", {{"plain", false, 0, {{"", true}, {"", false}}}}};
  ASSERT_TRUE(save_copy_state(options_.state_file, state));
  std::atomic<int> first_segment = 0;
  Meddler watched(*engine_, [&](Operation operation, std::string_view body, int&, std::string&) {
    if (operation == Operation::kScan && body.find("\"Segment\":0,\"TotalSegments\":2") != std::string_view::npos) ++first_segment;
    return false;
  });
  EXPECT_FALSE(copy(watched, *target_)) << "what the file claims to be done was not";
  EXPECT_EQ(first_segment, 0);
  const auto copied = items(*target_, "plain").size();
  EXPECT_GT(copied, 0U);
  EXPECT_LT(copied, 50U);
}

TEST_F(CopyTest, RefusesTheStateFileOfAnotherCopy) {
  const TemporaryFolder folder;
  options_.state_file = folder / "copy.state";
  ASSERT_TRUE(save_copy_state(options_.state_file, {"other", "new", {}}));
  const auto other = copy();
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message().find("of a copy from other to new"), std::string::npos);
  std::ofstream(options_.state_file) << "{\"gatehouse_store_copy\":1,\"tab";
  const auto half = copy();
  ASSERT_FALSE(half);
  EXPECT_NE(half.error().message().find(options_.state_file), std::string::npos);
}

TEST(CopyStateTest, IsReadAsItWasWritten) {
  const CopyState state{"a \"b\"", "http://c", {{"t", true, 7, {{R"({"pk":{"S":"x\"y"}})", false}, {"", true}}}, {"u", false, 0, {}}}};
  const auto read = parse_copy_state(write_copy_state(state));
  ASSERT_TRUE(read);
  EXPECT_EQ(write_copy_state(*read), write_copy_state(state));
  EXPECT_EQ(read->tables.at(0).segments.at(0).last_key, R"({"pk":{"S":"x\"y"}})");
  EXPECT_TRUE(read->tables.at(0).segments.at(1).done);
  EXPECT_EQ(read->from, "a \"b\"");
}

TEST(PagesTest, BatchesHoldNoMoreThanTwentyFiveItemsAndSixteenMegabytes) {
  const std::vector<std::string_view> many(60, "{}");
  std::span<const std::string_view> left(many);
  std::vector<std::size_t> sizes;
  while (!left.empty()) sizes.push_back(Json::parse(batch_request("t", left))["RequestItems"]["t"].size());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{25, 25, 10}));
  const std::string large = "{\"a\":{\"S\":\"" + std::string(6 * 1024 * 1024, 'x') + "\"}}";
  const std::vector<std::string_view> heavy(5, large);
  left = heavy;
  while (!left.empty()) EXPECT_LT(batch_request("t", left).size(), 16U * 1024 * 1024);
}

TEST(PagesTest, RefuseWhatIsNoPage) {
  for (const char* bad : {"", "[]", "{}", R"({"Items":[],"Count":"x"})", R"({"Items":[{}],"Count":1)", "\xff"})
    EXPECT_FALSE(parse_page(bad)) << bad;
  const auto page = parse_page(R"({"Count":1,"Items":[ {"pk":{"S":"a"}} ],"LastEvaluatedKey":{"pk":{"S":"a"}},"ScannedCount":1})");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->items.at(0), R"({"pk":{"S":"a"}})");
  EXPECT_EQ(page->last_key, R"({"pk":{"S":"a"}})");
}

}  // namespace
}  // namespace gatehouse::dynamo
