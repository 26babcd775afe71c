// Time to live: what is deleted when, and what the stream says of it.
#include "control_fixture.hpp"

namespace gatehouse::dynamo::testing {
namespace {

class ExpiryTest : public ControlTest {
 protected:
  ExpiryTest() {
    open_in_memory();
    create_notes();
  }
  Json set(bool enabled, std::string_view attribute = "ttl") {
    return {{"TableName", "notes"}, {"TimeToLiveSpecification", {{"AttributeName", attribute}, {"Enabled", enabled}}}};
  }
  void enable() { ok(Operation::kUpdateTimeToLive, set(true)); }
  std::string status() { return ok(Operation::kDescribeTimeToLive, {{"TableName", "notes"}})["TimeToLiveDescription"]["TimeToLiveStatus"]; }
  void put_expiring(std::string_view key, std::int64_t in_seconds) {
    put({{"p", {{"S", key}}}, {"ttl", {{"N", std::to_string(now_seconds() + in_seconds)}}}});
  }
};

TEST_F(ExpiryTest, AnItemIsDeletedWhenItsTimeHasPassed) {
  enable();
  put_expiring("soon", 10);
  put_expiring("later", 100);
  put(item("never"));
  EXPECT_EQ(engine_->tick(), 0u);
  clock_.advance(std::chrono::seconds(10));
  EXPECT_EQ(engine_->tick(), 0u);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(engine_->tick(), 1u);
  EXPECT_TRUE(get("soon").is_null());
  EXPECT_FALSE(get("later").is_null());
  clock_.advance(std::chrono::seconds(100));
  EXPECT_EQ(engine_->tick(), 1u);
  EXPECT_EQ(count(), 1u);
}

TEST_F(ExpiryTest, AChangedTimeCounts) {
  enable();
  put_expiring("extended", 10);
  put_expiring("extended", 50);
  put_expiring("shortened", 100);
  put_expiring("shortened", 10);
  put_expiring("kept", 10);
  put(item("kept"));
  clock_.advance(std::chrono::seconds(11));
  EXPECT_EQ(engine_->tick(), 1u);
  EXPECT_TRUE(get("shortened").is_null());
  EXPECT_EQ(count(), 2u);
}

TEST_F(ExpiryTest, AnItemWrittenBehindTheSweepIsFound) {
  enable();
  put_expiring("first", 10);
  clock_.advance(std::chrono::seconds(20));
  EXPECT_EQ(engine_->tick(), 1u);
  put_expiring("behind", -15);
  EXPECT_EQ(engine_->tick(), 1u);
  put_expiring("further behind", -1000);
  EXPECT_EQ(engine_->tick(), 1u);
  EXPECT_EQ(count(), 0u);
}

TEST_F(ExpiryTest, ManyItemsExpireInBoundedRounds) {
  enable();
  for (int i = 0; i < 2500; ++i) put_expiring(std::to_string(i), i % 7);
  clock_.advance(std::chrono::seconds(8));
  EXPECT_EQ(engine_->tick(), 2500u);
  EXPECT_EQ(count(), 0u);
}

TEST_F(ExpiryTest, WhatIsNoTimeOrTooOldStays) {
  enable();
  put({{"p", {{"S", "text"}}}, {"ttl", {{"S", std::to_string(now_seconds() - 5)}}}});
  put({{"p", {{"S", "negative"}}}, {"ttl", {{"N", "-5"}}}});
  put({{"p", {{"S", "huge"}}}, {"ttl", {{"N", "1e100"}}}});
  put_expiring("six years", -6LL * 366 * 24 * 3600);
  put({{"p", {{"S", "fraction"}}}, {"ttl", {{"N", std::to_string(now_seconds() - 5) + ".5"}}}});
  EXPECT_EQ(engine_->tick(), 1u);
  EXPECT_TRUE(get("fraction").is_null());
  EXPECT_EQ(count(), 4u);
}

TEST_F(ExpiryTest, TheStreamSaysThatTheServiceDeleted) {
  ok(Operation::kUpdateTable, {{"TableName", "notes"}, {"StreamSpecification", {{"StreamEnabled", true}, {"StreamViewType", "OLD_IMAGE"}}}});
  enable();
  put_expiring("soon", 1);
  clock_.advance(std::chrono::seconds(2));
  EXPECT_EQ(engine_->tick(), 1u);
  const std::string arn = describe()["LatestStreamArn"];
  const auto shard = ok(Operation::kDescribeStream, {{"StreamArn", arn}})["StreamDescription"]["Shards"][0]["ShardId"];
  const auto iterator = ok(Operation::kGetShardIterator, {{"StreamArn", arn}, {"ShardId", shard}, {"ShardIteratorType", "TRIM_HORIZON"}})["ShardIterator"];
  const auto records = ok(Operation::kGetRecords, {{"ShardIterator", iterator}})["Records"];
  ASSERT_EQ(records.size(), 2u);
  EXPECT_FALSE(records[0].contains("userIdentity"));
  EXPECT_EQ(records[1]["eventName"], "REMOVE");
  EXPECT_EQ(records[1]["userIdentity"], Json({{"principalId", "dynamodb.amazonaws.com"}, {"type", "Service"}}));
  EXPECT_EQ(records[1]["dynamodb"]["OldImage"]["p"]["S"], "soon");
}

TEST_F(ExpiryTest, ItemsThatWereThereBeforeExpireToo) {
  put_expiring("there", 5);
  enable();
  EXPECT_EQ(status(), "ENABLING");
  put_expiring("meanwhile", 5);
  engine_->tick();
  EXPECT_EQ(status(), "ENABLED");
  clock_.advance(std::chrono::seconds(6));
  EXPECT_EQ(engine_->tick(), 2u);
}

TEST_F(ExpiryTest, SwitchedOffNothingExpiresAndAnotherAttributeCanBeChosen) {
  enable();
  put({{"p", {{"S", "1"}}}, {"ttl", {{"N", std::to_string(now_seconds() + 5)}}}, {"end", {{"N", std::to_string(now_seconds() + 50)}}}});
  ok(Operation::kUpdateTimeToLive, set(false));
  EXPECT_EQ(status(), "DISABLED");
  clock_.advance(std::chrono::seconds(6));
  EXPECT_EQ(engine_->tick(), 0u);
  ok(Operation::kUpdateTimeToLive, set(true, "end"));
  EXPECT_EQ(engine_->tick(), 0u);
  clock_.advance(std::chrono::seconds(50));
  EXPECT_EQ(engine_->tick(), 1u);
}

TEST_F(ExpiryTest, UpdatesAreChecked) {
  EXPECT_EQ(fault(Operation::kUpdateTimeToLive, set(false)), "ValidationException: TimeToLive is already disabled");
  enable();
  EXPECT_EQ(fault(Operation::kUpdateTimeToLive, set(true)), "ValidationException: TimeToLive is already enabled");
  EXPECT_EQ(fault(Operation::kUpdateTimeToLive, set(true, "end")),
            "ValidationException: TimeToLive is active on a different AttributeName: current AttributeName is ttl");
  EXPECT_EQ(fault(Operation::kUpdateTimeToLive, {{"TableName", "notes"}}),
            "ValidationException: 1 validation error detected: Value null at 'timeToLiveSpecification' failed to satisfy constraint: Member must not be null");
}

}  // namespace
}  // namespace gatehouse::dynamo::testing
