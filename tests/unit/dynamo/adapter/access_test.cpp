#include "dynamo/adapter/access.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::dynamo {
namespace {

std::string judged(const AccessKeySettings& settings, Operation operation, std::string_view body,
                   Iterators iterators = Iterators::kNameTheirStream) {
  const AccessKey key(settings);
  Arena arena;
  const auto touches = check_access(key, "eu-west-1", operation, body, iterators, arena);
  return touches ? "" : std::string(fault_short_name(touches.error().type()));
}

AccessKeySettings key(std::vector<std::string> allow, std::vector<std::string> tables) {
  return {"app", "secret", "", std::move(allow), std::move(tables), {}};
}

constexpr std::string_view kGetNotes = R"({"TableName":"notes","Key":{"a":{"S":"1"}}})";

TEST(AccessTest, WhoMayDoEverythingIsUnrestricted) {
  EXPECT_TRUE(AccessKey(key({"*"}, {"*"})).unrestricted);
  EXPECT_TRUE(AccessKey(key({"dynamodb:*"}, {"notes", "*"})).unrestricted);
  EXPECT_FALSE(AccessKey(key({"*"}, {"notes"})).unrestricted);
  EXPECT_FALSE(AccessKey(key({"Get*"}, {"*"})).unrestricted);
  AccessKeySettings leading = key({"*"}, {"*"});
  leading.leading_keys = {"a"};
  EXPECT_FALSE(AccessKey(leading).unrestricted);
}

TEST(AccessTest, SaysWhoWasNotAllowedWhat) {
  const AccessKey reader(key({"Query"}, {"notes"}));
  Arena arena;
  const auto touches = check_access(reader, "eu-west-1", Operation::kGetItem, kGetNotes, Iterators::kOpaque, arena);
  ASSERT_FALSE(touches);
  EXPECT_EQ(touches.error().message(),
            "User: arn:aws:iam::000000000000:user/app is not authorized to perform: dynamodb:GetItem on resource: "
            "arn:aws:dynamodb:eu-west-1:000000000000:table/notes because no identity-based policy allows the dynamodb:GetItem action");
}

TEST(AccessTest, HoldsActionsAndTablesToThePolicy) {
  EXPECT_EQ(judged(key({"GetItem"}, {"notes"}), Operation::kGetItem, kGetNotes), "");
  EXPECT_EQ(judged(key({"GetItem"}, {"n*"}), Operation::kGetItem, kGetNotes), "");
  EXPECT_EQ(judged(key({"GetItem"}, {"other"}), Operation::kGetItem, kGetNotes), "AccessDeniedException");
  EXPECT_EQ(judged(key({"GetItem"}, {}), Operation::kGetItem, kGetNotes), "AccessDeniedException");
  EXPECT_EQ(judged(key({}, {"*"}), Operation::kGetItem, kGetNotes), "AccessDeniedException");
  EXPECT_EQ(judged(key({"PutItem"}, {"*"}), Operation::kGetItem, kGetNotes), "AccessDeniedException");
}

TEST(AccessTest, OneForeignTableInABatchIsOneTooMany) {
  const AccessKeySettings notes = key({"*"}, {"notes"});
  EXPECT_EQ(judged(notes, Operation::kBatchGetItem, R"({"RequestItems":{"notes":{"Keys":[]}}})"), "");
  EXPECT_EQ(judged(notes, Operation::kBatchGetItem, R"({"RequestItems":{"notes":{"Keys":[]},"secret":{"Keys":[]}}})"),
            "AccessDeniedException");
  EXPECT_EQ(judged(notes, Operation::kTransactWriteItems,
                   R"({"TransactItems":[{"Put":{"TableName":"notes","Item":{}}},{"Delete":{"TableName":"secret","Key":{}}}]})"),
            "AccessDeniedException");
  EXPECT_EQ(judged(notes, Operation::kBatchExecuteStatement,
                   R"({"Statements":[{"Statement":"SELECT * FROM notes WHERE k='1'"},{"Statement":"SELECT * FROM secret WHERE k='1'"}]})"),
            "AccessDeniedException");
}

TEST(AccessTest, TransactionsNeedTheActionsOfTheirItems) {
  constexpr std::string_view kBody =
      R"({"TransactItems":[{"Put":{"TableName":"notes","Item":{}}},{"ConditionCheck":{"TableName":"notes","Key":{}}}]})";
  EXPECT_EQ(judged(key({"PutItem", "ConditionCheckItem"}, {"*"}), Operation::kTransactWriteItems, kBody), "");
  EXPECT_EQ(judged(key({"TransactWriteItems"}, {"*"}), Operation::kTransactWriteItems, kBody), "");
  EXPECT_EQ(judged(key({"PutItem"}, {"*"}), Operation::kTransactWriteItems, kBody), "AccessDeniedException");
  EXPECT_EQ(judged(key({"PartiQLSelect"}, {"*"}), Operation::kExecuteStatement, R"({"Statement":"DELETE FROM notes WHERE k='1'"})"),
            "AccessDeniedException");
}

TEST(AccessTest, WhatIsAboutAllTablesNeedsAllTables) {
  EXPECT_EQ(judged(key({"*"}, {"notes"}), Operation::kListTables, "{}"), "AccessDeniedException");
  EXPECT_EQ(judged(key({"ListTables"}, {"*"}), Operation::kListTables, "{}"), "");
  EXPECT_EQ(judged(key({"*"}, {"notes"}), Operation::kGetRecords, R"({"ShardIterator":"opaque"})"), "AccessDeniedException");
}

TEST(AccessTest, AnIteratorIsOfItsStreamsTable) {
  constexpr std::string_view kRequest = R"({"ShardIterator":"arn:aws:dynamodb:r:0:table/notes/stream/1|1|x"})";
  EXPECT_EQ(judged(key({"GetRecords"}, {"notes"}), Operation::kGetRecords, kRequest), "");
  EXPECT_EQ(judged(key({"GetRecords"}, {"other"}), Operation::kGetRecords, kRequest), "AccessDeniedException");
  EXPECT_EQ(judged(key({"GetRecords"}, {"notes"}), Operation::kGetRecords, kRequest, Iterators::kOpaque), "AccessDeniedException");
  EXPECT_EQ(judged(key({"GetRecords"}, {"*"}), Operation::kGetRecords, kRequest, Iterators::kOpaque), "");
}

TEST(AccessTest, FindsKeysById) {
  const Access access({key({"*"}, {"*"})});
  EXPECT_NE(access.find("app"), nullptr);
  EXPECT_EQ(access.find("App"), nullptr);
  EXPECT_EQ(access.find(""), nullptr);
}

}  // namespace
}  // namespace gatehouse::dynamo
