// An engine over memory that tests talk to in JSON.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/dynamo/engine/local_engine.hpp"
#include "gatehouse/dynamo/engine/storage.hpp"
#include "gatehouse/net/blocking_pool.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::dynamo::testing {

using Json = nlohmann::json;

class LocalEngineTest : public ::testing::Test {
 protected:
  LocalEngineTest() : LocalEngineTest(open_memory()) {}
  // Takes the storage over.
  explicit LocalEngineTest(std::unique_ptr<Storage> storage) {
    LocalEngineOptions options;
    options.background = false;
    engine_ = LocalEngine::open(std::move(storage), EngineKind::kMemory, options, clock_, pool_).value();
  }

  struct Answer {
    int status;
    Json body;
  };

  Answer call(Operation operation, const Json& request) { return call_text(operation, request.dump()); }
  Answer call_text(Operation operation, std::string_view request) {
    std::string answer;
    const int status = engine_->execute_blocking(operation, request, answer);
    return {status, Json::parse(answer)};
  }

  // Of a call that must succeed. Requests as raw strings, to be read as they stand in a client's log.
  Json ok(Operation operation, std::string_view request) {
    Answer answer = call_text(operation, request);
    EXPECT_EQ(answer.status, 200) << answer.body << " for " << request;
    return std::move(answer.body);
  }
  // Only of Json itself: text would become a JSON string.
  Json ok(Operation operation, const std::same_as<Json> auto& request) {
    return ok(operation, std::string_view(request.dump()));
  }

  // "ValidationException: …"
  std::string fault(Operation operation, std::string_view request) {
    const Answer answer = call_text(operation, request);
    EXPECT_GE(answer.status, 400) << answer.body << " for " << request;
    const std::string type = answer.body.value("__type", "");
    return type.substr(type.find('#') + 1) + ": " + answer.body.value("message", answer.body.value("Message", ""));
  }
  std::string fault(Operation operation, const std::same_as<Json> auto& request) {
    return fault(operation, std::string_view(request.dump()));
  }

  void create_table(std::string_view request) {
    ok(Operation::kCreateTable, request);
    engine_->tick();
  }

  // pk S, sk N.
  void create_notes() {
    create_table(R"({"TableName":"notes","BillingMode":"PAY_PER_REQUEST",
      "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"}],
      "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]})");
  }

  // pk S.
  void create_plain() {
    create_table(R"({"TableName":"plain","BillingMode":"PAY_PER_REQUEST",
      "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],
      "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}]})");
  }

  // pk S, sk S; a local index, global ones of every projection, one of several attributes.
  void create_indexed() {
    create_table(R"({"TableName":"indexed","BillingMode":"PAY_PER_REQUEST",
      "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"},
        {"AttributeName":"a","AttributeType":"S"},{"AttributeName":"n","AttributeType":"N"},{"AttributeName":"b","AttributeType":"B"}],
      "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
      "LocalSecondaryIndexes":[
        {"IndexName":"by_n","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"n","KeyType":"RANGE"}],
         "Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["x"]}}],
      "GlobalSecondaryIndexes":[
        {"IndexName":"by_a","KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}},
        {"IndexName":"by_an","KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"n","KeyType":"RANGE"}],
         "Projection":{"ProjectionType":"KEYS_ONLY"}},
        {"IndexName":"by_many","KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"b","KeyType":"HASH"},
          {"AttributeName":"n","KeyType":"RANGE"},{"AttributeName":"sk","KeyType":"RANGE"}],
         "Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["x","y"]}}]})");
  }

  ManualClock clock_;  // stands still: whatever is measured took no time
  net::BlockingPool pool_{2, 100};
  std::unique_ptr<LocalEngine> engine_;
};

}  // namespace gatehouse::dynamo::testing
