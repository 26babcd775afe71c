// Streams: what a consumer sees of changes, shard by shard.
#include "control_fixture.hpp"

namespace gatehouse::dynamo::testing {
namespace {

class StreamsTest : public ControlTest {
 protected:
  void enable(std::string_view view) {
    ok(Operation::kUpdateTable, {{"TableName", "notes"}, {"StreamSpecification", {{"StreamEnabled", true}, {"StreamViewType", view}}}});
  }
  void disable() { ok(Operation::kUpdateTable, {{"TableName", "notes"}, {"StreamSpecification", {{"StreamEnabled", false}}}}); }
  std::string arn() { return describe()["LatestStreamArn"]; }
  Json stream(const std::string& arn) { return ok(Operation::kDescribeStream, {{"StreamArn", arn}})["StreamDescription"]; }
  std::string iterator(const std::string& arn, std::size_t shard, std::string_view type, std::string_view sequence = {}) {
    Json request = {{"StreamArn", arn}, {"ShardId", stream(arn)["Shards"][shard]["ShardId"]}, {"ShardIteratorType", type}};
    if (!sequence.empty()) request["SequenceNumber"] = sequence;
    return ok(Operation::kGetShardIterator, request)["ShardIterator"];
  }
  Json records(const std::string& iterator, int limit = 1000) { return ok(Operation::kGetRecords, {{"ShardIterator", iterator}, {"Limit", limit}}); }
  Json all(const std::string& arn, std::size_t shard = 0) { return records(iterator(arn, shard, "TRIM_HORIZON"))["Records"]; }
  void put_value(std::string_view key, std::string_view value) { put({{"p", {{"S", key}}}, {"v", {{"S", value}}}}); }
};

class MemoryStreamsTest : public StreamsTest {
 protected:
  MemoryStreamsTest() {
    open_in_memory();
    create_notes();
  }
};

TEST_F(MemoryStreamsTest, ChangesAppearInTheirOrderWithBothImages) {
  enable("NEW_AND_OLD_IMAGES");
  put_value("1", "a");
  put_value("1", "b");
  put_value("1", "b");
  ok(Operation::kDeleteItem, {{"TableName", "notes"}, {"Key", item("1")}});
  ok(Operation::kDeleteItem, {{"TableName", "notes"}, {"Key", item("1")}});
  const auto seen = all(arn());
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0]["eventName"], "INSERT");
  EXPECT_EQ(seen[0]["dynamodb"]["Keys"], item("1"));
  EXPECT_EQ(seen[0]["dynamodb"]["NewImage"]["v"]["S"], "a");
  EXPECT_FALSE(seen[0]["dynamodb"].contains("OldImage"));
  EXPECT_EQ(seen[0]["dynamodb"]["ApproximateCreationDateTime"], now_seconds());
  EXPECT_EQ(seen[0]["dynamodb"]["SizeBytes"], 2 + 4);
  EXPECT_EQ(seen[1]["eventName"], "MODIFY");
  EXPECT_EQ(seen[1]["dynamodb"]["OldImage"]["v"]["S"], "a");
  EXPECT_EQ(seen[1]["dynamodb"]["NewImage"]["v"]["S"], "b");
  EXPECT_EQ(seen[2]["eventName"], "REMOVE");
  EXPECT_EQ(seen[2]["dynamodb"]["OldImage"]["v"]["S"], "b");
  EXPECT_FALSE(seen[2].contains("userIdentity"));
  EXPECT_LT(seen[0]["dynamodb"]["SequenceNumber"], seen[1]["dynamodb"]["SequenceNumber"]);
  EXPECT_NE(seen[0]["eventID"], seen[1]["eventID"]);
  EXPECT_EQ(seen[0]["eventSource"], "aws:dynamodb");
}

TEST_F(MemoryStreamsTest, TheViewSaysWhichImagesAreKept) {
  const struct {
    const char* view;
    bool before, after;
  } cases[] = {{"KEYS_ONLY", false, false}, {"NEW_IMAGE", false, true}, {"OLD_IMAGE", true, false}, {"NEW_AND_OLD_IMAGES", true, true}};
  for (const auto& each : cases) {
    put_value("1", "before");
    clock_.advance(std::chrono::seconds(1));
    enable(each.view);
    put_value("1", std::string("after ") + each.view);
    const auto change = all(arn())[0]["dynamodb"];
    EXPECT_EQ(change.contains("OldImage"), each.before) << each.view;
    EXPECT_EQ(change.contains("NewImage"), each.after) << each.view;
    EXPECT_EQ(change["StreamViewType"], each.view);
    disable();
  }
}

TEST_F(MemoryStreamsTest, IteratorsBeginWhereTheySay) {
  enable("KEYS_ONLY");
  for (const char* key : {"1", "2", "3"}) put(item(key));
  const std::string second = all(arn())[1]["dynamodb"]["SequenceNumber"];
  EXPECT_EQ(records(iterator(arn(), 0, "AT_SEQUENCE_NUMBER", second))["Records"].size(), 2u);
  EXPECT_EQ(records(iterator(arn(), 0, "AFTER_SEQUENCE_NUMBER", second))["Records"].size(), 1u);
  const std::string latest = iterator(arn(), 0, "LATEST");
  const auto none = records(latest);
  EXPECT_TRUE(none["Records"].empty());
  put(item("4"));
  EXPECT_EQ(records(none["NextShardIterator"])["Records"][0]["dynamodb"]["Keys"], item("4"));
  EXPECT_EQ(records(latest)["Records"].size(), 1u);
}

TEST_F(MemoryStreamsTest, RecordsComeInPages) {
  enable("NEW_IMAGE");
  for (int i = 0; i < 5; ++i) put(item(std::to_string(i)));
  auto page = records(iterator(arn(), 0, "TRIM_HORIZON"), 2);
  EXPECT_EQ(page["Records"].size(), 2u);
  page = records(page["NextShardIterator"], 2);
  EXPECT_EQ(page["Records"][0]["dynamodb"]["Keys"], item("2"));
  page = records(page["NextShardIterator"], 2);
  EXPECT_EQ(page["Records"].size(), 1u);
  const std::string big(300 * 1024, 'x');
  for (int i = 0; i < 5; ++i) put_value("big" + std::to_string(i), big);
  page = records(page["NextShardIterator"]);
  EXPECT_EQ(page["Records"].size(), 3u);
  page = records(page["NextShardIterator"]);
  EXPECT_EQ(page["Records"].size(), 2u);
}

TEST_F(MemoryStreamsTest, ADisabledStreamEndsAndStaysReadableForADay) {
  enable("NEW_IMAGE");
  const std::string old = arn();
  put(item("1"));
  const std::string before = iterator(old, 0, "TRIM_HORIZON");
  disable();
  put(item("2"));
  EXPECT_EQ(stream(old)["StreamStatus"], "DISABLED");
  EXPECT_TRUE(stream(old)["Shards"][0]["SequenceNumberRange"].contains("EndingSequenceNumber"));
  const auto page = records(before);
  EXPECT_EQ(page["Records"].size(), 1u);
  EXPECT_FALSE(page.contains("NextShardIterator"));
  clock_.advance(std::chrono::hours(23));
  enable("NEW_IMAGE");
  EXPECT_NE(arn(), old);
  EXPECT_EQ(ok(Operation::kListStreams, {{"TableName", "notes"}})["Streams"].size(), 2u);
  clock_.advance(std::chrono::hours(2));
  engine_->tick();
  EXPECT_EQ(ok(Operation::kListStreams, Json::object())["Streams"].size(), 1u);
  EXPECT_EQ(fault(Operation::kDescribeStream, {{"StreamArn", old}}), "ResourceNotFoundException: Requested resource not found: Stream: " + old + " not found");
}

TEST_F(MemoryStreamsTest, TheStreamOfADeletedTableStaysReadable) {
  enable("NEW_IMAGE");
  const std::string stream_arn = arn();
  put(item("1"));
  ok(Operation::kDeleteTable, {{"TableName", "notes"}});
  engine_->tick();
  EXPECT_EQ(all(stream_arn).size(), 1u);
}

TEST_F(MemoryStreamsTest, ShardsFollowOneAnother) {
  enable("KEYS_ONLY");
  put(item("1"));
  const std::string first = iterator(arn(), 0, "TRIM_HORIZON");
  clock_.advance(std::chrono::minutes(5));
  engine_->tick();
  EXPECT_EQ(stream(arn())["Shards"].size(), 1u);
  const auto idle = records(first);
  for (int minute = 0; minute < 4 * 60; minute += 10) clock_.advance(std::chrono::minutes(10));
  engine_->tick();
  put(item("2"));
  const auto shards = stream(arn())["Shards"];
  ASSERT_EQ(shards.size(), 2u);
  EXPECT_EQ(shards[1]["ParentShardId"], shards[0]["ShardId"]);
  EXPECT_TRUE(shards[0]["SequenceNumberRange"].contains("EndingSequenceNumber"));
  EXPECT_FALSE(shards[1]["SequenceNumberRange"].contains("EndingSequenceNumber"));
  const auto ended = records(iterator(arn(), 0, "TRIM_HORIZON"));
  EXPECT_EQ(ended["Records"].size(), 1u);
  EXPECT_FALSE(ended.contains("NextShardIterator"));
  EXPECT_EQ(all(arn(), 1)[0]["dynamodb"]["Keys"], item("2"));
  const auto rest = ok(Operation::kDescribeStream, {{"StreamArn", arn()}, {"ExclusiveStartShardId", shards[0]["ShardId"]}, {"Limit", 1}});
  EXPECT_EQ(rest["StreamDescription"]["Shards"].size(), 1u);
  EXPECT_EQ(ok(Operation::kDescribeStream, {{"StreamArn", arn()}, {"Limit", 1}})["StreamDescription"]["LastEvaluatedShardId"], shards[0]["ShardId"]);
}

TEST_F(MemoryStreamsTest, OldRecordsAreTrimmed) {
  enable("KEYS_ONLY");
  for (int i = 0; i < 10; ++i) {
    put(item(std::to_string(i)));
    clock_.advance(std::chrono::hours(4));
    engine_->tick();
  }
  // 40 hours: what was written in the first 16 is gone, with its shards.
  const auto shards = stream(arn())["Shards"];
  Json seen = Json::array();
  for (std::size_t i = 0; i < shards.size(); ++i)
    for (const auto& record : all(arn(), i)) seen.push_back(record["dynamodb"]["Keys"]["p"]["S"]);
  EXPECT_EQ(seen, Json({"4", "5", "6", "7", "8", "9"}));
  EXPECT_LT(shards.size(), 10u);
}

TEST_F(MemoryStreamsTest, AnIteratorIntoTrimmedRecordsIsRefused) {
  enable("KEYS_ONLY");
  put(item("1"));
  const std::string sequence = all(arn())[0]["dynamodb"]["SequenceNumber"];
  clock_.advance(std::chrono::hours(23));
  put(item("2"));
  clock_.advance(std::chrono::minutes(55));
  const std::string early = iterator(arn(), 0, "TRIM_HORIZON");
  clock_.advance(std::chrono::minutes(10));
  engine_->tick();
  EXPECT_EQ(fault(Operation::kGetRecords, {{"ShardIterator", early}}),
            "TrimmedDataAccessException: The operation attempted to read past the oldest stream record in a shard.");
  EXPECT_EQ(fault(Operation::kGetShardIterator, {{"StreamArn", arn()}, {"ShardId", stream(arn())["Shards"][0]["ShardId"]}, {"ShardIteratorType", "AT_SEQUENCE_NUMBER"}, {"SequenceNumber", sequence}})
                .substr(0, 26),
            "TrimmedDataAccessException");
}

TEST_F(MemoryStreamsTest, IteratorsExpireAfterAQuarterOfAnHour) {
  enable("KEYS_ONLY");
  const std::string old = iterator(arn(), 0, "LATEST");
  clock_.advance(std::chrono::minutes(14));
  EXPECT_TRUE(records(old)["Records"].empty());
  clock_.advance(std::chrono::minutes(2));
  EXPECT_EQ(fault(Operation::kGetRecords, {{"ShardIterator", old}}).substr(0, 24), "ExpiredIteratorException");
  EXPECT_EQ(fault(Operation::kGetRecords, {{"ShardIterator", "nonsense"}}), "ValidationException: Invalid ShardIterator");
  std::string forged = iterator(arn(), 0, "LATEST");
  forged[forged.size() - 8] = forged[forged.size() - 8] == 'A' ? 'B' : 'A';
  EXPECT_EQ(fault(Operation::kGetRecords, {{"ShardIterator", forged}}), "ValidationException: Invalid ShardIterator");
}

TEST_F(MemoryStreamsTest, AnIteratorReadsNoOtherStreamThanItNames) {
  enable("NEW_IMAGE");
  put(item("1"));
  const std::string old = arn();
  const std::string mine = iterator(old, 0, "TRIM_HORIZON");
  disable();
  clock_.advance(std::chrono::seconds(1));
  enable("NEW_IMAGE");
  ASSERT_NE(arn(), old);
  const std::string rest = mine.substr(mine.find('|'));
  EXPECT_EQ(fault(Operation::kGetRecords, {{"ShardIterator", arn() + rest}}),
            "ResourceNotFoundException: Requested resource not found: Stream: " + arn() + " not found");
  // Whose table it is must be readable in one way only.
  for (const std::string& twofold : {arn() + "|1|" + mine, arn() + "|" + rest, old + "|2" + rest.substr(2), rest, "x" + mine}) {
    EXPECT_NE(fault(Operation::kGetRecords, {{"ShardIterator", twofold}}), "") << twofold;
  }
  EXPECT_EQ(records(mine)["Records"].size(), 1u);
}

TEST_F(MemoryStreamsTest, AStreamIsNotEnabledOrDisabledTwice) {
  EXPECT_EQ(fault(Operation::kUpdateTable, {{"TableName", "notes"}, {"StreamSpecification", {{"StreamEnabled", false}}}}),
            "ValidationException: Table already has a disabled stream: TableName: notes");
  enable("KEYS_ONLY");
  EXPECT_EQ(fault(Operation::kUpdateTable, {{"TableName", "notes"}, {"StreamSpecification", {{"StreamEnabled", true}, {"StreamViewType", "NEW_IMAGE"}}}}),
            "ValidationException: Table already has an enabled stream: TableName: notes");
}

class StoredStreamsTest : public StreamsTest {
 protected:
  StoredStreamsTest() {
    open_on_disk();
    create_notes();
  }
  void reopen() {
    close();
    open_on_disk();
  }
};

TEST_F(StoredStreamsTest, SequenceNumbersAndShardsGoOnAfterARestart) {
  enable("KEYS_ONLY");
  put(item("1"));
  clock_.advance(std::chrono::hours(5));
  engine_->tick();
  put(item("2"));
  const auto before = stream(arn());
  const std::string latest = iterator(arn(), 1, "LATEST");
  reopen();
  EXPECT_EQ(stream(arn()), before);
  put(item("3"));
  const auto seen = records(latest)["Records"];
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0]["dynamodb"]["Keys"], item("3"));
}

TEST_F(StoredStreamsTest, ATrimmedStreamDoesNotBeginAnewAfterARestart) {
  enable("KEYS_ONLY");
  put(item("1"));
  const std::string first = all(arn())[0]["dynamodb"]["SequenceNumber"];
  clock_.advance(std::chrono::hours(30));
  engine_->tick();
  reopen();
  clock_.advance(std::chrono::hours(1));
  put(item("2"));
  const auto shards = stream(arn())["Shards"];
  const auto seen = all(arn(), shards.size() - 1);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_GT(seen[0]["dynamodb"]["SequenceNumber"], first);
}

}  // namespace
}  // namespace gatehouse::dynamo::testing
