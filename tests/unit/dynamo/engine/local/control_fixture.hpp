// An engine on disk or in memory that can be closed and opened again, with a clock that the test moves.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/dynamo/engine/local_engine.hpp"
#include "gatehouse/dynamo/engine/storage.hpp"
#include "gatehouse/net/blocking_pool.hpp"

#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::dynamo::testing {

class ControlTest : public ::testing::Test {
 protected:
  using Json = nlohmann::json;

  // In memory; exports go to a temporary folder.
  void open_in_memory() { open(open_memory(), EngineKind::kMemory); }

  void open_on_disk() {
    EmbeddedSettings settings;
    settings.path = folder_ / "store";
    settings.durability = Durability::kNone;
    auto storage = open_rocks(settings);
    ASSERT_TRUE(storage) << storage.error().message();
    open(std::move(*storage), EngineKind::kEmbedded);
  }

  void close() {
    engine_->close();
    engine_.reset();
  }

  void open(std::unique_ptr<Storage> storage, EngineKind kind) {
    LocalEngineOptions options;
    options.background = false;
    options.backup_folder = folder_ / "beside";
    auto engine = LocalEngine::open(std::move(storage), kind, options, clock_, pool_);
    ASSERT_TRUE(engine) << engine.error().message();
    engine_ = std::move(*engine);
  }

  Json ok(Operation operation, const Json& request) {
    std::string answer;
    const int status = engine_->execute_blocking(operation, request.dump(), answer);
    EXPECT_EQ(status, 200) << answer << " for " << request;
    return Json::parse(answer);
  }

  // "ValidationException: …"
  std::string fault(Operation operation, const Json& request) {
    std::string answer;
    const int status = engine_->execute_blocking(operation, request.dump(), answer);
    EXPECT_GE(status, 400) << answer << " for " << request;
    const Json body = Json::parse(answer);
    const std::string type = body.value("__type", "");
    return type.substr(type.find('#') + 1) + ": " + body.value("message", body.value("Message", ""));
  }

  static Json definitions(std::string_view letters) {  // "aS bN"
    Json list = Json::array();
    for (std::size_t i = 0; i + 1 < letters.size(); i += 3)
      list.push_back({{"AttributeName", std::string(1, letters[i])}, {"AttributeType", std::string(1, letters[i + 1])}});
    return list;
  }
  static Json schema(std::string_view partition, std::string_view sort = {}) {  // one letter an attribute
    Json list = Json::array();
    for (const char name : partition) list.push_back({{"AttributeName", std::string(1, name)}, {"KeyType", "HASH"}});
    for (const char name : sort) list.push_back({{"AttributeName", std::string(1, name)}, {"KeyType", "RANGE"}});
    return list;
  }
  // Key: p S.
  static Json table_request(std::string_view name = "notes") {
    return {{"TableName", name}, {"AttributeDefinitions", definitions("pS")}, {"KeySchema", schema("p")}, {"BillingMode", "PAY_PER_REQUEST"}};
  }
  void create_notes() { ok(Operation::kCreateTable, table_request()); }

  static Json global_index(std::string_view name, std::string_view partition, std::string_view sort = {}) {
    return {{"IndexName", name}, {"KeySchema", schema(partition, sort)}, {"Projection", {{"ProjectionType", "ALL"}}}};
  }
  Json create_index(std::string_view name, std::string_view all_definitions, std::string_view partition) {
    return ok(Operation::kUpdateTable, {{"TableName", "notes"},
                                        {"AttributeDefinitions", definitions(all_definitions)},
                                        {"GlobalSecondaryIndexUpdates", Json::array({{{"Create", global_index(name, partition)}}})}});
  }

  void put(const Json& item, std::string_view table = "notes") { ok(Operation::kPutItem, {{"TableName", table}, {"Item", item}}); }
  static Json item(std::string_view key) { return {{"p", {{"S", key}}}}; }
  Json get(std::string_view key, std::string_view table = "notes") {
    return ok(Operation::kGetItem, {{"TableName", table}, {"Key", item(key)}, {"ConsistentRead", true}}).value("Item", Json());
  }
  std::size_t count(std::string_view table = "notes", std::string_view index = {}) {
    Json request = {{"TableName", table}, {"Select", "COUNT"}};
    if (!index.empty()) request["IndexName"] = index;
    return ok(Operation::kScan, request)["Count"].get<std::size_t>();
  }
  Json describe(std::string_view table = "notes") { return ok(Operation::kDescribeTable, {{"TableName", table}})["Table"]; }
  std::int64_t now_seconds() const { return std::chrono::duration_cast<std::chrono::seconds>(clock_.wall().time_since_epoch()).count(); }

  TemporaryFolder folder_;
  ManualClock clock_;
  net::BlockingPool pool_{2, 100};
  std::unique_ptr<LocalEngine> engine_;
};

}  // namespace gatehouse::dynamo::testing
