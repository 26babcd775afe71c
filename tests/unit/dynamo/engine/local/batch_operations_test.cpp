// BatchGetItem and BatchWriteItem as a client sees them.
#include "unit/dynamo/engine/local/engine_fixture.hpp"

#include <algorithm>

namespace gatehouse::dynamo {
namespace {

using testing::Json;

class BatchOperationsTest : public testing::LocalEngineTest {
 protected:
  static Json key(std::string_view text) { return {{"pk", {{"S", text}}}}; }
  static Json put(Json item) { return {{"PutRequest", {{"Item", std::move(item)}}}}; }
  static Json erase(Json key) { return {{"DeleteRequest", {{"Key", std::move(key)}}}}; }
  static Json batch(Json writes) { return {{"RequestItems", {{"plain", std::move(writes)}}}}; }
};

TEST_F(BatchOperationsTest, WritesAndReadsSeveralTables) {
  create_plain();
  create_notes();
  ok(Operation::kPutItem, R"({"TableName":"plain","Item":{"pk":{"S":"old"}}})");
  EXPECT_EQ(ok(Operation::kBatchWriteItem, R"({"RequestItems":{
    "plain":[{"PutRequest":{"Item":{"pk":{"S":"a"},"v":{"N":"1"}}}},{"DeleteRequest":{"Key":{"pk":{"S":"old"}}}}],
    "notes":[{"PutRequest":{"Item":{"pk":{"S":"p"},"sk":{"N":"1"}}}}]},"ReturnConsumedCapacity":"TOTAL"})"),
            Json::parse(R"({"UnprocessedItems":{},"ConsumedCapacity":[{"TableName":"plain","CapacityUnits":2.0},
                            {"TableName":"notes","CapacityUnits":1.0}]})"));
  Json answer = ok(Operation::kBatchGetItem, R"({"RequestItems":{
    "plain":{"Keys":[{"pk":{"S":"a"}},{"pk":{"S":"old"}},{"pk":{"S":"none"}}],"ProjectionExpression":"#v","ExpressionAttributeNames":{"#v":"v"}},
    "notes":{"Keys":[{"pk":{"S":"p"},"sk":{"N":"1.0"}}],"ConsistentRead":true}},"ReturnConsumedCapacity":"TOTAL"})");
  EXPECT_EQ(answer, Json::parse(R"({"Responses":{"plain":[{"v":{"N":"1"}}],"notes":[{"pk":{"S":"p"},"sk":{"N":"1"}}]},
    "UnprocessedKeys":{},"ConsumedCapacity":[{"TableName":"plain","CapacityUnits":1.5},{"TableName":"notes","CapacityUnits":1.0}]})"));
}

TEST_F(BatchOperationsTest, WhatDoesNotFitIntoTheAnswerIsLeftForTheNextCall) {
  create_plain();
  const std::string big(380'000, 'x');
  Json keys = Json::array();
  for (int i = 0; i < 60; ++i) {
    const std::string name = "k" + std::to_string(i);
    ok(Operation::kPutItem, Json{{"TableName", "plain"}, {"Item", {{"pk", {{"S", name}}}, {"v", {{"S", big}}}}}});
    keys.push_back(key(name));
  }
  const Json request = {{"RequestItems", {{"plain", {{"Keys", keys}, {"ConsistentRead", true}, {"ProjectionExpression", "#p"},
                                                     {"ExpressionAttributeNames", {{"#p", "pk"}}}}}}}};
  const Json first = ok(Operation::kBatchGetItem, request);
  const Json rest = first["UnprocessedKeys"];
  EXPECT_EQ(first["Responses"]["plain"].size(), 44U) << "16 MB";
  EXPECT_EQ(rest["plain"]["Keys"].size(), 16U);
  EXPECT_EQ(rest["plain"]["ConsistentRead"], true);
  const Json second = ok(Operation::kBatchGetItem, Json{{"RequestItems", rest}});
  EXPECT_EQ(second["UnprocessedKeys"], Json::object());
  Json all = first["Responses"]["plain"];
  all.insert(all.end(), second["Responses"]["plain"].begin(), second["Responses"]["plain"].end());
  std::sort(all.begin(), all.end());
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(all, keys);
}

TEST_F(BatchOperationsTest, ABatchOfWritesCountsItsIndexes) {
  create_indexed();
  const Json answer = ok(Operation::kBatchWriteItem, R"({"RequestItems":{"indexed":[
    {"PutRequest":{"Item":{"pk":{"S":"p"},"sk":{"S":"1"},"a":{"S":"a"}}}},{"PutRequest":{"Item":{"pk":{"S":"p"},"sk":{"S":"2"}}}}]},
    "ReturnConsumedCapacity":"INDEXES","ReturnItemCollectionMetrics":"SIZE"})");
  EXPECT_EQ(answer["ConsumedCapacity"], Json::parse(R"([{"TableName":"indexed","CapacityUnits":3.0,"Table":{"CapacityUnits":2.0},
    "GlobalSecondaryIndexes":{"by_a":{"CapacityUnits":1.0}}}])"));
  EXPECT_EQ(answer["ItemCollectionMetrics"]["indexed"].size(), 1U) << "one collection";
}

TEST_F(BatchOperationsTest, RefusesInTheServicesWords) {
  create_plain();
  const std::string duplicates = "ValidationException: Provided list of item keys contains duplicates";
  EXPECT_EQ(fault(Operation::kBatchWriteItem, batch({put(key("a")), erase(key("a"))})), duplicates);
  EXPECT_EQ(fault(Operation::kBatchGetItem,
                  R"({"RequestItems":{"plain":{"Keys":[{"pk":{"S":"a"}},{"pk":{"S":"a"}}]}}})"), duplicates);
  Json writes = Json::array();
  for (int i = 0; i < 26; ++i) writes.push_back(put(key("k" + std::to_string(i))));
  EXPECT_TRUE(fault(Operation::kBatchWriteItem, batch(writes))
                  .ends_with("Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have "
                             "length greater than or equal to 1]"));
  writes.erase(25);
  ok(Operation::kBatchWriteItem, batch(writes));
  Json keys = Json::array();
  for (int i = 0; i < 101; ++i) keys.push_back(key(std::to_string(i)));
  EXPECT_TRUE(fault(Operation::kBatchGetItem, Json{{"RequestItems", {{"plain", {{"Keys", keys}}}}}})
                  .ends_with("Member must have length less than or equal to 100"));
  EXPECT_EQ(fault(Operation::kBatchGetItem, R"({})"),
            "ValidationException: 1 validation error detected: Value null at 'requestItems' failed to satisfy constraint: Member must "
            "not be null");
  EXPECT_EQ(fault(Operation::kBatchGetItem, R"({"RequestItems":{"none":{"Keys":[{}]}}})"),
            "ResourceNotFoundException: Requested resource not found");
  EXPECT_EQ(fault(Operation::kBatchWriteItem, batch({put({{"x", {{"S", "1"}}}})})),
            "ValidationException: The provided key element does not match the schema");
  EXPECT_TRUE(fault(Operation::kBatchWriteItem, batch({Json::object()})).starts_with("ValidationException: Supplied AttributeValue"));
}

TEST_F(BatchOperationsTest, ABadWriteKeepsTheOthersFromHappening) {
  create_plain();
  fault(Operation::kBatchWriteItem, batch({put(key("a")), put(key(""))}));
  EXPECT_EQ(ok(Operation::kScan, R"({"TableName":"plain"})")["Count"], 0);
}

}  // namespace
}  // namespace gatehouse::dynamo
