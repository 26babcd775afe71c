// PutItem, GetItem, UpdateItem, DeleteItem as a client sees them.
#include "unit/dynamo/engine/local/engine_fixture.hpp"

namespace gatehouse::dynamo {
namespace {

using testing::Json;

class ItemOperationsTest : public testing::LocalEngineTest {
 protected:
  void put(std::string_view item) {
    ok(Operation::kPutItem, R"({"TableName":"plain","Item":)" + std::string(item) + "}");
  }
  Json get(std::string_view key) {
    return ok(Operation::kGetItem,
              R"({"TableName":"plain","ConsistentRead":true,"Key":{"pk":{"S":")" + std::string(key) + R"("}}})");
  }
};

TEST_F(ItemOperationsTest, APutItemIsReadBackAsItWas) {
  create_plain();
  const Json item = Json::parse(R"({"pk":{"S":"k"},"n":{"N":"1.5"},"b":{"B":"AAEC"},"t":{"BOOL":true},"z":{"NULL":true},
    "ss":{"SS":["a","b"]},"ns":{"NS":["1","2"]},"bs":{"BS":["AA=="]},"l":{"L":[{"S":""},{"N":"0"}]},"m":{"M":{"é\"":{"M":{}}}}})");
  EXPECT_EQ(ok(Operation::kPutItem, Json{{"TableName", "plain"}, {"Item", item}}), Json::object());
  EXPECT_EQ(get("k")["Item"], item);
  EXPECT_EQ(get("other"), Json::object());
}

TEST_F(ItemOperationsTest, AProjectionAnswersOnlyWhatItNames) {
  create_plain();
  put(R"({"pk":{"S":"k"},"a":{"M":{"b":{"L":[{"S":"x"},{"S":"y"}]},"c":{"N":"1"}}},"d":{"S":"e"}})");
  const Json answer = ok(Operation::kGetItem, R"({"TableName":"plain","Key":{"pk":{"S":"k"}},"ProjectionExpression":"#a.b[1], d",
    "ExpressionAttributeNames":{"#a":"a"}})");
  EXPECT_EQ(answer, Json::parse(R"({"Item":{"a":{"M":{"b":{"L":[{"S":"y"}]}}},"d":{"S":"e"}}})"));
  EXPECT_EQ(ok(Operation::kGetItem, R"({"TableName":"plain","Key":{"pk":{"S":"k"}},"AttributesToGet":["d","nope"]})"),
            Json::parse(R"({"Item":{"d":{"S":"e"}}})"));
}

TEST_F(ItemOperationsTest, PutAndDeleteAnswerTheOldItemWhenAsked) {
  create_plain();
  EXPECT_EQ(ok(Operation::kPutItem, R"({"TableName":"plain","Item":{"pk":{"S":"k"},"v":{"N":"1"}},"ReturnValues":"ALL_OLD"})"),
            Json::object());
  EXPECT_EQ(ok(Operation::kPutItem, R"({"TableName":"plain","Item":{"pk":{"S":"k"},"v":{"N":"2"}},"ReturnValues":"ALL_OLD"})"),
            Json::parse(R"({"Attributes":{"pk":{"S":"k"},"v":{"N":"1"}}})"));
  EXPECT_EQ(ok(Operation::kDeleteItem, R"({"TableName":"plain","Key":{"pk":{"S":"k"}},"ReturnValues":"ALL_OLD"})"),
            Json::parse(R"({"Attributes":{"pk":{"S":"k"},"v":{"N":"2"}}})"));
  EXPECT_EQ(ok(Operation::kDeleteItem, R"({"TableName":"plain","Key":{"pk":{"S":"k"}},"ReturnValues":"ALL_OLD"})"),
            Json::object());
  EXPECT_EQ(get("k"), Json::object());
}

TEST_F(ItemOperationsTest, AConditionThatDoesNotHoldChangesNothing) {
  create_plain();
  put(R"({"pk":{"S":"k"},"v":{"N":"1"}})");
  const Json put_once = Json::parse(R"~({"TableName":"plain","Item":{"pk":{"S":"k"},"v":{"N":"9"}},
    "ConditionExpression":"attribute_not_exists(pk)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"})~");
  const Answer failed = call(Operation::kPutItem, put_once);
  EXPECT_EQ(failed.status, 400);
  EXPECT_EQ(failed.body["__type"], "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException");
  EXPECT_EQ(failed.body["message"], "The conditional request failed");
  EXPECT_EQ(failed.body["Item"], Json::parse(R"({"pk":{"S":"k"},"v":{"N":"1"}})"));
  const std::string expected = "ConditionalCheckFailedException: The conditional request failed";
  EXPECT_EQ(fault(Operation::kDeleteItem, R"({"TableName":"plain","Key":{"pk":{"S":"k"}},"ConditionExpression":"v > :one",
    "ExpressionAttributeValues":{":one":{"N":"1"}}})"), expected);
  EXPECT_EQ(fault(Operation::kUpdateItem, R"~({"TableName":"plain","Key":{"pk":{"S":"none"}},"UpdateExpression":"SET v = :v",
    "ConditionExpression":"attribute_exists(pk)","ExpressionAttributeValues":{":v":{"N":"1"}}})~"), expected);
  EXPECT_EQ(get("k")["Item"]["v"]["N"], "1");
  EXPECT_EQ(get("none"), Json::object());
}

TEST_F(ItemOperationsTest, ExpectedIsAConditionToo) {
  create_plain();
  put(R"({"pk":{"S":"k"},"v":{"N":"1"}})");
  EXPECT_EQ(fault(Operation::kPutItem, R"({"TableName":"plain","Item":{"pk":{"S":"k"}},"Expected":{"pk":{"Exists":false}}})"),
            "ConditionalCheckFailedException: The conditional request failed");
  ok(Operation::kPutItem, R"({"TableName":"plain","Item":{"pk":{"S":"k"},"v":{"N":"2"}},"Expected":{"v":{"Value":{"N":"1"}}}})");
  ok(Operation::kDeleteItem, R"({"TableName":"plain","Key":{"pk":{"S":"k"}},"ConditionalOperator":"OR",
    "Expected":{"v":{"ComparisonOperator":"EQ","AttributeValueList":[{"N":"7"}]},"pk":{"ComparisonOperator":"NOT_NULL"}}})");
  EXPECT_EQ(get("k"), Json::object());
}

TEST_F(ItemOperationsTest, AnUpdateMakesChangesAndRemovesWhatIsNamed) {
  create_plain();
  ok(Operation::kUpdateItem, R"({"TableName":"plain","Key":{"pk":{"S":"k"}},"UpdateExpression":"SET a = :a, m = :m ADD c :one",
    "ExpressionAttributeValues":{":a":{"S":"x"},":m":{"M":{"i":{"N":"1"}}},":one":{"N":"1"}}})");
  ok(Operation::kUpdateItem, R"({"TableName":"plain","Key":{"pk":{"S":"k"}},"UpdateExpression":"SET m.i = m.i + c REMOVE a"
    })");
  EXPECT_EQ(get("k")["Item"], Json::parse(R"({"pk":{"S":"k"},"c":{"N":"1"},"m":{"M":{"i":{"N":"2"}}}})"));
}

TEST_F(ItemOperationsTest, AnUpdateWithoutActionsMakesTheItem) {
  create_plain();
  EXPECT_EQ(ok(Operation::kUpdateItem, R"({"TableName":"plain","Key":{"pk":{"S":"k"}},"ReturnValues":"ALL_NEW"})"),
            Json::parse(R"({"Attributes":{"pk":{"S":"k"}}})"));
  EXPECT_EQ(get("k"), Json::parse(R"({"Item":{"pk":{"S":"k"}}})"));
}

TEST_F(ItemOperationsTest, RemovingFromNothingMakesNoItem) {
  create_plain();
  ok(Operation::kUpdateItem, R"({"TableName":"plain","Key":{"pk":{"S":"k"}},"UpdateExpression":"REMOVE a"})");
  EXPECT_EQ(get("k"), Json::object());
}

TEST_F(ItemOperationsTest, UpdatesAnswerTheAttributesThatAreAskedFor) {
  struct Case {
    const char* wanted;
    const char* expected;
  };
  for (const Case& each : {Case{"NONE", R"({})"},
                           Case{"ALL_OLD", R"({"Attributes":{"pk":{"S":"k"},"a":{"N":"1"},"b":{"S":"b"}}})"},
                           Case{"ALL_NEW", R"({"Attributes":{"pk":{"S":"k"},"a":{"N":"2"},"b":{"S":"b"},"c":{"S":"c"}}})"},
                           Case{"UPDATED_OLD", R"({"Attributes":{"a":{"N":"1"}}})"},
                           Case{"UPDATED_NEW", R"({"Attributes":{"a":{"N":"2"},"c":{"S":"c"}}})"}}) {
    SCOPED_TRACE(each.wanted);
    if (std::string_view(each.wanted) == "NONE") create_plain();
    put(R"({"pk":{"S":"k"},"a":{"N":"1"},"b":{"S":"b"}})");
    EXPECT_EQ(ok(Operation::kUpdateItem, R"({"TableName":"plain","Key":{"pk":{"S":"k"}},"UpdateExpression":"SET a = a + :one, c = :c",
      "ExpressionAttributeValues":{":one":{"N":"1"},":c":{"S":"c"}},"ReturnValues":")" + std::string(each.wanted) + R"("})"),
              Json::parse(each.expected));
  }
}

TEST_F(ItemOperationsTest, LegacyUpdatesWorkAsWell) {
  create_plain();
  put(R"({"pk":{"S":"k"},"s":{"SS":["a","b"]},"n":{"N":"1"},"gone":{"S":"x"}})");
  EXPECT_EQ(ok(Operation::kUpdateItem, R"({"TableName":"plain","Key":{"pk":{"S":"k"}},"ReturnValues":"ALL_NEW","AttributeUpdates":{
    "s":{"Action":"DELETE","Value":{"SS":["a"]}},"n":{"Action":"ADD","Value":{"N":"2"}},"gone":{"Action":"DELETE"},
    "new":{"Value":{"S":"y"}}}})"),
            Json::parse(R"({"Attributes":{"pk":{"S":"k"},"s":{"SS":["b"]},"n":{"N":"3"},"new":{"S":"y"}}})"));
}

TEST_F(ItemOperationsTest, CapacityIsCountedAsTheServiceDoes) {
  create_plain();
  const std::string big(5000, 'x');
  const Json item = {{"pk", {{"S", "k"}}}, {"v", {{"S", big}}}};
  Json request = {{"TableName", "plain"}, {"Item", item}, {"ReturnConsumedCapacity", "TOTAL"}};
  EXPECT_EQ(ok(Operation::kPutItem, request), Json::parse(R"({"ConsumedCapacity":{"TableName":"plain","CapacityUnits":5.0}})"));
  Json read = {{"TableName", "plain"}, {"Key", {{"pk", {{"S", "k"}}}}}, {"ReturnConsumedCapacity", "TOTAL"},
               {"AttributesToGet", {"pk"}}};
  EXPECT_EQ(ok(Operation::kGetItem, read)["ConsumedCapacity"]["CapacityUnits"], 1.0);
  read["ConsistentRead"] = true;
  EXPECT_EQ(ok(Operation::kGetItem, read)["ConsumedCapacity"]["CapacityUnits"], 2.0);
  read["Key"]["pk"]["S"] = "none";
  read["ConsistentRead"] = false;
  EXPECT_EQ(ok(Operation::kGetItem, read)["ConsumedCapacity"]["CapacityUnits"], 0.5);
  request["Item"]["v"]["S"] = "small";
  EXPECT_EQ(ok(Operation::kPutItem, request)["ConsumedCapacity"]["CapacityUnits"], 5.0) << "the larger of both items counts";
}

TEST_F(ItemOperationsTest, CapacityOfIndexesIsToldApart) {
  create_indexed();
  const Json answer = ok(Operation::kPutItem, R"({"TableName":"indexed","ReturnConsumedCapacity":"INDEXES",
    "Item":{"pk":{"S":"p"},"sk":{"S":"s"},"a":{"S":"a"},"n":{"N":"1"}},"ReturnItemCollectionMetrics":"SIZE"})");
  EXPECT_EQ(answer["ConsumedCapacity"], Json::parse(R"({"TableName":"indexed","CapacityUnits":4.0,"Table":{"CapacityUnits":1.0},
    "LocalSecondaryIndexes":{"by_n":{"CapacityUnits":1.0}},
    "GlobalSecondaryIndexes":{"by_a":{"CapacityUnits":1.0},"by_an":{"CapacityUnits":1.0}}})"));
  EXPECT_EQ(answer["ItemCollectionMetrics"],
            Json::parse(R"({"ItemCollectionKey":{"pk":{"S":"p"}},"SizeEstimateRangeGB":[0.0,1.0]})"));
}

TEST_F(ItemOperationsTest, ItemsBeyond400KBAreRefused) {
  create_plain();
  const std::string largest(400 * 1024 - 4, 'x');  // "pk" + "k" + "v"
  Json request = {{"TableName", "plain"}, {"Item", {{"pk", {{"S", "k"}}}, {"v", {{"S", largest}}}}}};
  ok(Operation::kPutItem, request);
  request["Item"]["v"]["S"] = largest + "y";
  EXPECT_EQ(fault(Operation::kPutItem, request), "ValidationException: Item size has exceeded the maximum allowed size");
  EXPECT_EQ(fault(Operation::kUpdateItem, R"({"TableName":"plain","Key":{"pk":{"S":"k"}},"UpdateExpression":"SET w = :w",
    "ExpressionAttributeValues":{":w":{"S":"x"}}})"),
            "ValidationException: Item size to update has exceeded the maximum allowed size");
}

TEST_F(ItemOperationsTest, IndexKeysHaveTheirTypes) {
  create_indexed();
  EXPECT_EQ(fault(Operation::kPutItem, R"({"TableName":"indexed","Item":{"pk":{"S":"p"},"sk":{"S":"s"},"a":{"N":"1"}}})"),
            "ValidationException: One or more parameter values were invalid: Type mismatch for Index Key a Expected: S Actual: N "
            "IndexName: by_a");
  EXPECT_EQ(fault(Operation::kPutItem, R"({"TableName":"indexed","Item":{"pk":{"S":"p"},"sk":{"S":"s"},"a":{"S":""}}})"),
            "ValidationException: One or more parameter values are not valid. A value specified for a secondary index key is not "
            "supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: by_a, IndexKey: a");
}

TEST_F(ItemOperationsTest, TheTablesCountersFollow) {
  create_plain();
  put(R"({"pk":{"S":"a"},"v":{"S":"12345"}})");
  put(R"({"pk":{"S":"b"}})");
  put(R"({"pk":{"S":"a"},"v":{"S":"1"}})");
  ok(Operation::kDeleteItem, R"({"TableName":"plain","Key":{"pk":{"S":"b"}}})");
  const Json table = ok(Operation::kDescribeTable, R"({"TableName":"plain"})")["Table"];
  EXPECT_EQ(table["ItemCount"], 1);
  EXPECT_EQ(table["TableSizeBytes"], 5);
}

TEST_F(ItemOperationsTest, ATableIsFoundByItsArn) {
  create_plain();
  const std::string arn = ok(Operation::kDescribeTable, R"({"TableName":"plain"})")["Table"]["TableArn"];
  ok(Operation::kPutItem, Json{{"TableName", arn}, {"Item", {{"pk", {{"S", "k"}}}}}});
  EXPECT_EQ(get("k")["Item"]["pk"]["S"], "k");
}

struct Refusal {
  Operation operation;
  const char* request;
  const char* fault;
};

TEST_F(ItemOperationsTest, RefusesInTheServicesWordsAndOrder) {
  create_plain();
  const Refusal refusals[] = {
      {Operation::kGetItem, R"({"TableName":5})", "SerializationException: NUMBER_VALUE cannot be converted to String"},
      {Operation::kGetItem, R"({})",
       "ValidationException: 2 validation errors detected: Value null at 'tableName' failed to satisfy constraint: Member must not be "
       "null; Value null at 'key' failed to satisfy constraint: Member must not be null"},
      {Operation::kGetItem, R"({"TableName":"a;","Key":{},"ReturnConsumedCapacity":"hi"})",
       "ValidationException: 3 validation errors detected: Value 'hi' at 'returnConsumedCapacity' failed to satisfy constraint: "
       "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]; Value 'a;' at 'tableName' failed to satisfy constraint: Member "
       "must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value 'a;' at 'tableName' failed to satisfy constraint: Member must "
       "have length greater than or equal to 3"},
      {Operation::kGetItem, R"({"TableName":"none","Key":{}})", "ResourceNotFoundException: Requested resource not found"},
      {Operation::kGetItem, R"({"TableName":"plain","Key":{}})",
       "ValidationException: The provided key element does not match the schema"},
      {Operation::kGetItem, R"({"TableName":"none","Key":{},"AttributesToGet":["a","a"]})",
       "ValidationException: One or more parameter values were invalid: Duplicate value in attribute name: a"},
      {Operation::kGetItem, R"({"TableName":"none","Key":{},"AttributesToGet":["a"],"ProjectionExpression":"a"})",
       "ValidationException: Can not use both expression and non-expression parameters in the same request: Non-expression "
       "parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"},
      {Operation::kGetItem, R"({"TableName":"none","Key":{},"ExpressionAttributeNames":{"#a":"a"}})",
       "ValidationException: ExpressionAttributeNames can only be specified when using expressions"},
      {Operation::kGetItem, R"({"TableName":"none","Key":{},"ProjectionExpression":"a","ExpressionAttributeNames":{}})",
       "ValidationException: ExpressionAttributeNames must not be empty"},
      {Operation::kGetItem, R"({"TableName":"none","Key":{},"ProjectionExpression":"a","ExpressionAttributeNames":{"#b":"b"}})",
       "ValidationException: Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}"},
      {Operation::kPutItem, R"({"TableName":"none","Item":{"a":{"N":"x"}}})",
       "ValidationException: The parameter cannot be converted to a numeric value: x"},
      {Operation::kPutItem, R"({"TableName":"none","Item":{},"ReturnValues":"ALL_NEW"})",
       "ValidationException: ReturnValues can only be ALL_OLD or NONE"},
      {Operation::kPutItem, R"({"TableName":"none","Item":{},"ExpressionAttributeValues":{":a":{"S":"a"}}})",
       "ValidationException: ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"},
      {Operation::kPutItem,
       R"({"TableName":"none","Item":{},"ConditionExpression":"a = :a","ExpressionAttributeValues":{":a":{"N":"x"}}})",
       "ValidationException: ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: x "
       "for key :a"},
      {Operation::kPutItem, R"({"TableName":"none","Item":{},"ConditionExpression":"a = :a","ExpressionAttributeValues":{}})",
       "ValidationException: ExpressionAttributeValues must not be empty"},
      {Operation::kPutItem, R"({"TableName":"plain","Item":{"a":{"S":"a"}}})",
       "ValidationException: One or more parameter values were invalid: Missing the key pk in the item"},
      {Operation::kUpdateItem, R"({"TableName":"plain","Key":{"pk":{"S":"k"}},"UpdateExpression":"SET pk = :a",
        "ExpressionAttributeValues":{":a":{"S":"a"}}})",
       "ValidationException: One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key"},
      {Operation::kUpdateItem, R"({"TableName":"none","Key":{},"ExpressionAttributeValues":{":a":{"S":"a"}}})",
       "ValidationException: ExpressionAttributeValues can only be specified when using expressions: UpdateExpression and "
       "ConditionExpression are null"},
      {Operation::kUpdateItem, R"({"TableName":"none","Key":{},"UpdateExpression":"SET a = b","Expected":{}})",
       "ValidationException: Can not use both expression and non-expression parameters in the same request: Non-expression "
       "parameters: {Expected} Expression parameters: {UpdateExpression}"},
      {Operation::kDeleteItem, R"({"TableName":"none","Key":{},"ReturnValues":"UPDATED_NEW"})",
       "ValidationException: ReturnValues can only be ALL_OLD or NONE"},
      {Operation::kDeleteItem, R"({"TableName":"plain","Key":{"pk":{"N":"1"}}})",
       "ValidationException: The provided key element does not match the schema"},
      {Operation::kDeleteItem, R"({"TableName":"plain","Key":{"pk":{"S":""}}})",
       "ValidationException: One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
       "empty string value. Key: pk"},
  };
  for (const Refusal& each : refusals) EXPECT_EQ(fault(each.operation, each.request), each.fault) << each.request;
}

TEST_F(ItemOperationsTest, WhatIsNoRequestIsASerializationException) {
  for (const char* request : {"", "null", "[]", "{", R"({"TableName":"plain"} x)", "{\"TableName\":\"\xff\"}", R"({"a":1,"a":2})"}) {
    EXPECT_TRUE(fault(Operation::kGetItem, std::string_view(request)).starts_with("SerializationException")) << request;
  }
}

TEST_F(ItemOperationsTest, UnknownMembersAndNullsAreIgnored) {
  create_plain();
  ok(Operation::kPutItem, R"({"TableName":"plain","Item":{"pk":{"S":"k"}},"Whatever":{"x":[1,2,{"y":null}]},"ReturnValues":null})");
  EXPECT_EQ(get("k")["Item"]["pk"]["S"], "k");
}

}  // namespace
}  // namespace gatehouse::dynamo
