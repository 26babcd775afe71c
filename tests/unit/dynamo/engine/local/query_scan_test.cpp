// Query and Scan as a client sees them.
#include "unit/dynamo/engine/local/engine_fixture.hpp"

#include <set>
#include <vector>

namespace gatehouse::dynamo {
namespace {

using testing::Json;

class QueryScanTest : public testing::LocalEngineTest {
 protected:
  void put(std::string_view table, std::string_view item) {
    ok(Operation::kPutItem, R"({"TableName":")" + std::string(table) + R"(","Item":)" + std::string(item) + "}");
  }

  void create_numbered(int count) {
    create_notes();
    for (int i = 0; i < count; ++i) {
      put("notes", R"({"pk":{"S":"p"},"sk":{"N":")" + std::to_string(i) + R"("},"even":{"BOOL":)" +
                       (i % 2 == 0 ? "true" : "false") + "}}");
    }
    put("notes", R"({"pk":{"S":"other"},"sk":{"N":"1"}})");
  }

  // The sort keys that a condition finds.
  std::vector<std::string> sorted(std::string_view condition, std::string_view values, std::string_view more = {}) {
    const Json answer = ok(Operation::kQuery, R"({"TableName":"notes","KeyConditionExpression":")" + std::string(condition) +
                                                  R"(","ExpressionAttributeValues":{":p":{"S":"p"})" + std::string(values) + "}" +
                                                  std::string(more) + "}");
    std::vector<std::string> keys;
    for (const Json& item : answer["Items"]) keys.push_back(item["sk"]["N"]);
    EXPECT_EQ(answer["Count"], keys.size());
    return keys;
  }
};

using Keys = std::vector<std::string>;

TEST_F(QueryScanTest, EveryOperatorFindsItsRange) {
  create_numbered(12);
  EXPECT_EQ(sorted("pk = :p", "").size(), 12U);
  EXPECT_EQ(sorted("pk = :p AND sk = :a", R"(,":a":{"N":"3.0"})"), (Keys{"3"}));
  EXPECT_EQ(sorted("pk = :p AND sk < :a", R"(,":a":{"N":"3"})"), (Keys{"0", "1", "2"}));
  EXPECT_EQ(sorted("pk = :p AND sk <= :a", R"(,":a":{"N":"2"})"), (Keys{"0", "1", "2"}));
  EXPECT_EQ(sorted("pk = :p AND sk > :a", R"(,":a":{"N":"9"})"), (Keys{"10", "11"}));
  EXPECT_EQ(sorted("sk >= :a AND pk = :p", R"(,":a":{"N":"9.5"})"), (Keys{"10", "11"}));
  EXPECT_EQ(sorted("pk = :p AND sk BETWEEN :a AND :b", R"(,":a":{"N":"-5"},":b":{"N":"1"})"), (Keys{"0", "1"}));
}

TEST_F(QueryScanTest, BackwardsIsTheSameInReverse) {
  create_numbered(12);
  EXPECT_EQ(sorted("pk = :p AND sk > :a", R"(,":a":{"N":"8"})", R"(,"ScanIndexForward":false)"), (Keys{"11", "10", "9"}));
  EXPECT_EQ(sorted("pk = :p AND sk < :a", R"(,":a":{"N":"2"})", R"(,"ScanIndexForward":false,"Limit":1)"), (Keys{"1"}));
}

TEST_F(QueryScanTest, BeginsWithFindsPrefixesInTablesAndIndexes) {
  create_indexed();
  for (const char* key : {"a", "ab", "ab\\u0000", "abc", "ac", "b"})
    put("indexed", R"({"pk":{"S":"p"},"sk":{"S":")" + std::string(key) + R"("},"a":{"S":"i"},"b":{"B":"AA=="},"n":{"N":"1"}})");
  const Json table = ok(Operation::kQuery, R"~({"TableName":"indexed","KeyConditionExpression":"pk = :p AND begins_with(sk, :s)",
    "ExpressionAttributeValues":{":p":{"S":"p"},":s":{"S":"ab"}}})~");
  EXPECT_EQ(table["Count"], 3);
  const Json index = ok(Operation::kQuery, R"~({"TableName":"indexed","IndexName":"by_many",
    "KeyConditionExpression":"a = :a AND b = :b AND n = :n AND begins_with(sk, :s)",
    "ExpressionAttributeValues":{":a":{"S":"i"},":b":{"B":"AA=="},":n":{"N":"1"},":s":{"S":"ab"}}})~");
  EXPECT_EQ(index["Count"], 3);
}

TEST_F(QueryScanTest, TheFilterIsAppliedAfterTheLimit) {
  create_numbered(6);
  const Json answer = ok(Operation::kQuery, R"({"TableName":"notes","KeyConditionExpression":"pk = :p","Limit":4,
    "FilterExpression":"even = :t","ExpressionAttributeValues":{":p":{"S":"p"},":t":{"BOOL":true}}})");
  EXPECT_EQ(answer["ScannedCount"], 4);
  EXPECT_EQ(answer["Count"], 2);
  EXPECT_EQ(answer["LastEvaluatedKey"], Json::parse(R"({"pk":{"S":"p"},"sk":{"N":"3"}})"));
}

TEST_F(QueryScanTest, LegacyConditionsWorkAsWell) {
  create_numbered(6);
  const Json answer = ok(Operation::kQuery, R"({"TableName":"notes","KeyConditions":{
    "pk":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"p"}]},
    "sk":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"N":"1"},{"N":"3"}]}},
    "QueryFilter":{"even":{"ComparisonOperator":"EQ","AttributeValueList":[{"BOOL":false}]}},"AttributesToGet":["sk"]})");
  EXPECT_EQ(answer["Items"], Json::parse(R"([{"sk":{"N":"1"}},{"sk":{"N":"3"}}])"));
  EXPECT_EQ(answer["ScannedCount"], 3);
}

TEST_F(QueryScanTest, SelectSaysWhatIsAnswered) {
  create_indexed();
  put("indexed", R"({"pk":{"S":"p"},"sk":{"S":"s"},"a":{"S":"a"},"n":{"N":"1"},"x":{"S":"x"},"z":{"S":"z"}})");
  const auto query = [&](std::string_view index, std::string_view more) {
    const bool local = index == "by_n";
    return R"({"TableName":"indexed","IndexName":")" + std::string(index) + R"(","KeyConditionExpression":")" +
           (local ? "pk = :k" : "a = :k") + R"(","ExpressionAttributeValues":{":k":{"S":")" + (local ? "p" : "a") + R"("}})" +
           std::string(more) + "}";
  };
  const Json whole = Json::parse(R"({"pk":{"S":"p"},"sk":{"S":"s"},"a":{"S":"a"},"n":{"N":"1"},"x":{"S":"x"},"z":{"S":"z"}})");
  EXPECT_EQ(ok(Operation::kQuery, query("by_n", R"(,"Select":"COUNT")")), Json::parse(R"({"Count":1,"ScannedCount":1})"));
  EXPECT_EQ(ok(Operation::kQuery, query("by_n", ""))["Items"][0],
            Json::parse(R"({"pk":{"S":"p"},"sk":{"S":"s"},"n":{"N":"1"},"x":{"S":"x"}})"));
  EXPECT_EQ(ok(Operation::kQuery, query("by_n", R"(,"Select":"ALL_ATTRIBUTES")"))["Items"][0], whole) << "fetched";
  EXPECT_EQ(ok(Operation::kQuery, query("by_n", R"(,"ProjectionExpression":"z")"))["Items"][0], Json::parse(R"({"z":{"S":"z"}})"));
  EXPECT_EQ(ok(Operation::kQuery, query("by_a", R"(,"Select":"ALL_ATTRIBUTES")"))["Items"][0], whole) << "projects all";
  EXPECT_EQ(ok(Operation::kQuery, query("by_an", ""))["Items"][0],
            Json::parse(R"({"pk":{"S":"p"},"sk":{"S":"s"},"a":{"S":"a"},"n":{"N":"1"}})"));
  const std::string invalid = "ValidationException: One or more parameter values were invalid: ";
  EXPECT_EQ(fault(Operation::kQuery, query("by_an", R"(,"Select":"ALL_ATTRIBUTES")")),
            invalid + "Select type ALL_ATTRIBUTES is not supported for global secondary index by_an because its projection type is not ALL");
  EXPECT_EQ(fault(Operation::kQuery, query("by_an", R"(,"ProjectionExpression":"x, z")")),
            invalid + "Global secondary index by_an does not project [x, z]");
  EXPECT_EQ(fault(Operation::kQuery, query("by_an", R"~(,"FilterExpression":"attribute_exists(z)")~")),
            invalid + "Secondary index by_an does not project one or more filter attributes: [z]");
  EXPECT_EQ(fault(Operation::kQuery, query("by_an", R"(,"ConsistentRead":true)")),
            "ValidationException: Consistent reads are not supported on global secondary indexes");
  EXPECT_EQ(fault(Operation::kQuery, query("by_an", R"(,"Select":"SPECIFIC_ATTRIBUTES")")),
            "ValidationException: Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES");
}

TEST_F(QueryScanTest, AFilterBeyondAnIndexIsServedByAScanOnly) {
  create_indexed();
  put("indexed", R"({"pk":{"S":"p"},"sk":{"S":"1"},"a":{"S":"a"},"n":{"N":"1"},"z":{"S":"z"}})");
  put("indexed", R"({"pk":{"S":"p"},"sk":{"S":"2"},"a":{"S":"a"},"n":{"N":"1"},"z":{"S":"y"}})");
  const Json entry = Json::parse(R"([{"pk":{"S":"p"},"sk":{"S":"1"},"a":{"S":"a"},"n":{"N":"1"}}])");
  const std::string rest = R"("FilterExpression":"z = :z","ExpressionAttributeValues":{":z":{"S":"z"},":k":{"S":"p"}},)";
  const std::string scan = R"({"FilterExpression":"z = :z","ExpressionAttributeValues":{":z":{"S":"z"}},"TableName":"indexed","IndexName":)";
  const Json found = ok(Operation::kScan, scan + R"("by_an"})");
  EXPECT_EQ(found["Items"], entry) << "the filter sees the item, the answer is the entry";
  EXPECT_EQ(found["ScannedCount"], 2);
  EXPECT_EQ(ok(Operation::kScan, scan + R"("by_n","Select":"ALL_ATTRIBUTES"})")["Count"], 1);
  for (const std::string_view select : {"", R"(,"Select":"ALL_ATTRIBUTES")", R"(,"ProjectionExpression":"z")"}) {
    EXPECT_EQ(fault(Operation::kQuery, "{" + rest + R"("TableName":"indexed","IndexName":"by_n","KeyConditionExpression":"pk = :k")" +
                                           std::string(select) + "}"),
              "ValidationException: One or more parameter values were invalid: Secondary index by_n does not project one or more filter "
              "attributes: [z]");
  }
}

TEST_F(QueryScanTest, AnEmptyKeyOfAnIndexNamesTheIndex) {
  create_indexed();
  for (const std::string_view condition : {"n = :n AND pk = :e", "pk = :e"}) {
    const bool both = condition.starts_with("n");
    EXPECT_EQ(fault(Operation::kQuery, R"({"TableName":"indexed","IndexName":"by_n","KeyConditionExpression":")" + std::string(condition) +
                                           R"(","ExpressionAttributeValues":{":e":{"S":""})" + (both ? R"(,":n":{"N":"1"}}})" : "}}")),
              "ValidationException: One or more parameter values are not valid. A value specified for a secondary index key is not "
              "supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: by_n, IndexKey: pk");
  }
  EXPECT_EQ(fault(Operation::kQuery, R"~({"TableName":"indexed","KeyConditionExpression":"pk = :k AND begins_with(sk, :e)",
                                          "ExpressionAttributeValues":{":k":{"S":"p"},":e":{"S":""}}})~"),
            "ValidationException: One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
            "empty string value. Key: sk");
}

TEST_F(QueryScanTest, NoPathLeadsIntoAKey) {
  create_indexed();
  const std::string scalars =
      "ValidationException: Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: ";
  const std::string key = R"("TableName":"indexed","Key":{"pk":{"S":"p"},"sk":{"S":"s"}})";
  const std::string item = R"("TableName":"indexed","Item":{"pk":{"S":"p"},"sk":{"S":"s"}})";
  EXPECT_EQ(fault(Operation::kGetItem, "{" + key + R"(,"ProjectionExpression":"n.x, sk[1], x.y"})"), scalars + "Key: sk");
  EXPECT_EQ(fault(Operation::kPutItem, "{" + item + R"~(,"ConditionExpression":"attribute_not_exists(a.x)"})~"), scalars + "IndexKey: a");
  EXPECT_EQ(fault(Operation::kDeleteItem, "{" + key + R"~(,"ConditionExpression":"NOT (x = n.y)"})~"), scalars + "IndexKey: n");
  EXPECT_EQ(fault(Operation::kUpdateItem, "{" + key + R"(,"UpdateExpression":"SET x = n.y"})"), scalars + "IndexKey: n");
  EXPECT_EQ(fault(Operation::kUpdateItem, "{" + key + R"(,"UpdateExpression":"REMOVE a[0]"})"), scalars + "IndexKey: a");
  EXPECT_EQ(fault(Operation::kScan, R"~({"TableName":"indexed","FilterExpression":"attribute_exists(pk.x)"})~"), scalars + "Key: pk");
  EXPECT_EQ(fault(Operation::kScan, R"({"TableName":"indexed","IndexName":"by_an","ProjectionExpression":"b[1], x"})"),
            scalars + "IndexKey: b");
  EXPECT_EQ(fault(Operation::kBatchGetItem,
                  R"({"RequestItems":{"indexed":{"Keys":[{"pk":{"S":"p"},"sk":{"S":"s"}}],"ProjectionExpression":"a.b"}}})"),
            scalars + "IndexKey: a");
  EXPECT_EQ(fault(Operation::kTransactGetItems, R"({"TransactItems":[{"Get":{)" + key + R"(,"ProjectionExpression":"a.b"}}]})"),
            scalars + "IndexKey: a");
  EXPECT_EQ(fault(Operation::kExecuteStatement, R"({"Statement":"SELECT x FROM indexed WHERE pk = 'p' AND a.b = 1"})"),
            scalars + "IndexKey: a");
}

TEST_F(QueryScanTest, KeysOfSeveralAttributesAreOneKey) {
  create_indexed();
  for (int i = 0; i < 6; ++i)
    put("indexed", R"({"pk":{"S":"p"},"sk":{"S":"s)" + std::to_string(i) + R"("},"a":{"S":"a"},"b":{"B":"AA=="},"n":{"N":")" +
                       std::to_string(i / 2) + R"("}})");
  const std::string begin = R"({"TableName":"indexed","IndexName":"by_many","KeyConditionExpression":")";
  const std::string values = R"(","ExpressionAttributeValues":{":a":{"S":"a"},":b":{"B":"AA=="})";
  EXPECT_EQ(ok(Operation::kQuery, begin + "a = :a AND b = :b" + values + "}}")["Count"], 6);
  EXPECT_EQ(ok(Operation::kQuery, begin + "a = :a AND b = :b AND n > :n" + values + R"(,":n":{"N":"0"}}})")["Count"], 4);
  EXPECT_EQ(ok(Operation::kQuery, begin + "a = :a AND b = :b AND n = :n AND sk > :s" + values +
                                      R"(,":n":{"N":"1"},":s":{"S":"s2"}}})")["Count"], 1);
  EXPECT_EQ(fault(Operation::kQuery, begin + "a = :a" + R"(","ExpressionAttributeValues":{":a":{"S":"a"}}})"),
            "ValidationException: Query condition missed key schema element: b");
  EXPECT_EQ(fault(Operation::kQuery, begin + "a = :a AND b = :b AND sk = :s" + values + R"(,":s":{"S":"s"}}})"),
            "ValidationException: Query condition missed key schema element: n");
  EXPECT_EQ(fault(Operation::kQuery, begin + "a = :a AND b = :b AND n > :n AND sk = :s" + values +
                                         R"(,":n":{"N":"1"},":s":{"S":"s"}}})"),
            "ValidationException: Query key condition not supported");
}

TEST_F(QueryScanTest, APageEndsAtAMegabyte) {
  create_notes();
  const std::string big(100'000, 'x');
  for (int i = 0; i < 15; ++i)
    put("notes", R"({"pk":{"S":"p"},"sk":{"N":")" + std::to_string(i) + R"("},"v":{"S":")" + big + R"("}})");
  const Json answer = ok(Operation::kQuery, R"({"TableName":"notes","KeyConditionExpression":"pk = :p","Select":"COUNT",
    "ExpressionAttributeValues":{":p":{"S":"p"}},"ReturnConsumedCapacity":"TOTAL"})");
  EXPECT_EQ(answer["Count"], 11) << "the item that reaches 1 MB is the last";
  EXPECT_EQ(answer["LastEvaluatedKey"]["sk"]["N"], "10");
  EXPECT_EQ(answer["ConsumedCapacity"]["CapacityUnits"], 134.5);
}

TEST_F(QueryScanTest, SegmentsPartTheTable) {
  create_plain();
  for (int i = 0; i < 200; ++i) put("plain", R"({"pk":{"S":"k)" + std::to_string(i) + R"("}})");
  std::set<std::string> keys;
  for (int segment = 0; segment < 7; ++segment) {
    const Json answer = ok(Operation::kScan, Json{{"TableName", "plain"}, {"Segment", segment}, {"TotalSegments", 7}});
    EXPECT_GT(answer["Count"], 0);
    for (const Json& item : answer["Items"]) EXPECT_TRUE(keys.insert(item["pk"]["S"]).second);
  }
  EXPECT_EQ(keys.size(), 200U);
  EXPECT_EQ(ok(Operation::kScan, R"({"TableName":"plain","Segment":999999,"TotalSegments":1000000,"Select":"COUNT"})")["Count"], 0);
}

TEST_F(QueryScanTest, AScanOfAnIndexFindsItsEntriesOnly) {
  create_indexed();
  put("indexed", R"({"pk":{"S":"p"},"sk":{"S":"1"},"a":{"S":"a"},"v":{"S":"v"}})");
  put("indexed", R"({"pk":{"S":"p"},"sk":{"S":"2"}})");
  EXPECT_EQ(ok(Operation::kScan, R"({"TableName":"indexed","IndexName":"by_a"})")["Items"],
            Json::parse(R"([{"pk":{"S":"p"},"sk":{"S":"1"},"a":{"S":"a"},"v":{"S":"v"}}])"));
  EXPECT_EQ(ok(Operation::kScan, R"({"TableName":"indexed","IndexName":"by_many"})")["Count"], 0);
  EXPECT_EQ(ok(Operation::kScan, R"~({"TableName":"indexed","FilterExpression":"attribute_exists(v)"})~")["Count"], 1);
  EXPECT_EQ(ok(Operation::kScan, R"({"TableName":"indexed","ScanFilter":{"v":{"ComparisonOperator":"NULL"}}})")["Count"], 1);
}

struct Refusal {
  Operation operation;
  const char* request;
  const char* fault;
};

TEST_F(QueryScanTest, RefusesInTheServicesWords) {
  create_notes();
  create_plain();
  const Refusal refusals[] = {
      {Operation::kQuery, R"({"TableName":"notes"})",
       "ValidationException: Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."},
      {Operation::kQuery, R"({"TableName":"notes","Limit":0,"Select":"x"})",
       "ValidationException: 2 validation errors detected: Value 'x' at 'select' failed to satisfy constraint: Member must satisfy enum "
       "value set: [SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]; Value '0' at 'limit' failed to satisfy "
       "constraint: Member must have value greater than or equal to 1"},
      {Operation::kQuery, R"({"TableName":"notes","KeyConditionExpression":"sk = :a","ExpressionAttributeValues":{":a":{"N":"1"}}})",
       "ValidationException: Query condition missed key schema element: pk"},
      {Operation::kQuery, R"({"TableName":"notes","KeyConditionExpression":"pk > :a","ExpressionAttributeValues":{":a":{"S":"1"}}})",
       "ValidationException: Query key condition not supported"},
      {Operation::kQuery, R"({"TableName":"notes","KeyConditionExpression":"pk = :a","ExpressionAttributeValues":{":a":{"N":"1"}}})",
       "ValidationException: One or more parameter values were invalid: Condition parameter type does not match schema type"},
      {Operation::kQuery,
       R"({"TableName":"notes","KeyConditionExpression":"pk = :a AND x = :a","ExpressionAttributeValues":{":a":{"S":"1"}}})",
       "ValidationException: Query condition missed key schema element: sk"},
      {Operation::kQuery,
       R"({"TableName":"plain","KeyConditionExpression":"pk = :a AND x = :a","ExpressionAttributeValues":{":a":{"S":"1"}}})",
       "ValidationException: Query key condition not supported"},
      {Operation::kQuery, R"({"TableName":"notes","KeyConditionExpression":"pk = :a","FilterExpression":"sk > :b",
        "ExpressionAttributeValues":{":a":{"S":"1"},":b":{"N":"1"}}})",
       "ValidationException: Filter Expression can only contain non-primary key attributes: Primary key attribute: sk"},
      {Operation::kQuery, R"({"TableName":"notes","IndexName":"nope","KeyConditionExpression":"pk = :a",
        "ExpressionAttributeValues":{":a":{"S":"1"}}})",
       "ValidationException: The table does not have the specified index: nope"},
      {Operation::kQuery, R"({"TableName":"notes","KeyConditionExpression":"pk = :a","ExpressionAttributeValues":{":a":{"S":"1"}},
        "ExclusiveStartKey":{"pk":{"S":"1"}}})",
       "ValidationException: The provided starting key is invalid"},
      {Operation::kQuery, R"({"TableName":"notes","KeyConditionExpression":"pk = :a","ExpressionAttributeValues":{":a":{"S":"1"}},
        "ExclusiveStartKey":{"pk":{"S":"2"},"sk":{"N":"1"}}})",
       "ValidationException: The provided starting key is outside query boundaries based on provided conditions"},
      {Operation::kQuery, R"({"TableName":"notes","KeyConditionExpression":"pk = :a AND sk > :b","ExpressionAttributeValues":
        {":a":{"S":"1"},":b":{"N":"5"}},"ExclusiveStartKey":{"pk":{"S":"1"},"sk":{"N":"1"}}})",
       "ValidationException: The provided starting key does not match the range key predicate"},
      {Operation::kQuery, R"({"TableName":"none","KeyConditionExpression":"pk = :a","ExpressionAttributeValues":{":a":{"S":"1"}}})",
       "ResourceNotFoundException: Requested resource not found"},
      {Operation::kScan, R"({"TableName":"notes","ExclusiveStartKey":{"pk":{"S":"1"}}})",
       "ValidationException: The provided starting key is invalid: The provided key element does not match the schema"},
      {Operation::kScan, R"({"TableName":"notes","Segment":1})",
       "ValidationException: The TotalSegments parameter is required but was not present in the request when Segment parameter is present"},
      {Operation::kScan, R"({"TableName":"notes","TotalSegments":1})",
       "ValidationException: The Segment parameter is required but was not present in the request when parameter TotalSegments is present"},
      {Operation::kScan, R"({"TableName":"notes","Segment":4,"TotalSegments":4})",
       "ValidationException: The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 4 is not less "
       "than TotalSegments: 4"},
      {Operation::kScan, R"({"TableName":"notes","TotalSegments":1000001,"Segment":0})",
       "ValidationException: 1 validation error detected: Value '1000001' at 'totalSegments' failed to satisfy constraint: Member must "
       "have value less than or equal to 1000000"},
      {Operation::kScan, R"({"TableName":"notes","Select":"ALL_PROJECTED_ATTRIBUTES"})",
       "ValidationException: ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"},
      {Operation::kQuery, R"({"TableName":"notes","Select":"COUNT","ProjectionExpression":"a","KeyConditionExpression":"pk = = :a",
        "ExpressionAttributeValues":{":a":{"S":"1"}}})",
       "ValidationException: Invalid KeyConditionExpression: Syntax error; token: \"=\", near: \"= = :a\""},
      {Operation::kQuery, R"({"TableName":"plain","KeyConditionExpression":"pk = :a","ExpressionAttributeValues":{":a":{"S":""}}})",
       "ValidationException: One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
       "string value. Key: pk"},
      {Operation::kScan, R"({"TableName":"plain","ScanFilter":{"a":{"ComparisonOperator":"NOPE"}}})",
       "ValidationException: 1 validation error detected: Value 'NOPE' at 'scanFilter.a.member.comparisonOperator' failed to satisfy "
       "constraint: Member must satisfy enum value set: [IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, "
       "CONTAINS]"},
  };
  for (const Refusal& each : refusals) EXPECT_EQ(fault(each.operation, each.request), each.fault) << each.request;
}

TEST_F(QueryScanTest, AnEmptyRangeIsAnEmptyPage) {
  create_numbered(3);
  const Json answer = ok(Operation::kQuery, R"({"TableName":"notes","KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{
    ":p":{"S":"p"}},"ExclusiveStartKey":{"pk":{"S":"p"},"sk":{"N":"2"}}})");
  EXPECT_EQ(answer, Json::parse(R"({"Items":[],"Count":0,"ScannedCount":0})"));
}

}  // namespace
}  // namespace gatehouse::dynamo
