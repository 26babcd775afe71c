// Pages put together are the whole, in either direction and whatever the Limit.
#include "unit/dynamo/engine/local/engine_fixture.hpp"

#include <algorithm>
#include <vector>

namespace gatehouse::dynamo {
namespace {

using testing::Json;

class PagingPropertyTest : public testing::LocalEngineTest {
 protected:
  void fill() {
    create_indexed();
    for (int i = 0; i < 60; ++i) {
      const Json item = {{"pk", {{"S", "p" + std::to_string(i % 2)}}},
                         {"sk", {{"S", std::string(static_cast<std::size_t>(i % 7), 'x') + std::to_string(i)}}},
                         {"a", {{"S", "a"}}},
                         {"b", {{"B", "AA=="}}},
                         {"n", {{"N", std::to_string(i % 5 - 2)}}},
                         {"even", {{"BOOL", i % 4 == 0}}}};
      ok(Operation::kPutItem, Json{{"TableName", "indexed"}, {"Item", item}});
    }
  }

  Json all_pages(Operation operation, Json request, int limit) {
    request["Limit"] = limit;
    Json items = Json::array();
    for (int page = 0; page < 100; ++page) {
      const Json answer = ok(operation, request);
      EXPECT_LE(answer["ScannedCount"], limit);
      EXPECT_EQ(answer["Count"], answer["Items"].size());
      items.insert(items.end(), answer["Items"].begin(), answer["Items"].end());
      if (!answer.contains("LastEvaluatedKey")) return items;
      request["ExclusiveStartKey"] = answer["LastEvaluatedKey"];
    }
    ADD_FAILURE() << "pages without end";
    return items;
  }

  void expect_pages_are_the_whole(Operation operation, const Json& request) {
    const Json whole = ok(operation, request)["Items"];
    EXPECT_GT(whole.size(), 5U);
    for (const int limit : {1, 2, 3, 7, 29, 30, 31, 1000})
      ASSERT_EQ(all_pages(operation, request, limit), whole) << request << " by " << limit;
  }
};

TEST_F(PagingPropertyTest, QueriesOfTableAndIndexes) {
  fill();
  const Json of_table = Json::parse(R"({"TableName":"indexed","KeyConditionExpression":"pk = :k",
    "ExpressionAttributeValues":{":k":{"S":"p1"}}})");
  const Json of_range = Json::parse(R"({"TableName":"indexed","KeyConditionExpression":"pk = :k AND sk BETWEEN :f AND :t",
    "ExpressionAttributeValues":{":k":{"S":"p0"},":f":{"S":"2"},":t":{"S":"xxxx4"}}})");
  Json of_local = of_table;
  of_local["IndexName"] = "by_n";
  Json fetched = of_local;
  fetched["Select"] = "ALL_ATTRIBUTES";
  const Json of_global = Json::parse(R"({"TableName":"indexed","IndexName":"by_an","KeyConditionExpression":"a = :k AND n >= :n",
    "ExpressionAttributeValues":{":k":{"S":"a"},":n":{"N":"-1"}}})");
  const Json of_many = Json::parse(R"({"TableName":"indexed","IndexName":"by_many","KeyConditionExpression":"a = :k AND b = :b",
    "ExpressionAttributeValues":{":k":{"S":"a"},":b":{"B":"AA=="}}})");
  const Json filtered = Json::parse(R"({"TableName":"indexed","IndexName":"by_a","KeyConditionExpression":"a = :k",
    "FilterExpression":"even = :t","ExpressionAttributeValues":{":k":{"S":"a"},":t":{"BOOL":true}}})");
  for (Json request : {of_table, of_range, of_local, fetched, of_global, of_many, filtered}) {
    for (const bool forward : {true, false}) {
      request["ScanIndexForward"] = forward;
      expect_pages_are_the_whole(Operation::kQuery, request);
    }
  }
}

TEST_F(PagingPropertyTest, BackwardsIsForwardsReversed) {
  fill();
  Json request = Json::parse(R"({"TableName":"indexed","IndexName":"by_many","KeyConditionExpression":"a = :k AND b = :b",
    "ExpressionAttributeValues":{":k":{"S":"a"},":b":{"B":"AA=="}}})");
  Json forward = ok(Operation::kQuery, request)["Items"];
  request["ScanIndexForward"] = false;
  std::reverse(forward.begin(), forward.end());
  EXPECT_EQ(ok(Operation::kQuery, request)["Items"], forward);
}

TEST_F(PagingPropertyTest, ScansOfTableIndexesAndSegments) {
  fill();
  expect_pages_are_the_whole(Operation::kScan, Json{{"TableName", "indexed"}});
  for (const char* index : {"by_n", "by_a", "by_an", "by_many"})
    expect_pages_are_the_whole(Operation::kScan, Json{{"TableName", "indexed"}, {"IndexName", index}});
  Json parted = Json::array();
  for (int segment = 0; segment < 3; ++segment) {
    const Json items =
        all_pages(Operation::kScan, Json{{"TableName", "indexed"}, {"Segment", segment}, {"TotalSegments", 3}}, 4);
    parted.insert(parted.end(), items.begin(), items.end());
  }
  EXPECT_EQ(parted, ok(Operation::kScan, Json{{"TableName", "indexed"}})["Items"]);
}

}  // namespace
}  // namespace gatehouse::dynamo
