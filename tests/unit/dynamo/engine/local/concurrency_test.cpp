// What several threads do at once adds up.
#include "unit/dynamo/engine/local/engine_fixture.hpp"

#include <atomic>
#include <thread>
#include <vector>

namespace gatehouse::dynamo {
namespace {

using testing::Json;

constexpr int kThreads = 8;
constexpr int kRounds = 50;

class ConcurrencyTest : public testing::LocalEngineTest {
 protected:
  template <class Work>
  static void on_all_threads(const Work& work) {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) threads.emplace_back([&work, i] { work(i); });
    for (std::thread& thread : threads) thread.join();
  }

  int status(Operation operation, std::string_view request) {
    std::string answer;
    return engine_->execute_blocking(operation, request, answer);
  }

  std::string counter() {
    return ok(Operation::kGetItem, R"({"TableName":"plain","Key":{"pk":{"S":"c"}}})")["Item"]["v"]["N"];
  }
};

TEST_F(ConcurrencyTest, ConditionalIncrementsAreNeverLost) {
  create_plain();
  ok(Operation::kPutItem, R"({"TableName":"plain","Item":{"pk":{"S":"c"},"v":{"N":"0"}}})");
  std::atomic<int> done{0};
  on_all_threads([&](int) {
    for (int round = 0; round < kRounds;) {
      std::string answer;
      engine_->execute_blocking(Operation::kGetItem, R"({"TableName":"plain","Key":{"pk":{"S":"c"}}})", answer);
      const std::string old = Json::parse(answer)["Item"]["v"]["N"];
      const int written =
          status(Operation::kUpdateItem, R"({"TableName":"plain","Key":{"pk":{"S":"c"}},"UpdateExpression":"SET v = v + :one",
            "ConditionExpression":"v = :old","ExpressionAttributeValues":{":one":{"N":"1"},":old":{"N":")" + old + R"("}}})");
      if (written != 200) continue;
      ++done;
      ++round;
    }
  });
  EXPECT_EQ(done, kThreads * kRounds);
  EXPECT_EQ(counter(), std::to_string(kThreads * kRounds));
}

TEST_F(ConcurrencyTest, AddsAreNeverLost) {
  create_plain();
  on_all_threads([&](int) {
    for (int round = 0; round < kRounds; ++round)
      status(Operation::kUpdateItem, R"({"TableName":"plain","Key":{"pk":{"S":"c"}},"UpdateExpression":"ADD v :one",
        "ExpressionAttributeValues":{":one":{"N":"1"}}})");
  });
  EXPECT_EQ(counter(), std::to_string(kThreads * kRounds));
}

TEST_F(ConcurrencyTest, OnlyOneOfManyMakesAnItem) {
  create_plain();
  std::atomic<int> made{0};
  on_all_threads([&](int) {
    for (int round = 0; round < kRounds; ++round) {
      const std::string request = R"~({"TableName":"plain","ConditionExpression":"attribute_not_exists(pk)","Item":{"pk":{"S":")~" +
                                  std::to_string(round) + R"("}}})";
      if (status(Operation::kPutItem, request) == 200) ++made;
    }
  });
  EXPECT_EQ(made, kRounds);
}

TEST_F(ConcurrencyTest, BatchesThatLockTheSamePartitionsDoNotDeadlock) {
  create_indexed();
  on_all_threads([&](int thread) {
    for (int round = 0; round < kRounds; ++round) {
      Json writes = Json::array();
      for (int i = 0; i < 10; ++i) {
        const int key = thread % 2 == 0 ? i : 9 - i;
        writes.push_back({{"PutRequest", {{"Item", {{"pk", {{"S", std::to_string(key)}}},
                                                    {"sk", {{"S", "s"}}},
                                                    {"a", {{"S", std::to_string((thread + round) % 3)}}}}}}}});
      }
      EXPECT_EQ(status(Operation::kBatchWriteItem, Json{{"RequestItems", {{"indexed", writes}}}}.dump()), 200);
    }
  });
  EXPECT_EQ(ok(Operation::kScan, R"({"TableName":"indexed","IndexName":"by_a"})")["Count"], 10);
  EXPECT_EQ(ok(Operation::kDescribeTable, R"({"TableName":"indexed"})")["Table"]["ItemCount"], 10);
}

}  // namespace
}  // namespace gatehouse::dynamo
