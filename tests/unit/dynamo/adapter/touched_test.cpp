#include "dynamo/adapter/touched.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::dynamo {
namespace {

// "GetItem notes; PutItem other/index"
std::string touched(Operation operation, std::string_view body, Iterators iterators = Iterators::kNameTheirStream) {
  Arena arena;
  const auto touches = find_touched(operation, body, iterators, arena);
  if (!touches) return std::string(fault_short_name(touches.error().type()));
  std::string text;
  for (const Touch& touch : *touches) {
    if (!text.empty()) text += "; ";
    text.append(action_name(touch.action)).append(" ").append(touch.table.empty() ? "?" : touch.table);
    if (!touch.index.empty()) text.append("/").append(touch.index);
  }
  return text;
}

TEST(TouchedTest, FindsTheTableOfEveryItemOperation) {
  EXPECT_EQ(touched(Operation::kPutItem, R"({"TableName":"notes","Item":{}})"), "PutItem notes");
  EXPECT_EQ(touched(Operation::kGetItem, R"({"Key":{"a":{"S":"1"}},"TableName":"notes"})"), "GetItem notes");
  EXPECT_EQ(touched(Operation::kUpdateItem, R"({"TableName":"notes","Key":{}})"), "UpdateItem notes");
  EXPECT_EQ(touched(Operation::kDeleteItem, R"({"TableName":"notes","Key":{}})"), "DeleteItem notes");
  EXPECT_EQ(touched(Operation::kScan, R"({"TableName":"notes"})"), "Scan notes");
  EXPECT_EQ(touched(Operation::kQuery, R"({"TableName":"notes","IndexName":"by_date"})"), "Query notes/by_date");
}

TEST(TouchedTest, ReadsArnsInPlaceOfNames) {
  const std::string arn = "arn:aws:dynamodb:eu-west-1:000000000000:table/notes";
  EXPECT_EQ(touched(Operation::kGetItem, R"({"TableName":")" + arn + R"("})"), "GetItem notes");
  EXPECT_EQ(touched(Operation::kListTagsOfResource, R"({"ResourceArn":")" + arn + R"("})"), "ListTagsOfResource notes");
  EXPECT_EQ(touched(Operation::kDescribeStream, R"({"StreamArn":")" + arn + R"(/stream/2015-05-11T21:21:33.291"})"),
            "DescribeStream notes");
  EXPECT_EQ(touched(Operation::kDescribeBackup, R"({"BackupArn":")" + arn + R"(/backup/01489602797149-73d8d5bc"})"),
            "DescribeBackup notes");
  EXPECT_EQ(touched(Operation::kExportTableToPointInTime, R"({"TableArn":")" + arn + R"("})"), "ExportTableToPointInTime notes");
}

TEST(TouchedTest, TrustsNoArnThatIsOddlyMade) {
  for (const std::string_view arn :
       {"arn:aws:dynamodb:r:0:table/", "arn:aws:dynamodb:r:0:notes", "arn:aws:dynamodb:r:0", "arn:", "table/notes", "a b", "",
        "arn:aws:dynamodb:r:0:x:table/notes", "arn:aws:dynamodb:r:0:table/no:tes", "arn:aws:dynamodb:r:0:table/a*b"})
    EXPECT_EQ(table_reference(arn).table, "") << arn;
  EXPECT_EQ(table_reference("arn:aws:dynamodb:r:0:table/notes/index/by_date").index, "by_date");
  EXPECT_EQ(table_reference("arn:aws:dynamodb:r:0:table/notes/x:table/secret").table, "notes");
}

TEST(TouchedTest, FindsEveryTableOfBatches) {
  EXPECT_EQ(touched(Operation::kBatchGetItem, R"({"RequestItems":{"a.1":{"Keys":[{"k":{"S":"1"}}]},"b.1":{"Keys":[]}}})"),
            "BatchGetItem a.1; BatchGetItem a.1; BatchGetItem b.1");
  EXPECT_EQ(touched(Operation::kBatchWriteItem,
                    R"({"RequestItems":{"aaa":[{"PutRequest":{"Item":{}}},{"DeleteRequest":{"Key":{}}}],"bbb":[]}})"),
            "BatchWriteItem aaa; BatchWriteItem aaa; BatchWriteItem aaa; BatchWriteItem bbb");
}

TEST(TouchedTest, FindsEveryItemOfTransactions) {
  EXPECT_EQ(touched(Operation::kTransactGetItems, R"({"TransactItems":[{"Get":{"TableName":"aaa","Key":{}}},{"Get":{"TableName":"bbb"}}]})"),
            "GetItem aaa; GetItem bbb");
  EXPECT_EQ(touched(Operation::kTransactWriteItems,
                    R"({"TransactItems":[{"Put":{"TableName":"aaa","Item":{}}},{"Update":{"TableName":"bbb"}},)"
                    R"({"Delete":{"TableName":"ccc"}},{"ConditionCheck":{"TableName":"ddd"}}]})"),
            "PutItem aaa; UpdateItem bbb; DeleteItem ccc; ConditionCheckItem ddd");
}

TEST(TouchedTest, ReadsStatements) {
  EXPECT_EQ(touched(Operation::kExecuteStatement, R"({"Statement":"SELECT * FROM notes WHERE owner = ?","Parameters":[{"S":"x"}]})"),
            "PartiQLSelect notes");
  EXPECT_EQ(touched(Operation::kExecuteStatement, R"({"Statement":"DELETE FROM \"other-one\" WHERE id = '1'"})"),
            "PartiQLDelete other-one");
  EXPECT_EQ(touched(Operation::kBatchExecuteStatement,
                    R"({"Statements":[{"Statement":"SELECT * FROM aaa WHERE k = '1'"},{"Statement":"INSERT INTO bbb VALUE {'k':'1'}"}]})"),
            "PartiQLSelect aaa; PartiQLInsert bbb");
  EXPECT_EQ(touched(Operation::kExecuteTransaction,
                    R"({"TransactStatements":[{"Statement":"UPDATE aaa SET x = 1 WHERE k = '1'"}]})"),
            "PartiQLUpdate aaa");
  EXPECT_EQ(touched(Operation::kExecuteStatement, R"({"Statement":"DROP TABLE notes"})"), "ValidationException");
}

TEST(TouchedTest, OperationsOfTheAccountNameNoTable) {
  EXPECT_EQ(touched(Operation::kListTables, "{}"), "ListTables ?");
  EXPECT_EQ(touched(Operation::kDescribeLimits, "{}"), "DescribeLimits ?");
  EXPECT_EQ(touched(Operation::kListStreams, "{}"), "ListStreams ?");
  EXPECT_EQ(touched(Operation::kListStreams, R"({"TableName":"notes"})"), "ListStreams notes");
}

TEST(TouchedTest, RestoringTouchesBothTables) {
  EXPECT_EQ(touched(Operation::kRestoreTableFromBackup,
                    R"({"BackupArn":"arn:aws:dynamodb:r:0:table/old/backup/1","TargetTableName":"new"})"),
            "RestoreTableFromBackup old; RestoreTableFromBackup new");
  EXPECT_EQ(touched(Operation::kRestoreTableToPointInTime, R"({"SourceTableName":"old","TargetTableName":"new"})"),
            "RestoreTableToPointInTime old; RestoreTableToPointInTime new");
}

TEST(TouchedTest, NamesNoTableWhereNoneIsToBeTold) {
  EXPECT_EQ(touched(Operation::kGetItem, "{}"), "GetItem ?");
  EXPECT_EQ(touched(Operation::kGetRecords, "{}"), "GetRecords ?");
  EXPECT_EQ(touched(Operation::kGetRecords, R"({"ShardIterator":"opaque"})"), "GetRecords ?");
  EXPECT_EQ(touched(Operation::kGetRecords, R"({"ShardIterator":"notes|1|x"})"), "GetRecords ?");
}

TEST(TouchedTest, BelievesTheIteratorsOfAnEngineThatChecksThem) {
  constexpr std::string_view kRequest = R"({"ShardIterator":"arn:aws:dynamodb:r:0:table/notes/stream/1|1|arn:aws:dynamodb:r:0:table/other/stream/1|1|x"})";
  EXPECT_EQ(touched(Operation::kGetRecords, kRequest), "GetRecords notes");
  EXPECT_EQ(touched(Operation::kGetRecords, kRequest, Iterators::kOpaque), "GetRecords ?");
}

TEST(TouchedTest, RefusesWhatTheEngineWouldReadDifferently) {
  EXPECT_EQ(touched(Operation::kGetItem, R"({"TableName":"mine","TableName":"yours"})"), "SerializationException");
  EXPECT_EQ(touched(Operation::kGetItem, R"({"TableName":5})"), "SerializationException");
  EXPECT_EQ(touched(Operation::kGetItem, R"({"TableName":"mine")"), "SerializationException");
  EXPECT_EQ(touched(Operation::kGetItem, R"({"TableName":"mine"} {})"), "SerializationException");
  EXPECT_EQ(touched(Operation::kGetItem, "{\"TableName\":\"\xff\"}"), "SerializationException");
}

// Every operation that is known must be decided by something: a new one must not slip through as one of the account.
TEST(TouchedTest, EveryOperationThatNamesATableIsHeldToIt) {
  const std::string body = R"({"TableName":"notes","SourceTableName":"notes","TargetTableName":"notes",)"
                           R"("StreamArn":"arn:aws:dynamodb:r:0:table/notes/stream/1","ResourceArn":"arn:aws:dynamodb:r:0:table/notes",)"
                           R"("BackupArn":"arn:aws:dynamodb:r:0:table/notes/backup/1","TableArn":"arn:aws:dynamodb:r:0:table/notes",)"
                           R"("ExportArn":"arn:aws:dynamodb:r:0:table/notes/export/1","ImportArn":"arn:aws:dynamodb:r:0:table/notes/import/1",)"
                           R"("TableCreationParameters":{"TableName":"notes"},"Statement":"SELECT * FROM notes WHERE k = '1'",)"
                           R"("RequestItems":{"notes":null}})";
  for (std::size_t i = 0; i < static_cast<std::size_t>(Operation::kCount); ++i) {
    const auto operation = static_cast<Operation>(i);
    switch (operation) {
      case Operation::kListTables:
      case Operation::kDescribeLimits:
      case Operation::kDescribeEndpoints:
      case Operation::kListImports:
      case Operation::kGetRecords:
      case Operation::kBatchGetItem:
      case Operation::kBatchWriteItem:
      case Operation::kTransactGetItems:
      case Operation::kTransactWriteItems:
      case Operation::kBatchExecuteStatement:
      case Operation::kExecuteTransaction: continue;  // of the account, or tested above
      default: break;
    }
    EXPECT_NE(touched(operation, body).find(" notes"), std::string::npos) << operation_name(operation);
  }
}

}  // namespace
}  // namespace gatehouse::dynamo
