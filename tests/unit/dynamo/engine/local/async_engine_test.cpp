// Calls on a worker: what waits for the disk, what must be durable first, and what becomes of a call that is given up.
#include "dynamo/engine/local/read_policy.hpp"
#include "unit/dynamo/engine/call_flight.hpp"
#include "unit/dynamo/engine/local/engine_fixture.hpp"
#include "unit/dynamo/engine/local/faulty_storage.hpp"

#include <future>
#include <thread>

namespace gatehouse::dynamo {
namespace {

using namespace std::chrono_literals;
using net::testing::RunningWorker;
using testing::FaultyStorage;
using testing::Json;

class Flight : public testing::CallFlight<LocalEngine> {
 public:
  using CallFlight::CallFlight;
  int status() {
    const int status = CallFlight::status();
    EXPECT_NE(status, 0) << "not answered";
    return status;
  }
  Json answer() { return Json::parse(CallFlight::answer()); }
  std::string type() {
    const std::string type = answer()["__type"];
    return type.substr(type.find('#') + 1);
  }
};

class AsyncEngineTest : public testing::LocalEngineTest {
 protected:
  AsyncEngineTest() : LocalEngineTest(std::make_unique<FaultyStorage>()) {
    create_plain();
    ok(Operation::kPutItem, R"({"TableName":"plain","Item":{"pk":{"S":"old"},"v":{"N":"1"}}})");
  }
  // What a call that was given up has begun still tells the worker when it ends.
  ~AsyncEngineTest() override { pool_.stop(); }

  static std::string put(std::string_view key) {
    return R"({"TableName":"plain","Item":{"pk":{"S":")" + std::string(key) + R"("},"v":{"N":"2"}}})";
  }
  static std::string get(std::string_view key) {
    return R"({"TableName":"plain","Key":{"pk":{"S":")" + std::string(key) + R"("}}})";
  }

  FaultyStorage& storage_ = static_cast<FaultyStorage&>(engine_->storage());
  RunningWorker worker_;
};

TEST_F(AsyncEngineTest, AWriteIsAnsweredOnceItIsOnDisk) {
  storage_.syncs_by_itself = false;
  Flight flight(worker_, *engine_, Operation::kPutItem, put("k"));
  storage_.wait_for_sync_requests(1);
  EXPECT_FALSE(flight.is_answered());
  storage_.sync();
  EXPECT_EQ(flight.status(), 200);
  EXPECT_EQ(flight.answer(), Json::object());
}

TEST_F(AsyncEngineTest, OneSyncAnswersAllThatWait) {
  storage_.syncs_by_itself = false;
  std::vector<std::unique_ptr<Flight>> flights;
  for (int i = 0; i < 50; ++i)
    flights.push_back(std::make_unique<Flight>(worker_, *engine_, Operation::kPutItem, put("k" + std::to_string(i))));
  for (const auto& flight : flights) EXPECT_FALSE(flight->is_answered());
  storage_.sync();
  for (const auto& flight : flights) EXPECT_EQ(flight->status(), 200);
}

TEST_F(AsyncEngineTest, WhatWasReadIsToldOnceItIsOnDisk) {
  storage_.syncs_by_itself = false;
  Flight write(worker_, *engine_, Operation::kPutItem, put("k"));
  Flight read(worker_, *engine_, Operation::kGetItem, get("k"));
  Flight elsewhere(worker_, *engine_, Operation::kGetItem, get("old"));
  EXPECT_EQ(elsewhere.answer()["Item"]["v"]["N"], "1") << "another partition waits for nothing";
  EXPECT_FALSE(read.is_answered());
  storage_.sync();
  EXPECT_EQ(read.answer()["Item"]["v"]["N"], "2");
}

TEST_F(AsyncEngineTest, AFailedConditionIsToldOnceWhatItSawIsOnDisk) {
  storage_.syncs_by_itself = false;
  Flight write(worker_, *engine_, Operation::kPutItem, put("k"));
  Flight second(worker_, *engine_, Operation::kPutItem,
                R"~({"TableName":"plain","Item":{"pk":{"S":"k"}},"ConditionExpression":"attribute_not_exists(pk)"})~");
  storage_.wait_for_sync_requests(2);
  EXPECT_FALSE(second.is_answered());
  storage_.sync();
  EXPECT_EQ(second.type(), "ConditionalCheckFailedException");
}

TEST_F(AsyncEngineTest, QueriesAndScansWaitForWhatTheySaw) {
  storage_.syncs_by_itself = false;
  Flight write(worker_, *engine_, Operation::kPutItem, put("k"));
  Flight query(worker_, *engine_, Operation::kQuery, R"({"TableName":"plain","KeyConditionExpression":"pk = :k",
    "ExpressionAttributeValues":{":k":{"S":"k"}}})");
  Flight scan(worker_, *engine_, Operation::kScan, R"({"TableName":"plain"})");
  storage_.wait_for_sync_requests(3);
  EXPECT_FALSE(query.is_answered());
  EXPECT_FALSE(scan.is_answered());
  storage_.sync();
  EXPECT_EQ(query.answer()["Count"], 1);
  EXPECT_EQ(scan.answer()["Count"], 2);
}

TEST_F(AsyncEngineTest, AFailedStoreAcknowledgesNothing) {
  storage_.syncs_by_itself = false;
  Flight waits(worker_, *engine_, Operation::kPutItem, put("k"));
  storage_.wait_for_sync_requests(1);
  storage_.fail();
  EXPECT_EQ(waits.status(), 500);
  EXPECT_EQ(waits.type(), "InternalServerError");
  Flight later(worker_, *engine_, Operation::kPutItem, put("l"));
  EXPECT_EQ(later.status(), 500);
  Flight read(worker_, *engine_, Operation::kGetItem, get("old"));
  EXPECT_EQ(read.answer()["Item"]["v"]["N"], "1") << "reads go on";
}

TEST_F(AsyncEngineTest, ReadsGoOnAfterAFailureAlsoOfWhatNeverBecomesDurable) {
  storage_.syncs_by_itself = false;
  Flight lost(worker_, *engine_, Operation::kPutItem, put("k"));
  storage_.wait_for_sync_requests(1);
  Flight waits(worker_, *engine_, Operation::kScan, R"({"TableName":"plain"})");
  storage_.wait_for_sync_requests(2);
  EXPECT_FALSE(waits.is_answered()) << "it may yet become durable";
  storage_.fail();
  EXPECT_EQ(lost.status(), 500);
  EXPECT_EQ(waits.status(), 200);
  Flight scan(worker_, *engine_, Operation::kScan, R"({"TableName":"plain"})");
  EXPECT_EQ(scan.answer()["Count"], 2);
  Flight get(worker_, *engine_, Operation::kGetItem, AsyncEngineTest::get("k"));
  EXPECT_EQ(get.status(), 200);
  EXPECT_EQ(ok(Operation::kScan, R"({"TableName":"plain"})")["Count"], 2) << "from a thread that may wait";
}

TEST_F(AsyncEngineTest, AfterAFailureWhatIsNotDurableIsNotAcknowledgedByAnyWrite) {
  storage_.syncs_by_itself = false;
  Flight lost(worker_, *engine_, Operation::kPutItem, put("k"));
  storage_.wait_for_sync_requests(1);
  storage_.fail();
  EXPECT_EQ(lost.status(), 500);
  Flight same(worker_, *engine_, Operation::kPutItem, put("k"));
  EXPECT_EQ(same.status(), 500) << "it changes nothing, but its success would say that the item is there to stay";
  Flight condition(worker_, *engine_, Operation::kPutItem,
                   R"~({"TableName":"plain","Item":{"pk":{"S":"k"}},"ConditionExpression":"attribute_not_exists(pk)"})~");
  EXPECT_EQ(condition.status(), 500) << "as would the failure of this";
  EXPECT_EQ(fault(Operation::kPutItem, put("k")).substr(0, 19), "InternalServerError");
}

TEST_F(AsyncEngineTest, ReadsAndWritesThatWouldBlockRunOnThePool) {
  storage_.reads_block = true;
  Flight read(worker_, *engine_, Operation::kGetItem, get("old"));
  EXPECT_EQ(read.answer()["Item"]["v"]["N"], "1");
  Flight write(worker_, *engine_, Operation::kPutItem, put("k"));
  EXPECT_EQ(write.status(), 200);
  storage_.reads_block = false;
  storage_.writes_block = true;
  Flight stalled(worker_, *engine_, Operation::kPutItem, put("l"));
  EXPECT_EQ(stalled.status(), 200);
  EXPECT_EQ(storage_.reads_on(worker_.thread()), 0);
  EXPECT_EQ(ok(Operation::kScan, R"({"TableName":"plain"})")["Count"], 3);
}

TEST_F(AsyncEngineTest, ATableIsMadeOnThePool) {
  Flight create(worker_, *engine_, Operation::kCreateTable, R"({"TableName":"made","BillingMode":"PAY_PER_REQUEST",
    "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}]})");
  EXPECT_EQ(create.status(), 200);
}

TEST_F(AsyncEngineTest, ACallThatIsGivenUpWhileItWaitsHarmsNothing) {
  storage_.reads_block = true;
  storage_.close_gate();
  {
    Flight given_up(worker_, *engine_, Operation::kGetItem, get("old"));
    storage_.wait_for_waiting_reads(1);
    EXPECT_FALSE(given_up.is_answered());
  }
  storage_.open_gate();
  storage_.reads_block = false;
  storage_.syncs_by_itself = false;
  { Flight given_up(worker_, *engine_, Operation::kPutItem, put("k")); }
  storage_.sync();
  Flight read(worker_, *engine_, Operation::kGetItem, get("k"));
  EXPECT_EQ(read.answer()["Item"]["v"]["N"], "2");
}

TEST_F(AsyncEngineTest, ACallWhoseTimeIsUpIsNotAcknowledged) {
  storage_.reads_block = true;
  storage_.close_gate();
  Flight read(worker_, *engine_, Operation::kGetItem, get("old"), std::chrono::steady_clock::now() + 30ms);
  EXPECT_EQ(read.status(), 500);
  EXPECT_EQ(read.type(), "InternalServerError");
  storage_.open_gate();
  storage_.reads_block = false;
  storage_.syncs_by_itself = false;
  Flight write(worker_, *engine_, Operation::kPutItem, put("k"), std::chrono::steady_clock::now() + 30ms);
  EXPECT_EQ(write.status(), 500);
}

TEST_F(AsyncEngineTest, MoreThanThePoolTakesIsThrottled) {
  storage_.reads_block = true;
  storage_.close_gate();
  std::vector<std::unique_ptr<Flight>> flights;
  // Two threads, a queue of 100.
  for (int i = 0; i < 2; ++i) {
    flights.push_back(std::make_unique<Flight>(worker_, *engine_, Operation::kGetItem, get("old")));
    storage_.wait_for_waiting_reads(i + 1);
  }
  for (int i = 0; i < 100; ++i) flights.push_back(std::make_unique<Flight>(worker_, *engine_, Operation::kGetItem, get("old")));
  Flight refused(worker_, *engine_, Operation::kGetItem, get("old"));
  EXPECT_EQ(refused.type(), "ThrottlingException");
  storage_.open_gate();
  for (const auto& flight : flights) EXPECT_EQ(flight->status(), 200);
}

TEST_F(AsyncEngineTest, ReadsThatMissButAreFastRunOnTheWorker) {
  storage_.reads_block = true;
  for (std::uint32_t i = 0; i < ReadPolicy::kWindow; ++i) {
    Flight read(worker_, *engine_, Operation::kGetItem, get("old"));
    ASSERT_EQ(read.status(), 200);
  }
  EXPECT_EQ(storage_.reads_on(worker_.thread()), 0);
  Flight read(worker_, *engine_, Operation::kGetItem, get("old"));
  EXPECT_EQ(read.answer()["Item"]["v"]["N"], "1");
  EXPECT_EQ(storage_.reads_on(worker_.thread()), 1);
}

TEST_F(AsyncEngineTest, ARequestThatIsNoJsonIsRefusedAtOnce) {
  Flight refused(worker_, *engine_, Operation::kGetItem, "[1");
  EXPECT_EQ(refused.status(), 400);
  EXPECT_EQ(refused.type(), "SerializationException");
}

}  // namespace
}  // namespace gatehouse::dynamo
