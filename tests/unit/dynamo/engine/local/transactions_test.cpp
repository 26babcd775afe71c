// TransactWriteItems, TransactGetItems and idempotency tokens, through the engine in memory.
#include "gatehouse/dynamo/engine/local_engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace gatehouse::dynamo {
namespace {

using testing::HasSubstr;

class TransactionsTest : public ::testing::Test {
 protected:
  TransactionsTest() {
    LocalEngineOptions options;
    options.background = false;
    engine = LocalEngine::open(open_memory(), EngineKind::kMemory, options, clock, pool).value();
    run(Operation::kCreateTable,
        R"({"TableName":"accounts","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],)"
        R"("KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST"})");
    EXPECT_EQ(status, 200) << answer;
  }
  ~TransactionsTest() override { engine->close(); }

  const std::string& run(Operation operation, std::string_view body) {
    answer.clear();
    status = engine->execute_blocking(operation, body, answer);
    return answer;
  }
  void put(const std::string& id, int balance) {
    run(Operation::kPutItem, R"({"TableName":"accounts","Item":{"id":{"S":")" + id + R"("},"balance":{"N":")" + std::to_string(balance) +
                                 R"("}}})");
  }
  std::string balance(const std::string& id) {
    const std::string& item = run(Operation::kGetItem, R"({"TableName":"accounts","Key":{"id":{"S":")" + id + R"("}}})");
    const std::size_t at = item.find(R"("balance":{"N":")");
    return at == std::string::npos ? "none" : item.substr(at + 16, item.find('"', at + 16) - at - 16);
  }
  static std::string add(const std::string& id, int amount, const std::string& condition = {}) {
    return R"({"Update":{"TableName":"accounts","Key":{"id":{"S":")" + id + R"("}},"UpdateExpression":"ADD balance :n",)" +
           (condition.empty() ? std::string() : R"("ConditionExpression":")" + condition + R"(",)") +
           R"("ExpressionAttributeValues":{":n":{"N":")" + std::to_string(amount) + R"("}}}})";
  }
  static std::string items(const std::string& actions, const std::string& more = {}) {
    return R"({"TransactItems":[)" + actions + "]" + more + "}";
  }

  ManualClock clock;
  net::BlockingPool pool{2, 64};
  std::unique_ptr<LocalEngine> engine;
  std::string answer;
  int status = 0;
};

TEST_F(TransactionsTest, AllWritesHappenTogether) {
  put("a", 100);
  put("b", 0);
  EXPECT_EQ(run(Operation::kTransactWriteItems, items(add("a", -30) + "," + add("b", 30))), "{}");
  EXPECT_EQ(balance("a"), "70");
  EXPECT_EQ(balance("b"), "30");
}

TEST_F(TransactionsTest, OneFailedConditionCancelsAllAndSaysWhich) {
  put("a", 10);
  run(Operation::kTransactWriteItems,
      items(add("b", 30) + R"(,{"Delete":{"TableName":"accounts","Key":{"id":{"S":"a"}},"ConditionExpression":"balance > :n",)"
                           R"("ReturnValuesOnConditionCheckFailure":"ALL_OLD","ExpressionAttributeValues":{":n":{"N":"50"}}}})"));
  EXPECT_EQ(status, 400);
  EXPECT_THAT(answer, HasSubstr("TransactionCanceledException"));
  EXPECT_THAT(answer, HasSubstr("[None, ConditionalCheckFailed]"));
  EXPECT_THAT(answer, HasSubstr(R"({"Code":"None"},{"Code":"ConditionalCheckFailed","Message":"The conditional request failed")"));
  EXPECT_THAT(answer, HasSubstr(R"("Item":{"id":{"S":"a"},"balance":{"N":"10"}})"));
  EXPECT_EQ(balance("b"), "none");
}

TEST_F(TransactionsTest, AFaultyKeyIsToldOfBesideAFailedCondition) {
  run(Operation::kTransactWriteItems,
      R"~({"TransactItems":[{"Delete":{"TableName":"accounts","Key":{"id":{"S":"a"}},"ConditionExpression":"attribute_exists(id)"}},)~"
      R"~({"Put":{"TableName":"accounts","Item":{"id":{"N":"1"}}}},{"Put":{"TableName":"accounts","Item":{"id":{"S":"c"}}}}]})~");
  EXPECT_EQ(status, 400);
  EXPECT_THAT(answer, HasSubstr("[ConditionalCheckFailed, ValidationError, None]"));
  EXPECT_EQ(run(Operation::kGetItem, R"({"TableName":"accounts","Key":{"id":{"S":"c"}}})"), "{}");
}

TEST_F(TransactionsTest, WhatNeverFitsIsToldOfWhateverTheItemIs) {
  run(Operation::kCreateTable,
      R"({"TableName":"indexed","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],)"
      R"("AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},{"AttributeName":"a","AttributeType":"S"}],)"
      R"("GlobalSecondaryIndexes":[{"IndexName":"by_a","KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}]})");
  run(Operation::kTransactWriteItems,
      R"~({"TransactItems":[{"Put":{"TableName":"indexed","Item":{"id":{"S":"k"},"a":{"NULL":true}},)~"
      R"~("ConditionExpression":"attribute_exists(id)"}}]})~");
  EXPECT_THAT(answer, HasSubstr("[ValidationError]"));
  run(Operation::kTransactWriteItems,
      R"~({"TransactItems":[{"Delete":{"TableName":"accounts","Key":{"id":{"S":"x"}},"ConditionExpression":"id.b <> :v",)~"
      R"~("ExpressionAttributeValues":{":v":{"S":"x"}}}}]})~");
  EXPECT_THAT(answer, HasSubstr("[ValidationError]"));
  EXPECT_THAT(answer, HasSubstr("Key attributes must be scalars"));
}

TEST_F(TransactionsTest, ValuesWithoutAnExpressionNameThoseThatAreMissed) {
  run(Operation::kTransactWriteItems,
      R"({"TransactItems":[{"Put":{"TableName":"accounts","Item":{"id":{"S":"a"}},"ExpressionAttributeValues":{":v":{"S":"x"}}}}]})");
  EXPECT_THAT(answer, HasSubstr("ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"));
}

TEST_F(TransactionsTest, DeleteByStatementIsContentWithNothing) {
  const std::string gone = R"({"Statement":"DELETE FROM accounts WHERE id = 'a' AND balance = 7"})";
  EXPECT_EQ(run(Operation::kExecuteStatement, gone), R"({"Items":[]})");
  EXPECT_EQ(run(Operation::kExecuteTransaction, R"({"TransactStatements":[)" + gone + "]}"), R"({"Responses":[{}]})");
  put("a", 5);
  run(Operation::kExecuteStatement, gone);
  EXPECT_THAT(answer, HasSubstr("ConditionalCheckFailedException"));
  EXPECT_EQ(balance("a"), "5");
}

TEST_F(TransactionsTest, ConditionCheckGuardsWithoutWriting) {
  put("a", 10);
  const std::string check =
      R"x({"ConditionCheck":{"TableName":"accounts","Key":{"id":{"S":"a"}},"ConditionExpression":"attribute_exists(id)"}})x";
  EXPECT_EQ(run(Operation::kTransactWriteItems, items(check + "," + add("b", 5))), "{}");
  EXPECT_EQ(balance("b"), "5");
  EXPECT_EQ(balance("a"), "10");
}

TEST_F(TransactionsTest, AnItemMayOccurOnce) {
  EXPECT_THAT(run(Operation::kTransactWriteItems, items(add("a", 1) + "," + add("a", 2))),
              HasSubstr("Transaction request cannot include multiple operations on one item"));
}

TEST_F(TransactionsTest, UnknownTableEndsIt) {
  run(Operation::kTransactWriteItems, R"({"TransactItems":[{"Put":{"TableName":"nope","Item":{"id":{"S":"a"}}}}]})");
  EXPECT_THAT(answer, HasSubstr("ResourceNotFoundException"));
}

TEST_F(TransactionsTest, ShapeIsJudgedBeforeAnythingElse) {
  EXPECT_THAT(run(Operation::kTransactWriteItems, "{}"), HasSubstr("Value null at 'transactItems'"));
  EXPECT_THAT(run(Operation::kTransactWriteItems, items("")), HasSubstr("length greater than or equal to 1"));
  EXPECT_THAT(run(Operation::kTransactWriteItems, items("{}")), HasSubstr("should contain Delete or Put or Update request"));
  std::string many;
  for (int i = 0; i < 101; ++i) many += (i == 0 ? "" : ",") + add("k" + std::to_string(i), 1);
  EXPECT_THAT(run(Operation::kTransactWriteItems, items(many)), HasSubstr("length less than or equal to 100"));
}

TEST_F(TransactionsTest, ATokenMakesARepetitionHarmlessForTenMinutes) {
  const std::string request = items(add("a", 5), R"(,"ClientRequestToken":"once")");
  EXPECT_EQ(run(Operation::kTransactWriteItems, request), "{}");
  clock.advance(std::chrono::minutes(9));
  EXPECT_EQ(run(Operation::kTransactWriteItems, request), "{}");
  EXPECT_EQ(balance("a"), "5");
  clock.advance(std::chrono::minutes(2));
  EXPECT_EQ(run(Operation::kTransactWriteItems, request), "{}");
  EXPECT_EQ(balance("a"), "10");
}

TEST_F(TransactionsTest, ATokenOfAnotherRequestIsRefused) {
  run(Operation::kTransactWriteItems, items(add("a", 5), R"(,"ClientRequestToken":"once")"));
  run(Operation::kTransactWriteItems, items(add("a", 6), R"(,"ClientRequestToken":"once")"));
  EXPECT_THAT(answer, HasSubstr("IdempotentParameterMismatchException"));
  EXPECT_EQ(balance("a"), "5");
}

TEST_F(TransactionsTest, ACancelledTransactionLeavesItsTokenFree) {
  const std::string request = items(add("a", 5, "attribute_exists(id)"), R"(,"ClientRequestToken":"again")");
  run(Operation::kTransactWriteItems, request);
  EXPECT_EQ(status, 400);
  put("a", 1);
  EXPECT_EQ(run(Operation::kTransactWriteItems, request), "{}");
  EXPECT_EQ(balance("a"), "6");
}

TEST_F(TransactionsTest, ExpiredTokensAreSwept) {
  run(Operation::kTransactWriteItems, items(add("a", 5), R"(,"ClientRequestToken":"once")"));
  const auto count_tokens = [&] {
    std::size_t count = 0;
    const std::string from("\0\0\0\0K", 5), to("\0\0\0\0L", 5);
    const auto cursor = engine->storage().cursor(Family::kData, from, to, {});
    for (cursor->seek(from); cursor->valid(); cursor->next()) ++count;
    return count;
  };
  EXPECT_EQ(count_tokens(), 1u);
  clock.advance(std::chrono::minutes(11));
  engine->tick();
  EXPECT_EQ(count_tokens(), 0u);
}

TEST_F(TransactionsTest, ReadsAreOfOneMoment) {
  put("a", 1000);
  put("b", 1000);
  std::atomic<bool> done = false;
  std::thread mover([&] {
    std::string ignored;
    for (int i = 0; i < 2000; ++i) {
      ignored.clear();
      engine->execute_blocking(Operation::kTransactWriteItems, items(add("a", -1) + "," + add("b", 1)), ignored);
    }
    done = true;
  });
  const std::string both = R"({"TransactItems":[{"Get":{"TableName":"accounts","Key":{"id":{"S":"a"}}}},)"
                           R"({"Get":{"TableName":"accounts","Key":{"id":{"S":"b"}}}}]})";
  int looked = 0;
  while (!done || looked < 10) {
    std::string seen;
    engine->execute_blocking(Operation::kTransactGetItems, both, seen);
    int sum = 0;
    for (std::size_t at = seen.find(R"({"N":")"); at != std::string::npos; at = seen.find(R"({"N":")", at + 1))
      sum += std::stoi(seen.substr(at + 6));
    ASSERT_EQ(sum, 2000) << seen;
    ++looked;
  }
  mover.join();
}

TEST_F(TransactionsTest, ConcurrentTransfersLoseNothing) {
  constexpr int kAccounts = 4;
  for (int i = 0; i < kAccounts; ++i) put("k" + std::to_string(i), 100);
  std::vector<std::thread> movers;
  for (int thread = 0; thread < 4; ++thread) {
    movers.emplace_back([this, thread] {
      for (int i = 0; i < 300; ++i) {
        const int from = (i + thread) % kAccounts, to = (i * 7 + thread + 1) % kAccounts;
        if (from == to) continue;
        std::string ignored;
        engine->execute_blocking(Operation::kTransactWriteItems,
                                 items(add("k" + std::to_string(from), -1) + "," + add("k" + std::to_string(to), 1)), ignored);
        ASSERT_EQ(ignored, "{}");
      }
    });
  }
  for (std::thread& mover : movers) mover.join();
  int sum = 0;
  for (int i = 0; i < kAccounts; ++i) sum += std::stoi(balance("k" + std::to_string(i)));
  EXPECT_EQ(sum, 100 * kAccounts);
}

}  // namespace
}  // namespace gatehouse::dynamo
