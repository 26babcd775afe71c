#include "gatehouse/wsapi/management.hpp"

#include "gatehouse/net/task_group.hpp"
#include "gatehouse/pipeline/error_answers.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "support/fake_exchange.hpp"
#include "unit/wsapi/registry_fixture.hpp"

#include <set>
#include <vector>

namespace gatehouse::wsapi {
namespace {

using gatehouse::testing::FakeExchange;
using gatehouse::testing::FieldList;
using testing::Client;
using testing::frame;

class ManagementTest : public testing::RegistryTest {
 protected:
  struct Answered {
    int status;
    std::string body, reason, error, type, allow, retry_after;
  };

  Answered call(const std::string& method, const std::string& path, const std::optional<std::string>& body = std::nullopt) {
    FakeExchange exchange(worker_, method, "/ws" + path);
    if (body) {
      exchange.body(*body);
      exchange.end_body();
    }
    pipeline::Route route;
    route.errors = std::make_shared<const pipeline::ErrorAnswers>(errors_, std::vector<pipeline::ErrorResponse>());
    pipeline::RequestContext context(exchange, route);
    context.path = exchange.request().path;
    context.query = exchange.request().query;
    context.request_id = "r1";
    const auto management = make_management(settings_, std::shared_ptr<Directory>(std::shared_ptr<void>(), directory_));
    net::TaskGroup group(worker_);
    group.spawn("management", management->serve(context));
    EXPECT_TRUE(run_until([&] { return exchange.ended_answer; }));
    EXPECT_EQ(exchange.field("x-amzn-requestid"), "r1");
    return {exchange.status,
            exchange.sent_body,
            std::string(context.reason),
            exchange.field("x-amzn-errortype").value_or(""),
            exchange.field("content-type").value_or(""),
            exchange.field("allow").value_or(""),
            exchange.field("retry-after").value_or("")};
  }
  std::string path_of(const Client& client) { return "/@connections/" + client.connection->id().to_string(); }

  ManagementSettings settings_{"chat", "/ws"};
  Directory* directory_ = &registry_;
  pipeline::ErrorStyle errors_ = pipeline::ErrorStyle::kHelpful;
};

// Other nodes that do not answer: `outcome` is what becomes of everything.
class Elsewhere final : public Directory {
 public:
  explicit Elsewhere(Outcome outcome) : outcome_(outcome) {}
  void send(std::string_view, const ConnectionId&, http::PreparedFrame, Done<Outcome> done) override { done(outcome_); }
  void close(std::string_view, const ConnectionId&, http::websocket::CloseCode, std::string, Done<Outcome> done) override { done(outcome_); }
  void describe(std::string_view, const ConnectionId&, Done<Described> done) override { done({outcome_, {}}); }
  void join(std::string_view, std::string_view, const ConnectionId&, Done<Outcome> done) override { done(outcome_); }
  void leave(std::string_view, std::string_view, const ConnectionId&, Done<Outcome> done) override { done(outcome_); }
  void broadcast(std::string_view, std::string_view, http::PreparedFrame, Done<Delivered> done) override { done({3, 1, outcome_}); }
  void list(std::string_view, std::string_view, std::string_view, std::uint32_t, Done<Presence> done) override {
    Presence page;
    page.outcome = outcome_;
    page.connections.resize(1);
    done(std::move(page));
  }

 private:
  Outcome outcome_;
};

TEST_F(ManagementTest, SaysThatOtherNodesCannotBeReachedOrDoNotAnswer) {
  const std::string path = "/@connections/" + ConnectionId::make(1, 0, 0).to_string();
  Elsewhere away(Outcome::kUnavailable);
  Elsewhere silent(Outcome::kUnknown);
  for (const char* const method : {"POST", "GET", "DELETE"}) {
    directory_ = &away;
    const Answered unavailable = call(method, path, std::string(method) == "POST" ? std::optional<std::string>("x") : std::nullopt);
    EXPECT_EQ(unavailable.status, 503) << method;
    EXPECT_EQ(unavailable.retry_after, "1");
    EXPECT_EQ(unavailable.error, "ServiceUnavailableException");
    directory_ = &silent;
    const Answered unknown = call(method, path, std::string(method) == "POST" ? std::optional<std::string>("x") : std::nullopt);
    EXPECT_EQ(unknown.status, 504) << method;
    EXPECT_EQ(unknown.retry_after, "");
  }
}

TEST_F(ManagementTest, SaysThatTooMuchIsUnderWay) {
  Elsewhere busy(Outcome::kBusy);
  directory_ = &busy;
  for (const char* const path : {"/@connections/AAAAAQACAAAAAwABAgMEBQYHCAkK", "/@groups/room"}) {
    for (const char* const method : {"POST", "GET"}) {
      const Answered answered = call(method, path, std::string(method) == "POST" ? std::optional<std::string>("x") : std::nullopt);
      if (answered.status == 200) {  // three have got it
        EXPECT_EQ(answered.body, R"({"sent":3,"full":1,"complete":false})");
        continue;
      }
      EXPECT_EQ(answered.status, 429) << method << path;
      EXPECT_EQ(answered.retry_after, "1");
      EXPECT_EQ(answered.error, "LimitExceededException");
      EXPECT_EQ(answered.reason, "websocket_busy");
      EXPECT_EQ(answered.body, R"({"message":"Too many such calls are under way"})");
    }
  }
  directory_ = &registry_;
}

TEST_F(ManagementTest, SaysThatAnAnswerOfManyIsNotOfAll) {
  for (const Outcome outcome : {Outcome::kUnavailable, Outcome::kUnknown}) {
    Elsewhere elsewhere(outcome);
    directory_ = &elsewhere;
    const Answered sent = call("POST", "/@groups/room", "x");
    EXPECT_EQ(sent.status, 200);
    EXPECT_EQ(sent.body, R"({"sent":3,"full":1,"complete":false})");
    const Answered listed = call("GET", "/@connections");
    EXPECT_EQ(listed.status, 200);
    EXPECT_NE(listed.body.find(R"("complete":false)"), std::string::npos) << listed.body;
  }
}

TEST_F(ManagementTest, PostsToAConnection) {
  Client client = open();
  const Answered answered = call("POST", path_of(client), "hello \xe2\x82\xac");
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.body, "");
  EXPECT_EQ(answered.reason, "ok");
  const auto seen = frames(client, 1);
  EXPECT_EQ(seen[0].opcode, 1u);
  EXPECT_EQ(seen[0].payload, "hello \xe2\x82\xac");
}

TEST_F(ManagementTest, TakesEscapedPaths) {
  Client client = open();
  const std::string id = client.connection->id().to_string();
  std::string escaped;
  for (const char c : id) escaped += {'%', "0123456789ABCDEF"[c >> 4], "0123456789abcdef"[c & 15]};
  EXPECT_EQ(call("POST", "/%40connections/" + escaped, "x").status, 200);
  EXPECT_EQ(call("POST", "/%40connections/" + id, "x").status, 200);
  EXPECT_EQ(call("POST", "/@connections/%zz", "x").status, 404);
}

TEST_F(ManagementTest, DescribesAConnection) {
  facts_.connected_at = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'700'000'000'042));
  facts_.source = *IpAddress::parse("192.0.2.7");
  facts_.user_agent = "tester \"1\" \xff";
  facts_.subject = "alice";
  const Client client = open();
  client.connection->join("room");
  const Answered answered = call("GET", path_of(client));
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.type, "application/json");
  EXPECT_EQ(answered.body, R"({"connectionId":")" + client.connection->id().to_string() +
                               R"(","connectedAt":"2023-11-14T22:13:20.042Z","identity":{"sourceIp":"192.0.2.7","userAgent":"tester \"1\" )" +
                               "\xef\xbf\xbd" + R"("},"lastActiveAt":"2023-11-14T22:13:20.042Z","subject":"alice","groups":["room"]})");
}

TEST_F(ManagementTest, ClosesAConnection) {
  Client client = open();
  EXPECT_EQ(call("DELETE", path_of(client)).status, 204);
  EXPECT_EQ(frames(client, 1)[0].close_code(), 1000u);
  EXPECT_EQ(call("DELETE", path_of(client)).status, 410);
}

TEST_F(ManagementTest, GoneIsGoneInAmazonsWords) {
  Client client = open();
  const std::string path = path_of(client);
  client.fd.reset();
  ASSERT_TRUE(run_until([&] { return registry_.open_count() == 0; }));
  for (const char* method : {"POST", "GET", "DELETE"}) {
    const Answered answered = call(method, path);
    EXPECT_EQ(answered.status, 410);
    EXPECT_EQ(answered.error, "GoneException");
    EXPECT_EQ(answered.body, R"({"message":"There is no such connection"})");
    EXPECT_EQ(answered.reason, "websocket_gone");
  }
  // Another gateway's, or Amazon's.
  EXPECT_EQ(call("POST", "/@connections/L0SM9cOFvHcCIhw%3D", "x").status, 410);
  EXPECT_EQ(call("POST", "/@connections/L0SM9cOFvHcCIhw=", "x").status, 410);
  const Answered bad = call("POST", "/@connections/a%20b", "x");
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(bad.error, "BadRequestException");
  EXPECT_EQ(bad.body, R"({"message":"Invalid connectionId: a b"})");
}

TEST_F(ManagementTest, WhatIsNoBase64IsNoIdForAmazon) {
  // The first is what a local emulator gave out and Amazon refused.
  for (const char* const id : {"cjy8i76bx002884le6n17d49b", "a", "YWJj%3D%3D%3D%3D", "L0SM9cOFvHcCIhw%3D%3D", "a%3Db%3D", "%3D", "a%22b", "7f3c-."}) {
    errors_ = pipeline::ErrorStyle::kAws;
    for (const char* const method : {"GET", "DELETE", "POST"}) {
      const Answered answered = call(method, std::string("/@connections/") + id, std::string(method) == "POST" ? std::optional<std::string>("x") : std::nullopt);
      EXPECT_EQ(answered.status, 400) << id;
      EXPECT_EQ(answered.error, "BadRequestException");
      EXPECT_EQ(answered.reason, "websocket_bad_request");
    }
  }
  EXPECT_EQ(call("GET", "/@connections/cjy8i76bx002884le6n17d49b").body, R"({"message":"Invalid connectionId: cjy8i76bx002884le6n17d49b"})");
  EXPECT_EQ(call("GET", "/@connections/a%22b").body, R"({"message":"Invalid connectionId: a\"b"})");
  EXPECT_EQ(call("PUT", "/@groups/g/connections/cjy8i76bx002884le6n17d49b").status, 400);
  for (const char* const id : {"L0SM9cOFvHcCIhw%3D", "L0SM9cOFvHcCIhw", "YWI%3D", "YQ%3D%3D", "a-_b", "a%2Bb%2F"}) EXPECT_EQ(call("GET", std::string("/@connections/") + id).status, 410) << id;
  errors_ = pipeline::ErrorStyle::kHelpful;
  EXPECT_EQ(call("GET", "/@connections/cjy8i76bx002884le6n17d49b").status, 410);
}

TEST_F(ManagementTest, ALargeBodyIsRefusedBeforeAnybodyIsAsked) {
  settings_.message = 1000;
  Client client = open();
  const Answered answered = call("POST", path_of(client), std::string(1001, 'x'));
  EXPECT_EQ(answered.status, 413);
  EXPECT_EQ(answered.error, "PayloadTooLargeException");
  EXPECT_EQ(call("POST", path_of(client), std::string(1000, 'x')).status, 200);
}

TEST_F(ManagementTest, AClientThatDoesNotReadIs429) {
  limits_.socket.send_buffer = limits_.socket.message = 2000;
  Client client = open();
  Answered last{};
  for (int i = 0; i < 1000 && last.status != 429; ++i) last = call("POST", path_of(client), std::string(2000, 'x'));
  EXPECT_EQ(last.status, 429);
  EXPECT_EQ(last.error, "LimitExceededException");
}

TEST_F(ManagementTest, BinaryWhereTheApiAllowsIt) {
  Client client = open();
  EXPECT_EQ(call("POST", path_of(client), "\xff").status, 400);
  EXPECT_EQ(call("POST", path_of(client) + "?as=binary", "x").status, 400);
  settings_.binary = true;
  EXPECT_EQ(call("POST", path_of(client), "\xff").status, 200);
  EXPECT_EQ(call("POST", path_of(client) + "?as=binary", "x").status, 200);
  EXPECT_EQ(call("POST", path_of(client) + "?as=text", "x").status, 200);
  EXPECT_EQ(call("POST", path_of(client) + "?as=text", "\xff").status, 400);
  EXPECT_EQ(call("POST", path_of(client) + "?as=other", "x").status, 400);
  const auto seen = frames(client, 3);
  EXPECT_EQ(seen[0].opcode, 2u);
  EXPECT_EQ(seen[1].opcode, 2u);
  EXPECT_EQ(seen[2].opcode, 1u);
}

TEST_F(ManagementTest, GroupsJoinLeaveAndBroadcast) {
  Client in = open();
  Client out = open();
  const std::string id = in.connection->id().to_string();
  EXPECT_EQ(call("PUT", "/@groups/room%3A1/connections/" + id).status, 204);
  EXPECT_EQ(in.connection->groups(), std::vector<std::string>{"room:1"});
  const Answered sent = call("POST", "/@groups/room:1", "news");
  EXPECT_EQ(sent.status, 200);
  EXPECT_EQ(sent.body, R"({"sent":1,"full":0})");
  EXPECT_EQ(frames(in, 1)[0].payload, "news");
  EXPECT_EQ(call("DELETE", "/@groups/room:1/connections/" + id).status, 204);
  const Answered again = call("DELETE", "/@groups/room:1/connections/" + id);
  EXPECT_EQ(again.status, 404);
  EXPECT_EQ(again.reason, "websocket_not_in_group");
  EXPECT_EQ(call("POST", "/@groups/room:1", "news").body, R"({"sent":0,"full":0})");
  EXPECT_EQ(call("POST", "/@connections", "all").body, R"({"sent":2,"full":0})");
  EXPECT_EQ(call("PUT", "/@groups/a%2Fb/connections/" + id).status, 400);
  out.connection->close(http::websocket::CloseCode::kNormal, {}, "done");
  EXPECT_EQ(call("PUT", "/@groups/g/connections/" + out.connection->id().to_string()).status, 410);
}

TEST_F(ManagementTest, AGroupTooMany) {
  limits_.groups = 1;
  Client client = open();
  const std::string id = client.connection->id().to_string();
  EXPECT_EQ(call("PUT", "/@groups/a/connections/" + id).status, 204);
  EXPECT_EQ(call("PUT", "/@groups/b/connections/" + id).status, 409);
}

TEST_F(ManagementTest, ListsWhoIsThere) {
  std::vector<Client> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(open());
  clients[1].connection->join("g");
  const Answered first = call("GET", "/@connections?limit=2");
  EXPECT_EQ(first.status, 200);
  EXPECT_NE(first.body.find(clients[0].connection->id().to_string()), std::string::npos);
  EXPECT_NE(first.body.find(R"("next":"0-2")"), std::string::npos);
  const Answered second = call("GET", "/@connections?limit=2&next=0-2");
  EXPECT_NE(second.body.find(clients[2].connection->id().to_string()), std::string::npos);
  EXPECT_EQ(second.body.find("next"), std::string::npos);
  const Answered group = call("GET", "/@groups/g");
  EXPECT_NE(group.body.find(clients[1].connection->id().to_string()), std::string::npos);
  EXPECT_EQ(call("GET", "/@groups/nobody").body, R"({"connections":[]})");
  for (const char* query : {"?limit=0", "?limit=1001", "?limit=x", "?next=x"}) EXPECT_EQ(call("GET", std::string("/@connections") + query).status, 400) << query;
}

TEST_F(ManagementTest, OtherMethodsAndPaths) {
  Client client = open();
  const Answered put = call("PUT", path_of(client), "x");
  EXPECT_EQ(put.status, 405);
  EXPECT_EQ(put.allow, "GET, HEAD, POST, DELETE");
  EXPECT_EQ(call("DELETE", "/@connections").allow, "GET, HEAD, POST");
  EXPECT_EQ(call("POST", "/@groups/g/connections/" + client.connection->id().to_string(), "x").allow, "PUT, DELETE");
  for (const char* path : {"", "/", "/@connection", "/@groups", "/@groups/g/members", "/@groups/g/connections", "/@connections/a/b", "/@groups/g/others/a"})
    EXPECT_EQ(call("GET", path).status, 404) << path;
}

TEST_F(ManagementTest, RefusalsOfStepsGetTheNamesThatSdksKnow) {
  const auto errors = make_management_errors();
  FakeExchange exchange(worker_);
  pipeline::Route route;
  pipeline::RequestContext context(exchange, route);
  const auto named = [&](int status, std::string_view before) {
    http::ResponseHead head(exchange.arena());
    head.status = status;
    if (!before.empty()) head.edits.append("X-Amzn-ErrorType", before);
    errors->on_response(context, head);
    return gatehouse::testing::find_field(gatehouse::testing::apply_edits(nullptr, &head.edits), "x-amzn-errortype").value_or("");
  };
  EXPECT_EQ(named(403, ""), "ForbiddenException");
  EXPECT_EQ(named(413, ""), "PayloadTooLargeException");
  EXPECT_EQ(named(413, "RequestTooLargeException"), "PayloadTooLargeException");
  EXPECT_EQ(named(429, ""), "LimitExceededException");
  EXPECT_EQ(named(401, ""), "UnauthorizedException");
  EXPECT_EQ(named(200, ""), "");
  EXPECT_EQ(named(403, "AccessDeniedException"), "AccessDeniedException");
}

TEST_F(ManagementTest, KnowsItsPaths) {
  for (const char* path : {"/@connections", "/@connections/x", "/%40connections/x", "/@groups/x"}) EXPECT_TRUE(is_management_path(path)) << path;
  for (const char* path : {"", "/", "@connections", "/x/@connections", "/@connectionsx", "/@groupsx"}) EXPECT_FALSE(is_management_path(path)) << path;
}

}  // namespace
}  // namespace gatehouse::wsapi
