// stores, tables, dynamodb: what they are read as, and what is wrong with them.
#include "support.hpp"

namespace gatehouse::config::test {
namespace {

using dynamo::Durability;
using dynamo::EngineKind;
using dynamo::KeyPart;
using dynamo::KeyType;
using dynamo::StreamView;

TEST(StoreTest, NothingIsOpenedWhereNothingNeedsIt) { EXPECT_TRUE(settings_of("apis: []").stores.empty()); }

TEST(StoreTest, MainIsThereOnceSomethingNeedsIt) {
  const Settings settings = settings_of("tables: {notes: {key: {owner: S}}}");
  ASSERT_EQ(settings.stores.size(), 1u);
  EXPECT_EQ(settings.stores[0].name, "main");
  EXPECT_EQ(settings.stores[0].kind, EngineKind::kEmbedded);
  EXPECT_EQ(settings.stores[0].embedded.path, "./data");
  EXPECT_EQ(settings.stores[0].embedded.durability, Durability::kSync);
  EXPECT_EQ(settings.tables.at(0).store, "main");
  EXPECT_EQ(settings_of("dynamodb: {}").stores.size(), 1u);
  EXPECT_EQ(settings_of("apis: [{name: a, routes: [{match: POST /, dynamodb: {}}]}]").stores.size(), 1u);
}

TEST(StoreTest, TheOnlyStoreNeedsNoNaming) {
  const Settings settings = settings_of("stores: {mine: {engine: memory}}\ntables: {notes: {key: {owner: S}}}\ndynamodb: {}");
  EXPECT_EQ(settings.tables.at(0).store, "mine");
  EXPECT_EQ(settings.dynamodb.value().tables.store, "mine");
}

TEST(StoreTest, EmbeddedSettings) {
  const Settings settings = settings_of(
      "stores: {main: {path: /var/lib/x, durability: interval, sync_interval: 50ms, cache: 1GB, write_buffer: 64MB, stream_retention: 2h}}");
  const dynamo::EmbeddedSettings& store = settings.stores.at(0).embedded;
  EXPECT_EQ(store.path, "/var/lib/x");
  EXPECT_EQ(store.durability, Durability::kInterval);
  EXPECT_EQ(store.sync_interval, std::chrono::milliseconds(50));
  EXPECT_EQ(store.cache, kGiB);
  EXPECT_EQ(store.write_buffer, 64 * kMiB);
  EXPECT_EQ(store.stream_retention, std::chrono::hours(2));
}

TEST(StoreTest, RemoteSettings) {
  const Settings settings = settings_of(
      "stores: {far: {engine: remote, endpoints: [http://scylla-1:8000, https://b:443], region: eu-west-1, access_key: \"${ID}\", "
      "secret_key: \"${KEY}\", discover_nodes: true, attempts: 3}}",
      {{"ID", "AKID"}, {"KEY", "secret"}});
  const dynamo::RemoteSettings& store = settings.stores.at(0).remote;
  EXPECT_EQ(settings.stores[0].kind, EngineKind::kRemote);
  ASSERT_EQ(store.endpoints.size(), 2u);
  EXPECT_EQ(store.endpoints[0], "http://scylla-1:8000");
  EXPECT_EQ(store.region, "eu-west-1");
  EXPECT_EQ(store.access_key, "AKID");
  EXPECT_EQ(store.secret_key, "secret");
  EXPECT_TRUE(store.discover_nodes);
  EXPECT_EQ(store.attempts, 3u);
}

TEST(TableTest, TheOrderOfAKeySaysWhichIsWhich) {
  const Settings settings = settings_of(
      "tables:\n  notes:\n    key: {owner: S, id: N}\n    indexes: {by_date: {key: {owner: S, created: S}}}\n    ttl: expires\n"
      "    stream: new_and_old_images");
  const dynamo::TableSettings& table = settings.tables.at(0);
  EXPECT_EQ(table.name, "notes");
  EXPECT_EQ(table.partition, (KeyPart{"owner", KeyType::kString}));
  EXPECT_EQ(table.sort, (std::vector<KeyPart>{{"id", KeyType::kNumber}}));
  EXPECT_EQ(table.ttl, "expires");
  EXPECT_EQ(table.stream, StreamView::kNewAndOldImages);
  EXPECT_EQ(table.position, "config.yaml:4:5");
  ASSERT_EQ(table.indexes.size(), 1u);
  EXPECT_EQ(table.indexes[0].name, "by_date");
  EXPECT_FALSE(table.indexes[0].local);
  EXPECT_EQ(table.indexes[0].sort, (std::vector<KeyPart>{{"created", KeyType::kString}}));
}

TEST(TableTest, IndexesLocalProjectedAndWide) {
  const Settings settings = settings_of(
      "tables:\n  notes:\n    key: {owner: S, id: S}\n    indexes:\n"
      "      lsi: {key: {owner: S, size: N}, local: true, projection: keys_only}\n"
      "      gsi: {key: {tag: B}, projection: [title, owner]}\n"
      "      wide: {key: {partition: [tenant: S, region: S], sort: [year: N, month: N]}}\n"
      "      odd: {key: {partition: S, sort: N}}");
  const auto& indexes = settings.tables.at(0).indexes;
  ASSERT_EQ(indexes.size(), 4u);
  EXPECT_TRUE(indexes[0].local);
  EXPECT_EQ(indexes[0].projected, dynamo::IndexSettings::Projected::kKeysOnly);
  EXPECT_EQ(indexes[1].projected, dynamo::IndexSettings::Projected::kInclude);
  EXPECT_EQ(indexes[1].include, (std::vector<std::string>{"title", "owner"}));
  EXPECT_EQ(indexes[2].partition, (std::vector<KeyPart>{{"tenant", KeyType::kString}, {"region", KeyType::kString}}));
  EXPECT_EQ(indexes[2].sort, (std::vector<KeyPart>{{"year", KeyType::kNumber}, {"month", KeyType::kNumber}}));
  EXPECT_EQ(indexes[3].partition.at(0).attribute, "partition");
}

TEST(DynamodbTest, AccessKeysSayWhoMayWhat) {
  const Settings settings = settings_of(
      "dynamodb:\n  address: 0.0.0.0:8000\n  access_keys:\n  - {id: app, secret: \"${S}\"}\n"
      "  - {id: reader, secret: other, session_token: t, allow: [GetItem, \"dynamodb:Query\"], tables: [notes, \"orders-*\"], "
      "leading_keys: [tenant-7]}",
      {{"S", "hidden"}});
  const auto& protocol = settings.dynamodb.value().tables.protocol;
  ASSERT_EQ(protocol.access_keys.size(), 2u);
  EXPECT_EQ(protocol.access_keys[0].secret, "hidden");
  EXPECT_EQ(protocol.access_keys[0].allow, std::vector<std::string>{"*"});
  EXPECT_EQ(protocol.access_keys[1].tables, (std::vector<std::string>{"notes", "orders-*"}));
  EXPECT_EQ(protocol.access_keys[1].leading_keys, std::vector<std::string>{"tenant-7"});
  EXPECT_EQ(protocol.access_keys[1].session_token, "t");
  EXPECT_EQ(protocol.without_signature, dynamo::Unsigned::kRefused);
}

TEST(StoresTest, ARemoteStoreWithARegionIsAmazons) {
  const Settings settings = settings_of("stores: {main: {engine: remote, region: eu-central-1}}\ntables: {notes: {key: {a: S}}}");
  ASSERT_EQ(settings.stores.size(), 1u);
  EXPECT_TRUE(settings.stores[0].remote.endpoints.empty());
  EXPECT_EQ(settings.stores[0].remote.region, "eu-central-1");
}

TEST(DynamodbTest, WithoutKeysItIsThisMachinesOwn) {
  const Settings settings = settings_of("dynamodb: {}");
  EXPECT_EQ(settings.dynamodb.value().address.to_string(), "127.0.0.1:8000");
  EXPECT_EQ(settings.dynamodb->tables.protocol.without_signature, dynamo::Unsigned::kLoopback);
}

TEST(DynamodbTest, ARouteWithAnAuthorizerMayBeReachedByAnyone) {
  const Loaded loaded = load(
      "listeners: [{address: 0.0.0.0:8080}]\nauthorizers: {k: {api_key: {}}}\n"
      "apis: [{name: a, routes: [{match: POST /, dynamodb: {store: main}, auth: [k]}]}]");
  EXPECT_TRUE(loaded.settings);
}

class StoreProblemsTest : public ::testing::TestWithParam<ProblemCase> {};
TEST_P(StoreProblemsTest, AreSaidWithPlaceAndFix) { expect_problems(GetParam()); }

INSTANTIATE_TEST_SUITE_P(
    Stores, StoreProblemsTest,
    ::testing::Values(
        ProblemCase{"UnknownStore",
                    "stores: {main: {}}\ntables: {notes: {store: mian, key: {a: S}}}",
                    {"3:25: tables.notes.store: there is no store 'mian' (did you mean 'main'?)"}},
        ProblemCase{"StoreMissingAmongSeveral",
                    "stores: {one: {}, two: {path: ./two}}\ntables: {notes: {key: {a: S}}}",
                    {"3:17: tables.notes: 'store' is missing, and there are several (add store: one)"}},
        ProblemCase{"KeysOfTheOtherEngine",
                    "stores: {main: {engine: memory, path: ./x}}",
                    {"2:39: stores.main.path: 'path' is for engine: embedded (leave it out)"}},
        ProblemCase{"RemoteWithoutEndpoints",
                    "stores: {main: {engine: remote}}",
                    {"2:16: stores.main: 'endpoints' is missing (add endpoints: a list such as [http://scylla-1:8000]; for Amazon DynamoDB, region)"}},
        ProblemCase{"HalfAPairOfKeys",
                    "stores: {main: {engine: remote, endpoints: [http://a:1], access_key: x}}",
                    {"2:16: stores.main: 'access_key' and 'secret_key' belong together (give both, or neither)"}},
        ProblemCase{"OpenToEverybody",
                    "dynamodb: {address: 0.0.0.0:8000}",
                    {"2:21: dynamodb.address: without access keys everybody who reaches 0.0.0.0:8000 could change every table (add "
                     "access_keys, or listen on 127.0.0.1)"}},
        ProblemCase{"UnknownAction",
                    "dynamodb: {access_keys: [{id: a, secret: b, allow: [GetItems]}]}",
                    {"2:53: dynamodb.access_keys[0].allow[0]: 'GetItems' names no action of DynamoDB (did you mean 'GetItem'?)"}},
        ProblemCase{"KeyGivenTwice",
                    "dynamodb: {access_keys: [{id: a, secret: b}, {id: a, secret: c}]}",
                    {"2:51: dynamodb.access_keys[1].id: the id 'a' is given twice (give every key an id of its own)"}},
        ProblemCase{"TakesAListenersPort",
                    "dynamodb: {address: 127.0.0.1:8080}",
                    {"2:11: dynamodb: takes 127.0.0.1:8080, which is that of listeners[0] (line 1) (give one of them another port)"}},
        ProblemCase{"OneAttributeOfTwoTypes",
                    "tables: {notes: {key: {a: S, b: S}, indexes: {by_b: {key: {b: N}}}}}",
                    {"2:53: tables.notes.indexes.by_b: 'b' has another type in another key (an attribute has one type in all keys of a "
                     "table)"}},
        ProblemCase{"LocalIndexOfAnotherPartition",
                    "tables: {notes: {key: {a: S, b: S}, indexes: {by_c: {key: {c: S, b: S}, local: true}}}}",
                    {"2:53: tables.notes.indexes.by_c: a local index has the table's partition key and a sort key of its own, of a table "
                     "that has one (leave 'local' out for a global index)"}},
        ProblemCase{"BadTableName",
                    "tables: {n!: {key: {a: S}}}",
                    {"2:10: tables.n!: the key must be a name of 3 to 255 letters, digits, '-', '_' and '.'"}}),
    name_of);

TEST(DynamodbTest, ARouteThatAsksNobodyIsRefusedOnOpenListeners) {
  const Loaded loaded = load("listeners: [{address: 0.0.0.0:8080}]\napis: [{name: a, routes: [{match: POST /, dynamodb: {}}]}]");
  ASSERT_EQ(loaded.problems.size(), 1u);
  EXPECT_EQ(loaded.problems[0].path, "apis.a.routes[0].dynamodb");
  EXPECT_EQ(loaded.problems[0].fix, "name an authorizer in 'auth', or give access_keys");
}

}  // namespace
}  // namespace gatehouse::config::test
