// CreateTable, DescribeTable, UpdateTable, DeleteTable, ListTables.
#include "control_fixture.hpp"

namespace gatehouse::dynamo::testing {
namespace {

class TablesTest : public ControlTest {
 protected:
  TablesTest() { open_in_memory(); }
  std::string create_fault(const Json& request) { return fault(Operation::kCreateTable, request); }
};

const std::string kInvalid = "ValidationException: One or more parameter values were invalid: ";

TEST_F(TablesTest, ATableIsActiveAtOnceAndDescribedAsTheServiceDoes) {
  const auto made = ok(Operation::kCreateTable, table_request())["TableDescription"];
  EXPECT_EQ(made["TableStatus"], "ACTIVE");
  EXPECT_EQ(made["TableArn"], "arn:aws:dynamodb:local:000000000000:table/notes");
  EXPECT_EQ(made["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST");
  EXPECT_EQ(made["ProvisionedThroughput"]["ReadCapacityUnits"], 0);
  EXPECT_EQ(made["CreationDateTime"], 1728000000.0);
  EXPECT_EQ(made["TableId"].get<std::string>().size(), 36u);
  EXPECT_EQ(made["ItemCount"], 0);
  EXPECT_EQ(made["DeletionProtectionEnabled"], false);
  EXPECT_EQ(describe(), made);
  EXPECT_EQ(describe("arn:aws:dynamodb:local:000000000000:table/notes"), made);
}

TEST_F(TablesTest, ATableCountsItsItemsAndThoseOfItsIndexes) {
  auto request = table_request();
  request["AttributeDefinitions"] = definitions("pS qS");
  request["GlobalSecondaryIndexes"] = Json::array({global_index("by_q", "q")});
  ok(Operation::kCreateTable, request);
  put({{"p", {{"S", "1"}}}, {"q", {{"S", "x"}}}});
  put({{"p", {{"S", "2"}}}});
  put({{"p", {{"S", "2"}}}, {"more", {{"S", "text"}}}});
  const auto table = describe();
  EXPECT_EQ(table["ItemCount"], 2);
  EXPECT_EQ(table["TableSizeBytes"], (1 + 1 + 1 + 1) + (1 + 1 + 4 + 4));
  EXPECT_EQ(table["GlobalSecondaryIndexes"][0]["ItemCount"], 1);
  EXPECT_EQ(table["GlobalSecondaryIndexes"][0]["IndexSizeBytes"], 4);
  ok(Operation::kDeleteItem, {{"TableName", "notes"}, {"Key", item("1")}});
  EXPECT_EQ(describe()["ItemCount"], 1);
  EXPECT_EQ(describe()["GlobalSecondaryIndexes"][0]["ItemCount"], 0);
}

TEST_F(TablesTest, ATakenNameIsRefused) {
  create_notes();
  EXPECT_EQ(create_fault(table_request()), "ResourceInUseException: Table already exists: notes");
}

TEST_F(TablesTest, NamesAreChecked) {
  auto request = table_request("ab");
  EXPECT_EQ(create_fault(request), "ValidationException: TableName must be at least 3 characters long and at most 255 characters long");
  request["TableName"] = "a/b/c";
  EXPECT_EQ(create_fault(request),
            "ValidationException: 1 validation error detected: Value 'a/b/c' at 'tableName' failed to satisfy constraint: Member must "
            "satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
  request.erase("TableName");
  EXPECT_EQ(create_fault(request), "ValidationException: The parameter 'TableName' is required but was not present in the request");
}

TEST_F(TablesTest, WrongJsonTypesAreSerializationExceptions) {
  EXPECT_EQ(fault(Operation::kDescribeTable, {{"TableName", 23}}), "SerializationException: NUMBER_VALUE cannot be converted to String");
  auto request = table_request();
  request["KeySchema"] = "p";
  EXPECT_EQ(create_fault(request), "SerializationException: Unexpected field type");
  request["KeySchema"] = {{{"AttributeName", true}, {"KeyType", "HASH"}}};
  EXPECT_EQ(create_fault(request), "SerializationException: TRUE_VALUE cannot be converted to String");
}

TEST_F(TablesTest, SeveralBrokenConstraintsAreReportedTogether) {
  const std::string message = create_fault({{"TableName", "notes"}, {"BillingMode", "FREE"}});
  EXPECT_EQ(message,
            "ValidationException: 3 validation errors detected: Value null at 'attributeDefinitions' failed to satisfy constraint: Member "
            "must not be null; Value 'FREE' at 'billingMode' failed to satisfy constraint: Member must satisfy enum value set: "
            "[PROVISIONED, PAY_PER_REQUEST]; Value null at 'keySchema' failed to satisfy constraint: Member must not be null");
}

TEST_F(TablesTest, KeysAndDefinitionsMustMatch) {
  auto request = table_request();
  request["KeySchema"] = schema("q");
  EXPECT_EQ(create_fault(request), kInvalid + "Some index key attributes are not defined in AttributeDefinitions. Keys: [q], AttributeDefinitions: [p]");
  request["KeySchema"] = schema("p");
  request["AttributeDefinitions"] = definitions("pS qS");
  EXPECT_EQ(create_fault(request), kInvalid + "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions");
  request["GlobalSecondaryIndexes"] = Json::array({global_index("by_p", "p")});
  EXPECT_EQ(create_fault(request), kInvalid + "Some AttributeDefinitions are not used. AttributeDefinitions: [p, q], keys used: [p]");
  request = table_request();
  request["KeySchema"] = {{{"AttributeName", "p"}, {"KeyType", "RANGE"}}};
  EXPECT_EQ(create_fault(request), "ValidationException: Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  request = table_request();
  request["AttributeDefinitions"] = definitions("pS qS");
  request["KeySchema"] = schema("pp");
  EXPECT_EQ(create_fault(request), "ValidationException: Both the Hash Key and the Range Key element in the KeySchema have the same name");
  request["KeySchema"] = schema("pq");
  EXPECT_EQ(create_fault(request), "ValidationException: Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
}

TEST_F(TablesTest, BillingIsChecked) {
  auto request = table_request();
  request["ProvisionedThroughput"] = {{"ReadCapacityUnits", 1}, {"WriteCapacityUnits", 1}};
  EXPECT_EQ(create_fault(request), kInvalid + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
  request.erase("BillingMode");
  request.erase("ProvisionedThroughput");
  EXPECT_EQ(create_fault(request), kInvalid + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED");
  request["ProvisionedThroughput"] = {{"ReadCapacityUnits", 0}, {"WriteCapacityUnits", 1}};
  EXPECT_EQ(create_fault(request),
            "ValidationException: 1 validation error detected: Value '0' at 'provisionedThroughput.readCapacityUnits' failed to satisfy "
            "constraint: Member must have value greater than or equal to 1");
  request["ProvisionedThroughput"] = {{"ReadCapacityUnits", 3}, {"WriteCapacityUnits", 4}};
  const auto made = ok(Operation::kCreateTable, request)["TableDescription"];
  EXPECT_EQ(made["ProvisionedThroughput"]["WriteCapacityUnits"], 4);
  EXPECT_FALSE(made.contains("BillingModeSummary"));
}

TEST_F(TablesTest, IndexesAreChecked) {
  auto request = table_request();
  request["AttributeDefinitions"] = definitions("pS sS qS");
  request["KeySchema"] = schema("p", "s");
  request["LocalSecondaryIndexes"] = Json::array({global_index("by_q", "q", "s")});
  EXPECT_EQ(create_fault(request), kInvalid + "Index KeySchema does not have the same leading hash key as table KeySchema for index: by_q. "
                                              "index hash key: q, table hash key: p");
  request["LocalSecondaryIndexes"] = Json::array({global_index("by_q", "p")});
  EXPECT_EQ(create_fault(request), kInvalid + "Index KeySchema does not have a range key for index: by_q");
  request["LocalSecondaryIndexes"] = Json::array({global_index("by_q", "p", "q"), global_index("by_q", "p", "q")});
  EXPECT_EQ(create_fault(request), kInvalid + "Duplicate index name: by_q");
  request["LocalSecondaryIndexes"] = Json::array();
  for (int i = 0; i < 6; ++i) request["LocalSecondaryIndexes"].push_back(global_index("by_q" + std::to_string(i), "p", "q"));
  EXPECT_EQ(create_fault(request), kInvalid + "Number of LocalSecondaryIndexes exceeds per-table limit of 5");
  request.erase("LocalSecondaryIndexes");
  request["GlobalSecondaryIndexes"] = Json::array();
  for (int i = 0; i < 21; ++i) request["GlobalSecondaryIndexes"].push_back(global_index("by_q" + std::to_string(i), "q"));
  EXPECT_EQ(create_fault(request), kInvalid + "GlobalSecondaryIndex count exceeds the per-table limit of 20");
}

TEST_F(TablesTest, ProjectionsAreChecked) {
  auto request = table_request();
  request["AttributeDefinitions"] = definitions("pS qS");
  auto index = global_index("by_q", "q");
  index["Projection"] = Json::object();
  request["GlobalSecondaryIndexes"] = Json::array({index});
  EXPECT_EQ(create_fault(request), kInvalid + "Unknown ProjectionType: null");
  index["Projection"] = {{"ProjectionType", "ALL"}, {"NonKeyAttributes", {"x"}}};
  request["GlobalSecondaryIndexes"] = Json::array({index});
  EXPECT_EQ(create_fault(request), kInvalid + "ProjectionType is ALL, but NonKeyAttributes is specified");
  Json names = Json::array();
  for (int i = 0; i < 101; ++i) names.push_back("x" + std::to_string(i));
  index["Projection"] = {{"ProjectionType", "INCLUDE"}, {"NonKeyAttributes", names}};
  request["GlobalSecondaryIndexes"] = Json::array({index});
  EXPECT_EQ(create_fault(request), kInvalid + "Number of projected non-key attributes of all indexes exceeds the per-table limit of 100");
}

TEST_F(TablesTest, AGlobalIndexHasUpToFourAttributesOfEachKind) {
  auto request = table_request();
  request["AttributeDefinitions"] = definitions("pS aS bS cS dS eN fN gN hN");
  request["GlobalSecondaryIndexes"] = Json::array({global_index("many", "abcd", "efgh")});
  const auto made = ok(Operation::kCreateTable, request)["TableDescription"];
  EXPECT_EQ(made["GlobalSecondaryIndexes"][0]["KeySchema"], schema("abcd", "efgh"));
  request["TableName"] = "others";
  request["GlobalSecondaryIndexes"] = Json::array({global_index("many", "abcde", "fgh")});
  EXPECT_EQ(create_fault(request), "ValidationException: Invalid KeySchema: At most 4 HASH and 4 RANGE KeySchemaElements are allowed");
}

TEST_F(TablesTest, ADeletedTableIsGoneWithItsRows) {
  create_notes();
  put(item("1"));
  const auto deleted = ok(Operation::kDeleteTable, {{"TableName", "notes"}})["TableDescription"];
  EXPECT_EQ(deleted["TableStatus"], "DELETING");
  EXPECT_EQ(fault(Operation::kDescribeTable, {{"TableName", "notes"}}), "ResourceNotFoundException: Requested resource not found: Table: notes not found");
  create_notes();
  EXPECT_EQ(count(), 0u);
  put(item("2"));
  engine_->tick();
  EXPECT_EQ(count(), 1u);
  const auto rows = engine_->storage().cursor(Family::kData, std::string_view("\0\0\0\1", 4), std::string_view("\0\0\0\2", 4), {});
  rows->seek(std::string_view("\0\0\0\1", 4));
  EXPECT_FALSE(rows->valid());
}

TEST_F(TablesTest, AProtectedTableIsNotDeleted) {
  auto request = table_request();
  request["DeletionProtectionEnabled"] = true;
  ok(Operation::kCreateTable, request);
  EXPECT_EQ(fault(Operation::kDeleteTable, {{"TableName", "notes"}}),
            "ValidationException: Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.");
  ok(Operation::kUpdateTable, {{"TableName", "notes"}, {"DeletionProtectionEnabled", false}});
  ok(Operation::kDeleteTable, {{"TableName", "notes"}});
}

TEST_F(TablesTest, TablesAreListedInPages) {
  for (const char* name : {"ccc", "aaa", "bbb"}) ok(Operation::kCreateTable, table_request(name));
  const auto first = ok(Operation::kListTables, {{"Limit", 2}});
  EXPECT_EQ(first["TableNames"], Json::array({"aaa", "bbb"}));
  EXPECT_EQ(first["LastEvaluatedTableName"], "bbb");
  const auto second = ok(Operation::kListTables, {{"Limit", 2}, {"ExclusiveStartTableName", "bbb"}});
  EXPECT_EQ(second["TableNames"], Json::array({"ccc"}));
  EXPECT_FALSE(second.contains("LastEvaluatedTableName"));
  EXPECT_EQ(fault(Operation::kListTables, {{"Limit", 101}}),
            "ValidationException: 1 validation error detected: Value '101' at 'limit' failed to satisfy constraint: Member must have value less "
            "than or equal to 100");
}

TEST_F(TablesTest, BillingChangesOnline) {
  create_notes();
  EXPECT_EQ(fault(Operation::kUpdateTable, {{"TableName", "notes"}}).substr(0, 50), "ValidationException: At least one of ProvisionedTh");
  EXPECT_EQ(fault(Operation::kUpdateTable, {{"TableName", "notes"}, {"BillingMode", "PROVISIONED"}}),
            kInvalid + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED");
  const Json units = {{"ReadCapacityUnits", 5}, {"WriteCapacityUnits", 6}};
  const auto changed = ok(Operation::kUpdateTable, {{"TableName", "notes"}, {"BillingMode", "PROVISIONED"}, {"ProvisionedThroughput", units}});
  EXPECT_EQ(changed["TableDescription"]["ProvisionedThroughput"]["ReadCapacityUnits"], 5);
  EXPECT_NE(fault(Operation::kUpdateTable, {{"TableName", "notes"}, {"ProvisionedThroughput", units}}).find("The provisioned throughput for the table will not change."),
            std::string::npos);
}

TEST_F(TablesTest, TagsAreSetReplacedAndRemoved) {
  auto request = table_request();
  request["Tags"] = {{{"Key", "team"}, {"Value", "red"}}};
  const std::string arn = ok(Operation::kCreateTable, request)["TableDescription"]["TableArn"];
  ok(Operation::kTagResource, {{"ResourceArn", arn}, {"Tags", {{{"Key", "team"}, {"Value", "blue"}}, {{"Key", "a"}, {"Value", ""}}}}});
  EXPECT_EQ(ok(Operation::kListTagsOfResource, {{"ResourceArn", arn}})["Tags"],
            Json({{{"Key", "a"}, {"Value", ""}}, {{"Key", "team"}, {"Value", "blue"}}}));
  ok(Operation::kUntagResource, {{"ResourceArn", arn}, {"TagKeys", {"a"}}});
  EXPECT_EQ(ok(Operation::kListTagsOfResource, {{"ResourceArn", arn}})["Tags"].size(), 1u);
  EXPECT_EQ(fault(Operation::kTagResource, {{"ResourceArn", arn}, {"Tags", Json::array()}}), "ValidationException: Atleast one Tag needs to be provided as Input.");
  EXPECT_EQ(fault(Operation::kListTagsOfResource, {{"ResourceArn", "arn:aws:dynamodb:local:0:table/absent"}}),
            "ResourceNotFoundException: Requested resource not found: ResourcArn: arn:aws:dynamodb:local:0:table/absent not found");
  EXPECT_EQ(fault(Operation::kListTagsOfResource, {{"ResourceArn", "notes"}}),
            "ValidationException: Invalid TableArn: Invalid ResourceArn provided as input notes");
}

TEST_F(TablesTest, AResourceHasAtMostFiftyTagsListedTenAPage) {
  create_notes();
  const std::string arn = describe()["TableArn"];
  Json tags = Json::array();
  for (int i = 10; i < 60; ++i) tags.push_back({{"Key", "k" + std::to_string(i)}, {"Value", "v"}});
  ok(Operation::kTagResource, {{"ResourceArn", arn}, {"Tags", tags}});
  EXPECT_EQ(fault(Operation::kTagResource, {{"ResourceArn", arn}, {"Tags", {{{"Key", "more"}, {"Value", "v"}}}}}).substr(0, 36), "ValidationException: Too many tags: ");
  std::size_t listed = 0;
  Json request = {{"ResourceArn", arn}};
  for (int page = 0; page < 5; ++page) {
    const auto answer = ok(Operation::kListTagsOfResource, request);
    listed += answer["Tags"].size();
    EXPECT_EQ(answer.contains("NextToken"), page < 4);
    request["NextToken"] = answer.value("NextToken", "");
  }
  EXPECT_EQ(listed, 50u);
}

TEST_F(TablesTest, LimitsAndEndpointsAreAnswered) {
  EXPECT_EQ(ok(Operation::kDescribeLimits, Json::object())["TableMaxReadCapacityUnits"], 40000);
  EXPECT_EQ(ok(Operation::kDescribeEndpoints, Json::object())["Endpoints"][0]["Address"], "localhost:8000");
}

class RestartTest : public ControlTest {
 protected:
  RestartTest() { open_on_disk(); }
  void reopen() {
    close();
    open_on_disk();
  }
};

TEST_F(RestartTest, TablesAreThereAfterARestart) {
  auto request = table_request();
  request["AttributeDefinitions"] = definitions("pS qS");
  request["GlobalSecondaryIndexes"] = Json::array({global_index("by_q", "q")});
  request["Tags"] = {{{"Key", "team"}, {"Value", "red"}}};
  request["StreamSpecification"] = {{"StreamEnabled", true}, {"StreamViewType", "NEW_IMAGE"}};
  ok(Operation::kCreateTable, request);
  ok(Operation::kUpdateTimeToLive, {{"TableName", "notes"}, {"TimeToLiveSpecification", {{"AttributeName", "ttl"}, {"Enabled", true}}}});
  put({{"p", {{"S", "1"}}}, {"q", {{"S", "x"}}}});
  engine_->tick();
  const auto before = describe();
  reopen();
  EXPECT_EQ(describe(), before);
  EXPECT_EQ(before["ItemCount"], 1);
  EXPECT_EQ(get("1")["q"]["S"], "x");
  EXPECT_EQ(ok(Operation::kDescribeTimeToLive, {{"TableName", "notes"}})["TimeToLiveDescription"]["AttributeName"], "ttl");
}

TEST_F(RestartTest, RowsOfATableThatWasDeletedAreDroppedByTheNextRun) {
  create_notes();
  put(item("1"));
  ok(Operation::kDeleteTable, {{"TableName", "notes"}});
  reopen();
  engine_->tick();
  const auto rows = engine_->storage().cursor(Family::kData, std::string_view("\0\0\0\1", 4), {}, {});
  rows->seek(std::string_view("\0\0\0\1", 4));
  EXPECT_FALSE(rows->valid());
}

TEST_F(RestartTest, ATableIdIsNeverGivenOutTwice) {
  create_notes();
  ok(Operation::kDeleteTable, {{"TableName", "notes"}});
  reopen();
  create_notes();
  put(item("2"));
  engine_->tick();
  EXPECT_EQ(count(), 1u);
}

}  // namespace
}  // namespace gatehouse::dynamo::testing
