#include "gateway/stores.hpp"

#include "gateway/tables_api.hpp"
#include "gatehouse/config/load.hpp"
#include "gatehouse/gateway/compare_stores.hpp"
#include "gatehouse/gateway/gateway.hpp"
#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace gatehouse::gateway {
namespace {

using dynamo::EngineKind;
using dynamo::Operation;
using dynamo::StoreSettings;

class StoresTest : public ::testing::Test {
 protected:
  StoreSettings memory(const std::string& name) {
    StoreSettings settings;
    settings.name = name;
    settings.kind = EngineKind::kMemory;
    return settings;
  }
  StoreSettings embedded(const std::string& name, const std::string& path) {
    StoreSettings settings;
    settings.name = name;
    settings.embedded.path = folder / path;
    return settings;
  }
  config::Settings load(const std::string& yaml) {
    const auto loaded = config::load_text("workers: 1\nlisteners: [{address: 127.0.0.1:0}]\naccess_log: {to: /dev/null}\n" + yaml, "test.yaml",
                                          ".", [](std::string_view) { return std::nullopt; });
    for (const auto& problem : loaded.problems) ADD_FAILURE() << problem.to_string();
    return loaded.settings.value_or(config::Settings());
  }
  static std::string ask(dynamo::Engine& engine, Operation operation, std::string_view body) {
    std::string answer;
    engine.execute_blocking(operation, body, answer);
    return answer;
  }

  TemporaryFolder folder;
  SystemClock clock;
  net::BlockingPool pool{1, 16};
  observe::Registry registry{1};
};

TEST_F(StoresTest, KeepsWhatDidNotChange) {
  Stores stores(clock, pool, registry);
  const auto first = stores.open({memory("one"), memory("two")});
  ASSERT_TRUE(first);
  const auto second = stores.open({memory("two"), memory("three")});
  ASSERT_TRUE(second);
  EXPECT_EQ(first->at("two"), second->at("two"));
  EXPECT_NE(first->at("one"), second->at("three"));
}

TEST_F(StoresTest, ClosesWhatNothingUses) {
  Stores stores(clock, pool, registry);
  auto opened = stores.open({memory("one")});
  ASSERT_TRUE(opened);
  const std::weak_ptr<dynamo::Engine> engine = opened->at("one");
  stores.close_unused({});
  EXPECT_FALSE(engine.expired());  // we still use it
  opened->clear();
  stores.close_unused({memory("one")});
  EXPECT_FALSE(engine.expired());  // it is still named
  stores.close_unused({});
  EXPECT_TRUE(engine.expired());
}

TEST_F(StoresTest, AnOpenFolderKeepsItsSettings) {
  Stores stores(clock, pool, registry);
  ASSERT_TRUE(stores.open({embedded("main", "data")}));
  StoreSettings other = embedded("main", "data");
  other.embedded.cache *= 2;
  const auto refused = stores.open({other});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("store 'main'"), std::string::npos);
  EXPECT_NE(refused.error().message().find("they change at the next start"), std::string::npos);
}

TEST_F(StoresTest, SaysWhichStoreCannotBeOpened) {
  Stores stores(clock, pool, registry);
  StoreSettings settings = embedded("main", "data");
  settings.embedded.path = "/proc/nowhere";
  const auto refused = stores.open({settings});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("store 'main'"), std::string::npos);
}

TEST_F(StoresTest, ShowsWhatTheEngineCounts) {
  Stores stores(clock, pool, registry);
  ASSERT_TRUE(stores.open({embedded("main", "data")}));
  EXPECT_NE(registry.scrape().find("gatehouse_store_"), std::string::npos);
  EXPECT_NE(registry.scrape().find("{store=\"main\"}"), std::string::npos);
  stores.close_all();
  EXPECT_EQ(registry.scrape().find("{store=\"main\"}"), std::string::npos);
}

TEST_F(StoresTest, DeclaredTablesAreInTheStoreThatIsNamed) {
  Stores stores(clock, pool, registry);
  const auto opened = stores.open({memory("one"), memory("two")});
  ASSERT_TRUE(opened);
  dynamo::TableSettings table;
  table.name = "notes";
  table.store = "two";
  table.partition = {"owner", dynamo::KeyType::kString};
  const auto declared = Stores::declare(*opened, {table});
  ASSERT_TRUE(declared) << declared.error().message();
  EXPECT_EQ(ask(*opened->at("one"), Operation::kListTables, "{}"), R"({"TableNames":[]})");
  EXPECT_EQ(ask(*opened->at("two"), Operation::kListTables, "{}"), R"({"TableNames":["notes"]})");
}

TEST_F(StoresTest, ComparingMakesNothingAndFindsWhatDiffers) {
  const std::string stores = "stores: {main: {path: " + (folder / "data") + "}}\n";
  const auto asked = load(stores + "tables: {notes: {key: {owner: S}}}");
  const auto before = compare_stores(asked, clock);
  ASSERT_TRUE(before);
  EXPECT_TRUE(before->empty());
  EXPECT_FALSE(std::filesystem::exists(folder / "data"));
  { ASSERT_TRUE(Gateway::start(asked, clock)); }
  EXPECT_TRUE(compare_stores(asked, clock).value().empty());
  EXPECT_EQ(compare_stores(load(stores + "tables: {notes: {key: {owner: N}}}"), clock).value().size(), 1u);
}

TEST_F(StoresTest, TheListenerForSdkClientsComesAfterTheOthers) {
  const SystemClock real;
  auto gateway = Gateway::start(load("stores: {main: {engine: memory}}\ndynamodb: {address: 127.0.0.1:0}"), real);
  ASSERT_TRUE(gateway) << gateway.error().message();
  EXPECT_EQ((*gateway)->endpoints().size(), 2u);
  ASSERT_TRUE((*gateway)->reload(load("apis: []")));
  EXPECT_EQ((*gateway)->endpoints().size(), 1u);
}

TEST_F(StoresTest, AReloadThatFailsLeavesNoStoreBehind) {
  const SystemClock real;
  auto gateway = Gateway::start(load("apis: []"), real);
  ASSERT_TRUE(gateway);
  auto broken = load("stores: {main: {path: " + (folder / "data") + "}}\ndynamodb: {address: 127.0.0.1:0}");
  broken.access_log.to = "/nonexistent/folder/access.log";
  EXPECT_FALSE((*gateway)->reload(broken));
  Stores others(clock, pool, registry);
  EXPECT_TRUE(others.open({embedded("main", "data")}));  // its folder is free again
}

TEST(TablesApiTest, AsksTheSignatureAndNobodyElse) {
  config::TablesListenerSettings settings;
  settings.tables.protocol.access_keys = {{"app", "secret", "", {"*"}, {"*"}, {}}};
  const config::ApiSettings api = tables_api(settings);
  ASSERT_TRUE(api.scoped.auth);
  EXPECT_TRUE(api.scoped.auth->empty());
  EXPECT_EQ(api.scoped.cors->origins, std::vector<std::string>{"*"});
  EXPECT_EQ(api.routes.size(), 1u);
}

TEST(TablesApiTest, WithoutKeysOnlyPagesOfThisMachineMayCall) {
  const config::ApiSettings api = tables_api(config::TablesListenerSettings());
  for (const std::string& origin : api.scoped.cors->origins)
    EXPECT_TRUE(origin.find("localhost") != std::string::npos || origin.find("127.0.0.1") != std::string::npos) << origin;
}

TEST(TablesApiTest, ARouteIsAsOpenAsItsSteps) {
  const config::Settings settings;
  const auto protocol = [&](std::optional<std::vector<std::vector<std::string>>> auth, dynamo::ProtocolSettings given) {
    EffectiveRoute route{settings, nullptr, nullptr, {}, ""};
    route.scoped.auth = std::move(auth);
    return effective_protocol(std::move(given), route).without_signature;
  };
  EXPECT_EQ(protocol({}, {}), dynamo::Unsigned::kLoopback);
  EXPECT_EQ(protocol(std::vector<std::vector<std::string>>{}, {}), dynamo::Unsigned::kLoopback);
  EXPECT_EQ(protocol(std::vector<std::vector<std::string>>{{"keys"}}, {}), dynamo::Unsigned::kAccepted);
  dynamo::ProtocolSettings keys;
  keys.access_keys = {{"app", "secret", "", {"*"}, {"*"}, {}}};
  EXPECT_EQ(protocol(std::vector<std::vector<std::string>>{{"keys"}}, keys), dynamo::Unsigned::kRefused);
}

}  // namespace
}  // namespace gatehouse::gateway
