#include "gatehouse/dynamo/wire/operation.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::dynamo {
namespace {

TEST(OperationTest, EachIsFoundByNameAndTarget) {
  for (int i = 0; i < static_cast<int>(Operation::kCount); ++i) {
    const auto operation = static_cast<Operation>(i);
    const std::string name(operation_name(operation));
    EXPECT_EQ(find_operation(name), operation);
    const bool streams = is_streams_operation(operation);
    EXPECT_EQ(find_target((streams ? "DynamoDBStreams_20120810." : "DynamoDB_20120810.") + name), operation);
    EXPECT_EQ(find_target((streams ? "DynamoDB_20120810." : "DynamoDBStreams_20120810.") + name), std::nullopt);
  }
}

TEST(OperationTest, KnowsWhatItKnows) {
  EXPECT_EQ(find_target("DynamoDB_20120810.PutItem"), Operation::kPutItem);
  EXPECT_EQ(find_target("DynamoDBStreams_20120810.GetRecords"), Operation::kGetRecords);
  EXPECT_EQ(find_operation("ListImports"), Operation::kListImports);
  for (const char* target :
       {"", "PutItem", "DynamoDB_20120810", "DynamoDB_20120810.", "DynamoDB_20111205.PutItem",
        "DynamoDB_20120810.putitem", "DynamoDB_20120810.PutItem ", "DynamoDB_20120810.SearchVectors"}) {
    EXPECT_EQ(find_target(target), std::nullopt) << target;
  }
}

TEST(OperationTest, ReadsChangeNothing) {
  for (const char* name :
       {"GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems", "DescribeTable", "ListTables", "GetRecords"}) {
    EXPECT_FALSE(is_write(*find_operation(name))) << name;
  }
  for (const char* name : {"PutItem", "BatchWriteItem", "TransactWriteItems", "ExecuteStatement", "ExecuteTransaction",
                           "CreateTable", "UpdateTimeToLive", "TagResource", "RestoreTableFromBackup", "ImportTable"}) {
    EXPECT_TRUE(is_write(*find_operation(name))) << name;
  }
}

}  // namespace
}  // namespace gatehouse::dynamo
