#include "dynamo/adapter/leading_keys.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::dynamo {
namespace {

const KeySchema kSchema{"tenant", {{"by_date", {"tenant"}}, {"by_tag", {"tag"}}, {"wide", {"region", "tenant"}}}};

bool within(Operation operation, std::string_view body, std::vector<std::string> patterns = {"ann"}) {
  Arena arena;
  const auto touches = find_touched(operation, body, Iterators::kNameTheirStream, arena);
  EXPECT_TRUE(touches) << body;
  if (!touches) return false;
  for (const Touch& touch : *touches)
    if (!stays_within(touch, kSchema, patterns, arena)) return false;
  return true;
}

TEST(LeadingKeysTest, ReadsTheSchemaOutOfADescription) {
  Arena arena;
  const auto schema = read_key_schema(
      R"({"Table":{"TableName":"notes","KeySchema":[{"AttributeName":"tenant","KeyType":"HASH"},{"AttributeName":"id","KeyType":"RANGE"}],)"
      R"("GlobalSecondaryIndexes":[{"IndexName":"by_tag","KeySchema":[{"KeyType":"HASH","AttributeName":"tag"}],"ItemCount":5}]}})",
      arena);
  ASSERT_TRUE(schema);
  EXPECT_EQ(schema->partition, "tenant");
  ASSERT_EQ(schema->indexes.size(), 1U);
  EXPECT_EQ(schema->indexes[0].second, std::vector<std::string>{"tag"});
  EXPECT_FALSE(read_key_schema("{}", arena));
  EXPECT_FALSE(read_key_schema("nonsense", arena));
}

TEST(LeadingKeysTest, KeysAndItemsMustBeOfThePartition) {
  EXPECT_TRUE(within(Operation::kGetItem, R"({"TableName":"notes","Key":{"id":{"S":"bob"},"tenant":{"S":"ann"}}})"));
  EXPECT_FALSE(within(Operation::kGetItem, R"({"TableName":"notes","Key":{"id":{"S":"ann"},"tenant":{"S":"bob"}}})"));
  EXPECT_FALSE(within(Operation::kGetItem, R"({"TableName":"notes","Key":{"id":{"S":"ann"}}})"));
  EXPECT_FALSE(within(Operation::kGetItem, R"({"TableName":"notes"})"));
  EXPECT_FALSE(within(Operation::kPutItem, R"({"TableName":"notes","Item":{"tenant":{"L":[{"S":"ann"}]}}})"));
  EXPECT_FALSE(within(Operation::kPutItem, R"({"TableName":"notes","Item":{"tenant":{"S":"ann","N":"1"}}})"));
  EXPECT_TRUE(within(Operation::kPutItem, R"({"TableName":"notes","Item":{"tenant":{"N":"7"}}})", {"7"}));
}

TEST(LeadingKeysTest, ValuesMayBePatterns) {
  EXPECT_TRUE(within(Operation::kGetItem, R"({"TableName":"notes","Key":{"tenant":{"S":"ann#2"}}})", {"bob", "ann#*"}));
  EXPECT_FALSE(within(Operation::kGetItem, R"({"TableName":"notes","Key":{"tenant":{"S":"ann"}}})", {"ann#*"}));
}

TEST(LeadingKeysTest, EveryItemOfABatchCounts) {
  EXPECT_TRUE(within(Operation::kBatchGetItem, R"({"RequestItems":{"notes":{"Keys":[{"tenant":{"S":"ann"}}]}}})"));
  EXPECT_FALSE(
      within(Operation::kBatchGetItem, R"({"RequestItems":{"notes":{"Keys":[{"tenant":{"S":"ann"}},{"tenant":{"S":"bob"}}]}}})"));
  EXPECT_FALSE(within(Operation::kBatchWriteItem,
                      R"({"RequestItems":{"notes":[{"PutRequest":{"Item":{"tenant":{"S":"ann"}}}},{"DeleteRequest":{"Key":{"tenant":{"S":"bob"}}}}]}})"));
  EXPECT_TRUE(within(Operation::kTransactGetItems, R"({"TransactItems":[{"Get":{"TableName":"notes","Key":{"tenant":{"S":"ann"}}}}]})"));
}

TEST(LeadingKeysTest, QueriesMustPinThePartition) {
  const auto query = [](std::string_view expression, std::string_view more = "") {
    return R"({"TableName":"notes","KeyConditionExpression":")" + std::string(expression) +
           R"(","ExpressionAttributeValues":{":o":{"S":"ann"},":b":{"S":"bob"},":d":{"S":"2025"}})" + std::string(more) + "}";
  };
  EXPECT_TRUE(within(Operation::kQuery, query("tenant = :o")));
  EXPECT_TRUE(within(Operation::kQuery, query("created > :d AND tenant = :o")));
  EXPECT_FALSE(within(Operation::kQuery, query("tenant = :b")));
  EXPECT_FALSE(within(Operation::kQuery, query("tenant > :o")));
  EXPECT_FALSE(within(Operation::kQuery, query("created = :o")));
  EXPECT_FALSE(within(Operation::kQuery, query("tenant = :missing")));
  EXPECT_TRUE(within(Operation::kQuery, query("#o = :o", R"(,"ExpressionAttributeNames":{"#o":"tenant"})")));
  EXPECT_FALSE(within(Operation::kQuery, query("#o = :o", R"(,"ExpressionAttributeNames":{"#o":"tag"})")));
  EXPECT_FALSE(within(Operation::kQuery, R"({"TableName":"notes"})"));
}

TEST(LeadingKeysTest, LegacyConditionsCountToo) {
  EXPECT_TRUE(within(Operation::kQuery,
                     R"({"TableName":"notes","KeyConditions":{"tenant":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"ann"}]}}})"));
  EXPECT_FALSE(within(Operation::kQuery,
                      R"({"TableName":"notes","KeyConditions":{"tenant":{"ComparisonOperator":"GE","AttributeValueList":[{"S":"ann"}]}}})"));
  EXPECT_FALSE(within(Operation::kQuery,
                      R"({"TableName":"notes","KeyConditionExpression":"tenant = :o","ExpressionAttributeValues":{":o":{"S":"ann"}},)"
                      R"("KeyConditions":{"tenant":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"bob"}]}}})"));
}

TEST(LeadingKeysTest, OnlyIndexesThatKeepPartitionsApart) {
  const auto query = [](std::string_view index, std::string_view expression) {
    return R"({"TableName":"notes","IndexName":")" + std::string(index) + R"(","KeyConditionExpression":")" + std::string(expression) +
           R"(","ExpressionAttributeValues":{":o":{"S":"ann"},":r":{"S":"eu"}}})";
  };
  EXPECT_TRUE(within(Operation::kQuery, query("by_date", "tenant = :o")));
  EXPECT_FALSE(within(Operation::kQuery, query("by_tag", "tag = :o")));
  EXPECT_FALSE(within(Operation::kQuery, query("by_tag", "tag = :r AND tenant = :o")));
  EXPECT_TRUE(within(Operation::kQuery, query("wide", "#r = :r AND tenant = :o").insert(1, R"("ExpressionAttributeNames":{"#r":"region"},)")));
  EXPECT_FALSE(within(Operation::kQuery, query("unknown", "tenant = :o")));
}

TEST(LeadingKeysTest, WhatCannotBeDecidedIsRefused) {
  EXPECT_FALSE(within(Operation::kScan, R"({"TableName":"notes"})"));
  EXPECT_FALSE(within(Operation::kExecuteStatement, R"({"Statement":"SELECT * FROM notes WHERE tenant = 'ann'"})"));
  EXPECT_FALSE(within(Operation::kDeleteTable, R"({"TableName":"notes"})"));
  EXPECT_FALSE(within(Operation::kUpdateTable, R"({"TableName":"notes"})"));
  EXPECT_FALSE(within(Operation::kGetRecords, R"({"ShardIterator":"x"})"));
  EXPECT_FALSE(within(Operation::kGetRecords, R"({"ShardIterator":"arn:aws:dynamodb:r:0:table/notes/stream/1|1|x"})"));
  EXPECT_TRUE(within(Operation::kDescribeTable, R"({"TableName":"notes"})"));
}

}  // namespace
}  // namespace gatehouse::dynamo
