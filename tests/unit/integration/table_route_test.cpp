// Routes served by a table, against the engine in memory.
#include "gatehouse/integration/table.hpp"

#include "gatehouse/dynamo/engine/local_engine.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "support/fake_exchange.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::integration {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Reply {
  int status;
  std::string body, etag, location, reason;
};

class TableRouteTest : public ::testing::Test {
 protected:
  TableRouteTest() {
    dynamo::LocalEngineOptions options;
    options.background = false;
    engine = dynamo::LocalEngine::open(dynamo::open_memory(), dynamo::EngineKind::kMemory, options, clock, pool).value();
    std::string answer;
    const int status = engine->execute_blocking(
        dynamo::Operation::kCreateTable,
        R"({"TableName":"notes","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"owner","AttributeType":"S"},)"
        R"({"AttributeName":"id","AttributeType":"S"},{"AttributeName":"created","AttributeType":"S"}],)"
        R"("KeySchema":[{"AttributeName":"owner","KeyType":"HASH"},{"AttributeName":"id","KeyType":"RANGE"}],)"
        R"("GlobalSecondaryIndexes":[{"IndexName":"by_date","Projection":{"ProjectionType":"ALL"},)"
        R"("KeySchema":[{"AttributeName":"owner","KeyType":"HASH"},{"AttributeName":"created","KeyType":"RANGE"}]}]})",
        answer);
    EXPECT_EQ(status, 200) << answer;
    item.table = "notes";
    item.partition = {"owner", dynamo::KeyType::kString};
    item.sort = {{"id", dynamo::KeyType::kString}};
    item.limit = text("$query.limit|20");
    item.key = {{"owner", text("$path.owner")}, {"id", text("$path.id")}};
    list = item;
    list.key = {{"owner", text("$path.owner")}};
  }
  ~TableRouteTest() override { engine->close(); }

  static pipeline::ValueTemplate text(std::string_view value) { return pipeline::ValueTemplate::parse(value, {"owner", "id"}).value(); }

  Reply ask(const TableRouteSettings& settings, std::string method, std::string target, std::string body = {},
            gatehouse::testing::FieldList fields = {}) {
    std::shared_ptr<const json::Schema> schema;
    if (!settings.schema.empty()) schema = json::Schema::parse(settings.schema).value();
    const auto integration = make_table(settings, engine, schema);
    gatehouse::testing::FakeExchange exchange(worker, std::move(method), std::move(target), fields);
    if (!body.empty()) exchange.body(std::move(body));
    exchange.end_body();
    pipeline::RequestContext context(exchange, route);
    context.path = exchange.request().path;
    context.params.push("owner", owner);
    context.params.push("id", id);
    net::Task<void> task = integration->serve(context);
    task.start();
    EXPECT_TRUE(task.done());
    if (task.done()) task.take();
    return {exchange.status, exchange.sent_body, exchange.field("etag").value_or(""), exchange.field("location").value_or(""),
            std::string(context.reason)};
  }
  void put(const std::string& name, std::string body) {
    id = name;
    const Reply reply = ask(item, "PUT", "/notes/" + name, std::move(body));
    ASSERT_TRUE(reply.status == 200 || reply.status == 201) << reply.body;
  }

  ManualClock clock;
  net::BlockingPool pool{1, 16};
  net::Worker worker{0};
  std::shared_ptr<dynamo::Engine> engine;
  pipeline::Route route;
  TableRouteSettings item, list;
  std::string owner = "ann", id = "1";
};

TEST_F(TableRouteTest, PutCreatesThenReplacesAndGetReads) {
  EXPECT_EQ(ask(item, "GET", "/notes/1").status, 404);
  const Reply created = ask(item, "PUT", "/notes/1", R"({"title":"a","n":1.50})");
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(created.body, R"({"owner":"ann","id":"1","title":"a","n":1.5})");
  const Reply replaced = ask(item, "PUT", "/notes/1", R"({"title":"b"})");
  EXPECT_EQ(replaced.status, 200);
  const Reply read = ask(item, "GET", "/notes/1");
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.body, R"({"owner":"ann","id":"1","title":"b"})");
  EXPECT_EQ(read.etag, replaced.etag);
  EXPECT_NE(read.etag, created.etag);
}

TEST_F(TableRouteTest, DeleteRemovesOnce) {
  put("1", R"({"title":"a"})");
  EXPECT_EQ(ask(item, "DELETE", "/notes/1").status, 204);
  EXPECT_EQ(ask(item, "DELETE", "/notes/1").status, 404);
}

TEST_F(TableRouteTest, PatchMergesDeeplyAndNullRemoves) {
  put("1", R"({"title":"a","tags":{"x":1,"y":2},"old":true})");
  const Reply patched = ask(item, "PATCH", "/notes/1", R"({"tags":{"y":null,"z":3},"old":null,"new":[1]})");
  EXPECT_EQ(patched.status, 200);
  EXPECT_EQ(patched.body, R"({"owner":"ann","id":"1","title":"a","tags":{"x":1,"z":3},"new":[1]})");
  id = "none";
  EXPECT_EQ(ask(item, "PATCH", "/notes/none", R"({"a":1})").status, 404);
}

TEST_F(TableRouteTest, IfNoneMatchStarCreatesOnly) {
  EXPECT_EQ(ask(item, "PUT", "/notes/1", R"({"a":1})", {{"If-None-Match", "*"}}).status, 201);
  const Reply again = ask(item, "PUT", "/notes/1", R"({"a":2})", {{"If-None-Match", "*"}});
  EXPECT_EQ(again.status, 412);
  EXPECT_EQ(again.reason, "precondition_failed");
}

TEST_F(TableRouteTest, IfMatchWritesOnTheVersionThatWasRead) {
  put("1", R"({"a":1})");
  const std::string etag = ask(item, "GET", "/notes/1").etag;
  const Reply first = ask(item, "PUT", "/notes/1", R"({"a":2})", {{"If-Match", etag}});
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(ask(item, "PUT", "/notes/1", R"({"a":3})", {{"If-Match", etag}}).status, 412);
  EXPECT_EQ(ask(item, "PATCH", "/notes/1", R"({"a":3})", {{"If-Match", etag}}).status, 412);
  EXPECT_EQ(ask(item, "DELETE", "/notes/1", {}, {{"If-Match", etag}}).status, 412);
  EXPECT_EQ(ask(item, "DELETE", "/notes/1", {}, {{"If-Match", "\"x\", " + first.etag}}).status, 204);
  EXPECT_EQ(ask(item, "PUT", "/notes/1", R"({"a":3})", {{"If-Match", "*"}}).status, 412);
}

TEST_F(TableRouteTest, GetOfAnUnchangedItemIs304) {
  put("1", R"({"a":1})");
  const std::string etag = ask(item, "GET", "/notes/1").etag;
  const Reply reply = ask(item, "GET", "/notes/1", {}, {{"If-None-Match", "W/" + etag}});
  EXPECT_EQ(reply.status, 304);
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(reply.etag, etag);
}

TEST_F(TableRouteTest, VersionCountsWritesAndIsTheETag) {
  item.version = "rev";
  EXPECT_EQ(ask(item, "PUT", "/notes/1", R"({"a":1})").etag, "\"1\"");
  EXPECT_EQ(ask(item, "PATCH", "/notes/1", R"({"a":2})").etag, "\"2\"");
  EXPECT_EQ(ask(item, "PUT", "/notes/1", R"({"a":3})", {{"If-Match", "\"1\""}}).status, 412);
  EXPECT_THAT(ask(item, "PUT", "/notes/1", R"({"a":3})", {{"If-Match", "\"2\""}}).body, HasSubstr(R"("rev":3)"));
}

TEST_F(TableRouteTest, PostCreatesUnderAGeneratedKey) {
  item.creates = true;
  item.key[1].value = text("$ulid");
  const Reply made = ask(item, "POST", "/notes", R"({"title":"new"})");
  EXPECT_EQ(made.status, 201);
  EXPECT_THAT(made.location, StartsWith("/notes/0"));
  EXPECT_THAT(made.body, HasSubstr(made.location.substr(7)));
  item.key[1].value = text("fixed");
  EXPECT_EQ(ask(item, "POST", "/notes", R"({"title":"new"})").status, 201);
  EXPECT_EQ(ask(item, "POST", "/notes", R"({"title":"new"})").status, 409);
}

TEST_F(TableRouteTest, FieldsOfTheRouteAreNotTheClients) {
  item.set = {{"updated", text("$now")}};
  item.set_new = {{"created", text("2026")}};
  item.read_only = {"likes"};
  for (const char* body : {R"({"owner":"bob"})", R"({"updated":"x"})", R"({"created":"x"})", R"({"likes":9})"}) {
    const Reply reply = ask(item, "PUT", "/notes/1", body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_EQ(reply.reason, "field_not_allowed");
  }
  EXPECT_EQ(ask(item, "PUT", "/notes/1", R"({"owner":"ann","title":"own key is fine"})").status, 201);
  item.set_new = {{"created", text("2027")}};
  EXPECT_THAT(ask(item, "PUT", "/notes/1", R"({"title":"b"})").body, HasSubstr(R"("created":"2026")"));
}

TEST_F(TableRouteTest, SchemaRefusesWithPointers) {
  item.schema = R"({"required":["title"],"properties":{"title":{"type":"string","maxLength":3}}})";
  const Reply reply = ask(item, "PUT", "/notes/1", R"({"title":"too long"})");
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr(R"("pointer":"/title")"));
  EXPECT_EQ(ask(item, "PUT", "/notes/1", R"({"title":"ok"})").status, 201);
  EXPECT_EQ(ask(item, "PATCH", "/notes/1", R"({"title":null})").status, 400);
}

TEST_F(TableRouteTest, WhatIsNoJsonObjectIsRefused) {
  for (const char* body : {"[1]", "nonsense", "{\"a\":", "{\"a\":1}x", "null"}) {
    const Reply reply = ask(item, "PUT", "/notes/1", body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_EQ(reply.reason, "body_not_json") << body;
  }
  EXPECT_EQ(ask(item, "PUT", "/notes/1", "{}", {{"Content-Type", "text/plain"}}).status, 415);
}

TEST_F(TableRouteTest, OtherMethodsAreNotAllowed) {
  EXPECT_EQ(ask(item, "POST", "/notes/1", "{}").status, 405);
  EXPECT_EQ(ask(list, "DELETE", "/notes").status, 405);
}

TEST_F(TableRouteTest, AMissingKeyValueIsTheClientsError) {
  item.key[0].value = text("$query.owner");
  const Reply reply = ask(item, "GET", "/notes/1");
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("owner has no value"));
}

// Of messages: a part of the key stands in the body.
class TableKeyInBodyTest : public TableRouteTest {
 protected:
  TableKeyInBodyTest() { item.key[1] = {"id", {}, {"note", "id"}}; }
  Reply act(TableAction action, std::string body) {
    item.action = action;
    return ask(item, "POST", "/ws", std::move(body));
  }
};

TEST_F(TableKeyInBodyTest, AllActionsOnAnItemFindItByTheField) {
  EXPECT_EQ(act(TableAction::kPut, R"({"note":{"id":"7"},"a":1})").body, R"({"owner":"ann","id":"7","note":{"id":"7"},"a":1})");
  EXPECT_EQ(act(TableAction::kPatch, R"({"note":{"id":"7"},"b":2})").body, R"({"owner":"ann","id":"7","note":{"id":"7"},"a":1,"b":2})");
  EXPECT_EQ(act(TableAction::kGet, R"({"note":{"id":"7"}})").status, 200);
  EXPECT_EQ(act(TableAction::kGet, R"({"note":{"id":"8"}})").status, 404);
  EXPECT_EQ(act(TableAction::kDelete, R"({"note":{"id":"7"}})").status, 204);
  EXPECT_EQ(act(TableAction::kGet, R"({"note":{"id":"7"}})").status, 404);
}

TEST_F(TableKeyInBodyTest, ANumberIsAsGoodAsItsText) {
  EXPECT_EQ(act(TableAction::kPut, R"({"note":{"id":7}})").status, 201);
  EXPECT_EQ(act(TableAction::kGet, R"({"note":{"id":"7"}})").status, 200);
  EXPECT_EQ(act(TableAction::kGet, R"({"note":{"id":7.0}})").status, 200);
}

TEST_F(TableKeyInBodyTest, WhatIsMissingIsTheClientsError) {
  for (const char* const body : {"{}", R"({"note":{}})", R"({"note":{"id":null}})", R"({"note":{"id":""}})", R"({"note":"id"})"}) {
    for (const TableAction action : {TableAction::kGet, TableAction::kPut, TableAction::kPatch, TableAction::kDelete, TableAction::kBatchGet}) {
      const Reply reply = act(action, body);
      EXPECT_EQ(reply.status, 400) << body;
      EXPECT_EQ(reply.reason, "table_key_invalid");
      EXPECT_EQ(reply.body, R"({"message":"id has no value"})");
    }
  }
}

TEST_F(TableKeyInBodyTest, WhatIsNoTextIsTheClientsError) {
  for (const char* const body : {R"({"note":{"id":{}}})", R"({"note":{"id":["7"]}})", R"({"note":{"id":true}})"})
    EXPECT_EQ(act(TableAction::kGet, body).body, R"({"message":"id must be text or a number"})") << body;
  for (const char* const body : {"", "7", "[]", "{", R"({"note":{"id":"7"}} x)", R"({"note":1,"note":2})"}) {
    const Reply reply = act(TableAction::kGet, body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_EQ(reply.reason, "body_not_json") << body;
  }
}

TEST_F(TableKeyInBodyTest, ADefaultStandsForWhatIsAbsent) {
  item.key[1].value = text("main");
  for (const char* const body : {"{}", R"({"note":{"id":null}})", R"({"note":{"id":""}})"})
    EXPECT_THAT(act(TableAction::kPut, body).body, HasSubstr(R"("id":"main")")) << body;
  EXPECT_EQ(act(TableAction::kGet, R"({"note":{"id":[]}})").status, 400);
}

TEST_F(TableKeyInBodyTest, TheKeysOwnFieldMayBeWhatItIsReadFrom) {
  item.key[1].body = {"id"};
  EXPECT_EQ(act(TableAction::kPut, R"({"id":7,"a":1})").body, R"({"owner":"ann","id":"7","a":1})");
  EXPECT_EQ(act(TableAction::kPatch, R"({"id":7,"b":2})").body, R"({"owner":"ann","id":"7","a":1,"b":2})");
  item.key[1].body = {"ref"};
  const Reply other = act(TableAction::kPut, R"({"ref":"7","id":"8"})");
  EXPECT_EQ(other.status, 400);
  EXPECT_EQ(other.reason, "field_not_allowed");
}

TEST_F(TableRouteTest, HiddenFieldsAreNeverAnswered) {
  put("1", R"({"title":"a","secret":"s"})");
  item.hidden = list.hidden = {"secret"};
  list.fields = true;
  EXPECT_THAT(ask(item, "GET", "/notes/1").body, Not(HasSubstr("secret")));
  EXPECT_THAT(ask(list, "GET", "/notes").body, Not(HasSubstr("secret")));
  EXPECT_THAT(ask(list, "GET", "/notes?fields=secret,title").body, Not(HasSubstr("secret")));
}

TEST_F(TableRouteTest, ListsAPartitionInPagesByCursor) {
  for (int i = 0; i < 5; ++i) put(std::to_string(i), "{\"n\":" + std::to_string(i) + "}");
  owner = "bob";
  put("9", R"({"n":9})");
  owner = "ann";
  std::string seen, cursor;
  int pages = 0;
  do {
    const Reply page = ask(list, "GET", "/notes?limit=2" + (cursor.empty() ? "" : "&cursor=" + cursor));
    ASSERT_EQ(page.status, 200) << page.body;
    for (std::size_t at = page.body.find("\"n\":"); at != std::string::npos; at = page.body.find("\"n\":", at + 1)) seen += page.body[at + 4];
    const std::size_t at = page.body.find("\"cursor\":\"");
    cursor = at == std::string::npos ? "" : page.body.substr(at + 10, page.body.find('"', at + 10) - at - 10);
    ++pages;
  } while (!cursor.empty() && pages < 10);
  EXPECT_EQ(seen, "01234");
  EXPECT_EQ(pages, 3);
}

TEST_F(TableRouteTest, ACursorOfAnotherPartitionIsRefused) {
  for (int i = 0; i < 3; ++i) put(std::to_string(i), "{}");
  const std::string body = ask(list, "GET", "/notes?limit=1").body;
  const std::size_t at = body.find("\"cursor\":\"") + 10;
  const std::string cursor = body.substr(at, body.find('"', at) - at);
  owner = "bob";
  EXPECT_EQ(ask(list, "GET", "/notes?cursor=" + cursor).status, 400);
  EXPECT_EQ(ask(list, "GET", "/notes?cursor=bm9uc2Vuc2U").status, 400);
}

TEST_F(TableRouteTest, ListsByAnIndexNewestFirstWithinBounds) {
  for (int i = 1; i <= 4; ++i) put(std::to_string(i), "{\"created\":\"2026-0" + std::to_string(i) + "\"}");
  list.index = "by_date";
  list.index_key = {{"owner", dynamo::KeyType::kString}, {"created", dynamo::KeyType::kString}};
  list.descending = true;
  list.bounded = "created";
  list.bounds = {{TableBound::Kind::kGreaterOrEqual, text("$query.from")}, {TableBound::Kind::kLessOrEqual, text("$query.to")}};
  const auto order = [&](const std::string& query) {
    const Reply reply = ask(list, "GET", "/notes" + query);
    EXPECT_EQ(reply.status, 200) << reply.body;
    const std::string& body = reply.body;
    std::string found;
    for (std::size_t at = body.find("2026-0"); at != std::string::npos; at = body.find("2026-0", at + 1)) found += body[at + 6];
    return found;
  };
  EXPECT_EQ(order(""), "4321");
  EXPECT_EQ(order("?from=2026-02&to=2026-03"), "32");
  EXPECT_EQ(order("?from=2026-03"), "43");
}

TEST_F(TableRouteTest, FiltersByAllowedFieldsWithoutCaringForTheType) {
  put("1", R"({"status":"open","price":3})");
  put("2", R"({"status":"done","price":10})");
  put("3", R"({"status":"open","price":"3"})");
  list.filter = {"status", "price"};
  const auto count = [&](const std::string& query) {
    const std::string body = ask(list, "GET", "/notes?" + query).body;
    int found = 0;
    for (std::size_t at = body.find("\"id\""); at != std::string::npos; at = body.find("\"id\"", at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count("status=open"), 2);
  EXPECT_EQ(count("price=3"), 2);
  EXPECT_EQ(count("price.gt=4"), 1);
  EXPECT_EQ(count("status.prefix=do"), 1);
  EXPECT_EQ(count("status.ne=open"), 1);
  EXPECT_EQ(count("owner=bob"), 3);
}

TEST_F(TableRouteTest, LimitIsJudged) {
  for (const char* limit : {"0", "-1", "x", "1001"}) EXPECT_EQ(ask(list, "GET", std::string("/notes?limit=") + limit).status, 400) << limit;
}

TEST_F(TableRouteTest, BatchesReadAndWriteUnderTheRoutesKey) {
  list.action = TableAction::kBatchWrite;
  EXPECT_EQ(ask(list, "POST", "/notes/batch", R"({"put":[{"id":"1","a":1},{"id":"2","a":2}]})").status, 204);
  list.action = TableAction::kBatchGet;
  const Reply read = ask(list, "POST", "/notes/read", R"({"keys":[{"id":"1"},{"id":"2"},{"id":"3"}]})");
  EXPECT_EQ(read.status, 200);
  EXPECT_THAT(read.body, HasSubstr(R"("a":1)"));
  EXPECT_THAT(read.body, HasSubstr(R"("a":2)"));
  list.action = TableAction::kBatchWrite;
  EXPECT_EQ(ask(list, "POST", "/notes/batch", R"({"put":[{"id":"1","owner":"bob"}]})").status, 400);
  EXPECT_EQ(ask(list, "POST", "/notes/batch", R"({"delete":[{"id":"1"}]})").status, 204);
  EXPECT_EQ(ask(item, "GET", "/notes/1").status, 404);
  EXPECT_EQ(ask(list, "POST", "/notes/batch", "{}").status, 400);
}

TEST_F(TableRouteTest, TransactionsAreAllOrNothing) {
  list.action = TableAction::kTransact;
  EXPECT_EQ(ask(list, "POST", "/notes/tx", R"({"operations":[{"create":{"id":"1"}},{"put":{"id":"2"}}]})").status, 204);
  const Reply refused = ask(list, "POST", "/notes/tx", R"({"operations":[{"delete":{"id":"2"}},{"create":{"id":"1"}}]})");
  EXPECT_EQ(refused.status, 409);
  EXPECT_THAT(refused.body, HasSubstr(R"("reasons":["None","ConditionalCheckFailed"])"));
  id = "2";
  EXPECT_EQ(ask(item, "GET", "/notes/2").status, 200);
  EXPECT_EQ(ask(list, "POST", "/notes/tx", R"({"operations":[{"drop":{"id":"2"}}]})").status, 400);
}

TEST_F(TableRouteTest, ValuesOfClientsCannotChangeTheRequest) {
  owner = R"(x","Evil":{"S":"y)";
  put("1", R"({"a":"\"},\"ConditionExpression\":\"x"})");
  const Reply reply = ask(item, "GET", "/notes/1");
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr(R"("owner":"x\",\"Evil\":{\"S\":\"y")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("a":"\"},\"ConditionExpression\":\"x")"));
}

TEST_F(TableRouteTest, LocationIsThatOfTheSortKeyInWhateverOrderTheKeyIsWritten) {
  item.creates = true;
  item.key = {{"id", text("$path.id")}, {"owner", text("$path.owner")}};
  EXPECT_EQ(ask(item, "POST", "/notes", R"({"a":1})").location, "/notes/1");
}

TEST_F(TableRouteTest, WhatIsNoListOfObjectsIsNotPassedOver) {
  list.action = TableAction::kBatchWrite;
  for (const char* const body : {R"({"put":{"id":"1"},"delete":[{"id":"2"}]})", R"({"put":[{"id":"1"},7]})",
                                 R"({"put":[{"id":"1"}],"delete":"1"})"})
    EXPECT_EQ(ask(list, "POST", "/notes", body).status, 400) << body;
  list.action = TableAction::kTransact;
  EXPECT_EQ(ask(list, "POST", "/notes", R"({"operations":[{"put":{"id":"1"}},7]})").status, 400);
  EXPECT_EQ(ask(item, "GET", "/notes/1").status, 404);
}

TEST_F(TableRouteTest, ABatchCannotSetTheVersion) {
  list.action = TableAction::kBatchWrite;
  list.version = "rev";
  EXPECT_EQ(ask(list, "POST", "/notes", R"({"put":[{"id":"1","rev":9}]})").status, 400);
}

}  // namespace
}  // namespace gatehouse::integration
