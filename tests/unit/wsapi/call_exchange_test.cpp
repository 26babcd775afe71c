// What an integration is shown of a message, and what is taken of its answer.
#include "wsapi/call_exchange.hpp"

#include "support/fake_exchange.hpp"
#include "wsapi/socket_call.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::wsapi {
namespace {

using http::BodyState;
using http::More;

class CallExchangeTest : public ::testing::Test {
 protected:
  http::ResponseHead head(int status, std::initializer_list<std::pair<std::string_view, std::string_view>> fields = {}) {
    http::ResponseHead made(exchange.arena());
    made.status = status;
    for (const auto& [name, value] : fields) made.edits.append(name, value);
    return made;
  }
  void proxy(std::string body, int status = 200) {
    exchange.respond(head(status), body, More::kNo);
    read_proxy_answer(exchange.answered(), exchange.arena());
  }

  net::Worker worker{0};
  CallExchange exchange{worker, *IpAddress::parse("192.0.2.7"), "http", "/ws", "chat.test", 200};
};

TEST_F(CallExchangeTest, AMessageIsAPostOfItsPayload) {
  exchange.set_body("{}", Content::kJson);
  const http::RequestHead& request = exchange.request();
  EXPECT_EQ(request.method_text, "POST");
  EXPECT_EQ(request.path, "/ws");
  EXPECT_EQ(request.authority, "chat.test");
  EXPECT_EQ(request.content_length, 2u);
  EXPECT_EQ(request.fields.get(http::FieldId::kContentType), "application/json");
  ASSERT_EQ(exchange.poll_body().bytes, "{}");
  exchange.consume_body(1);
  ASSERT_EQ(exchange.poll_body().bytes, "}");
  exchange.consume_body(1);
  EXPECT_EQ(exchange.poll_body().state, BodyState::kEnd);
  EXPECT_EQ(exchange.bytes_received(), 2u);
}

TEST_F(CallExchangeTest, SaysWhatTheBodyIs) {
  exchange.set_body("x", Content::kText);
  EXPECT_EQ(exchange.request().fields.get("content-type"), "text/plain; charset=utf-8");
  exchange.set_body("", Content::kBinary);
  EXPECT_EQ(exchange.request().fields.get("content-type"), "application/octet-stream");
  EXPECT_FALSE(exchange.request().has_body);
}

TEST_F(CallExchangeTest, TakesTheAnswerInPieces) {
  exchange.respond(head(201, {{"Content-Type", "text/plain"}, {"X-Gatehouse-Join", "a"}, {"x-gatehouse-join", "b"}, {"X-Other", "c"}}), "one ", More::kYes);
  EXPECT_FALSE(exchange.answered().complete);
  exchange.write("two", More::kNo);
  const CallExchange::Answered& answered = exchange.answered();
  EXPECT_TRUE(answered.complete);
  EXPECT_EQ(answered.status, 201);
  EXPECT_EQ(answered.body, "one two");
  EXPECT_EQ(answered.type, "text/plain");
  EXPECT_EQ(answered.join, "a,b");
}

TEST_F(CallExchangeTest, FieldsOfABackendCountUnlessAStepTookThemOut) {
  const testing::FakeFields base({{"X-Gatehouse-Join", "a"}, {"Sec-WebSocket-Protocol", "v2"}});
  http::ResponseHead made = head(200);
  const http::Fields fields = base.fields();
  made.base = &fields;
  made.edits.remove("x-gatehouse-join");
  exchange.respond(made, "", More::kNo);
  EXPECT_EQ(exchange.answered().join, "");
  EXPECT_EQ(exchange.answered().subprotocol, "v2");
}

TEST_F(CallExchangeTest, AnAnswerBeyondTheBoundStopsWhoSendsIt) {
  exchange.respond(head(200), std::string(160, 'x'), More::kYes);
  EXPECT_FALSE(exchange.failed());
  exchange.write(std::string(41, 'x'), More::kYes);
  EXPECT_TRUE(exchange.answered().too_large);
  EXPECT_TRUE(exchange.failed());
  EXPECT_EQ(exchange.answered().body, "");
}

TEST_F(CallExchangeTest, OfAHandshakeItGoesOnWhenTheClientLeaves) {
  testing::FakeExchange handshake(worker, "GET", "/ws?a=1", {{"X-Tag", "t"}});
  CallExchange call(handshake, 100);
  EXPECT_EQ(call.request().method_text, "POST");
  EXPECT_EQ(call.request().fields.get("x-tag"), "t");
  EXPECT_EQ(&call.waiter(), &handshake.waiter());
  handshake.fail(http::Failure::kClientGone);
  EXPECT_FALSE(call.failed());
}

TEST_F(CallExchangeTest, AProxyAnswerIsTakenApart) {
  proxy(R"({"statusCode":"201","headers":{"content-TYPE":"text/html","X-Gatehouse-Join":"room"},"body":"hi"})");
  const CallExchange::Answered& answered = exchange.answered();
  EXPECT_EQ(answered.status, 201);
  EXPECT_EQ(answered.type, "text/html");
  EXPECT_EQ(answered.join, "room");
  EXPECT_EQ(answered.body, "hi");
}

TEST_F(CallExchangeTest, AProxyAnswerMayHaveSeveralValuesOfAFieldAndBytes) {
  proxy(R"({"statusCode":200,"multiValueHeaders":{"Sec-WebSocket-Protocol":["v1","v2"]},"body":"AP8=","isBase64Encoded":true})");
  EXPECT_EQ(exchange.answered().subprotocol, "v1");
  EXPECT_EQ(exchange.answered().type, "application/octet-stream");
  EXPECT_EQ(exchange.answered().body, std::string("\x00\xff", 2));
}

TEST_F(CallExchangeTest, GroupsInAmazonsFormAreATextOrAListOfTexts) {
  proxy(R"({"statusCode":200,"headers":{"X-Gatehouse-Join":"a, b","x-gatehouse-leave":null},)"
        R"("multiValueHeaders":{"x-gatehouse-join":["c",7],"X-GATEHOUSE-LEAVE":["d"]}})");
  EXPECT_EQ(exchange.answered().join, "a, b,c,7");
  EXPECT_EQ(exchange.answered().leave, "d");
  EXPECT_FALSE(exchange.answered().groups_malformed);
}

TEST_F(CallExchangeTest, WhatIsNoTextIsNoGroup) {
  for (const char* const value : {"true", R"({"a":"b"})", R"(["x",["y"]])", R"(["x",false])"}) {
    for (const char* const name : {"X-Gatehouse-Join", "X-Gatehouse-Leave"}) {
      CallExchange call(worker, *IpAddress::parse("192.0.2.7"), "http", "/ws", "chat.test", 200);
      call.respond(head(200), std::string(R"({"statusCode":200,"headers":{")") + name + "\":" + value + "}}", More::kNo);
      read_proxy_answer(call.answered(), call.arena());
      EXPECT_TRUE(call.answered().groups_malformed) << name << value;
      EXPECT_EQ(std::string(call.answered().join).append(call.answered().leave), value[0] == '[' ? "x" : "") << name << value;
    }
  }
}

TEST_F(CallExchangeTest, ABodyThatIsAnObjectIsItsJson) {
  proxy(R"({"statusCode":200,"body":{"a":1}})");
  EXPECT_EQ(exchange.answered().body, R"({"a":1})");
}

TEST_F(CallExchangeTest, WhatIsNoProxyAnswerStaysAsItIs) {
  proxy(R"({"status":"fine"})");
  EXPECT_EQ(exchange.answered().status, 200);
  EXPECT_EQ(exchange.answered().body, R"({"status":"fine"})");
}

TEST_F(CallExchangeTest, ABrokenProxyAnswerIsAFailure) {
  for (const std::string_view body : {R"({"statusCode":99})", R"({"statusCode":"x"})", R"({"statusCode":null})", R"({"statusCode":200,"body":"%","isBase64Encoded":true})"}) {
    CallExchange call(worker, *IpAddress::parse("192.0.2.7"), "http", "/", "", 1000);
    call.respond(head(200), body, More::kNo);
    read_proxy_answer(call.answered(), call.arena());
    EXPECT_EQ(call.answered().status, 502) << body;
  }
}

TEST_F(CallExchangeTest, AFunctionThatFailedIsAFailure) {
  exchange.respond(head(200, {{"X-Amz-Function-Error", "Unhandled"}}), R"({"errorMessage":"boom"})", More::kNo);
  read_proxy_answer(exchange.answered(), exchange.arena());
  EXPECT_EQ(exchange.answered().status, 502);
}

}  // namespace
}  // namespace gatehouse::wsapi
