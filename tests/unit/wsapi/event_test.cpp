// Amazon's events and error frames, read back as the SDKs' handlers read them.
#include "gatehouse/wsapi/event.hpp"

#include "gatehouse/base/json_tree.hpp"
#include "gatehouse/crypto/claims.hpp"
#include "support/fake_fields.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::wsapi {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

EventFacts facts() {
  EventFacts facts;
  facts.route_key = "sendMessage";
  facts.api = "chat";
  facts.stage = "$default";
  facts.domain_name = "chat.example.com:8080";
  facts.connection_id = "c0";
  facts.request_id = "r0";
  facts.message_id = "m0";
  facts.source_ip = "192.0.2.7";
  facts.user_agent = "agent \"7\"";
  facts.connected_at = system_clock::time_point(milliseconds(1707502303419));
  facts.now = system_clock::time_point(milliseconds(1707502304420));
  return facts;
}

JsonTree read(const std::string& event) {
  auto tree = JsonTree::parse(event);
  if (!tree) ADD_FAILURE() << event;
  return std::move(*tree);
}

std::string text(JsonValue value) {
  if (!value) return "(none)";
  std::string json;
  if (value.is_object() || value.is_array()) {
    value.append_to(json);
    return json;
  }
  return std::string(value.text());
}

TEST(MessageEvent, HasEveryFieldOfTheRequestContext) {
  const JsonTree tree = read(message_event(facts(), "{\"action\":\"send\nMessage\"}", false));
  const JsonValue context = tree.root().find("requestContext");
  EXPECT_EQ(text(context),
            R"({"routeKey":"sendMessage","eventType":"MESSAGE","messageId":"m0","extendedRequestId":"r0",)"
            R"("requestTime":"09/Feb/2024:18:11:44 +0000","messageDirection":"IN","stage":"$default","connectedAt":1707502303419,)"
            R"("requestTimeEpoch":1707502304420,"identity":{"sourceIp":"192.0.2.7","userAgent":"agent \"7\""},"requestId":"r0",)"
            R"("domainName":"chat.example.com","connectionId":"c0","apiId":"chat"})");
  EXPECT_EQ(text(tree.root().find("body")), "{\"action\":\"send\nMessage\"}");
  EXPECT_EQ(text(tree.root().find("isBase64Encoded")), "false");
}

TEST(MessageEvent, BinaryIsBase64) {
  const JsonTree tree = read(message_event(facts(), std::string_view("\x00\xff\x10", 3), true));
  EXPECT_EQ(text(tree.root().find("body")), "AP8Q");
  EXPECT_EQ(text(tree.root().find("isBase64Encoded")), "true");
}

TEST(MessageEvent, TellsWhatTheAuthorizerSaid) {
  pipeline::Identity identity;
  identity.method = "jwt";
  identity.subject = "alice";
  const crypto::Claims claims(*JsonTree::parse(R"({"sub":"alice","roles":["a"],"principalId":"forged","exp":1})"));
  identity.claims = &claims;
  EventFacts of = facts();
  of.identity = &identity;
  const JsonTree tree = read(message_event(of, "", false));
  EXPECT_EQ(text(tree.root().find("requestContext").find("authorizer")), R"({"principalId":"alice","sub":"alice","roles":["a"],"exp":1})");
}

TEST(ConnectEvent, HasHeadersAndParametersInBothForms) {
  const testing::FakeFields fields({{"Host", "chat.example.com"}, {"X-Tag", "a"}, {"X-Tag", "b\xff"}});
  EventFacts of = facts();
  of.route_key = "$connect";
  of.message_id = {};
  const JsonTree tree = read(connect_event(of, fields.fields(), "room=1&room=2&name=a+b%21"));
  const JsonValue root = tree.root();
  EXPECT_EQ(text(root.find("headers")), "{\"Host\":\"chat.example.com\",\"X-Tag\":\"b\xef\xbf\xbd\"}");
  EXPECT_EQ(text(root.find("multiValueHeaders")), "{\"Host\":[\"chat.example.com\"],\"X-Tag\":[\"a\",\"b\xef\xbf\xbd\"]}");
  EXPECT_EQ(text(root.find("queryStringParameters")), R"({"room":"2","name":"a b!"})");
  EXPECT_EQ(text(root.find("multiValueQueryStringParameters")), R"({"room":["1","2"],"name":["a b!"]})");
  EXPECT_EQ(text(root.find("requestContext").find("eventType")), "CONNECT");
  EXPECT_EQ(text(root.find("requestContext").find("messageId")), "(none)");
  EXPECT_EQ(text(root.find("body")), "(none)");
}

TEST(ConnectEvent, HasNoParametersWithoutAQuery) {
  const JsonTree tree = read(connect_event(facts(), {}, {}));
  EXPECT_EQ(text(tree.root().find("queryStringParameters")), "(none)");
  EXPECT_EQ(text(tree.root().find("headers")), "{}");
}

TEST(DisconnectEvent, SaysWhy) {
  EventFacts of = facts();
  of.route_key = "$disconnect";
  of.domain_name = "[::1]";
  const JsonTree tree = read(disconnect_event(of, 1005, "Client-side close frame status not set"));
  const JsonValue context = tree.root().find("requestContext");
  EXPECT_EQ(text(context.find("eventType")), "DISCONNECT");
  EXPECT_EQ(text(context.find("disconnectStatusCode")), "1005");
  EXPECT_EQ(text(context.find("disconnectReason")), "Client-side close frame status not set");
  EXPECT_EQ(text(context.find("domainName")), "[::1]");
  EXPECT_EQ(text(tree.root().find("headers").find("Host")), "[::1]");
}

TEST(ErrorFrame, IsAmazonsByteForByte) {
  Arena arena;
  EXPECT_EQ(error_frame(arena, "Forbidden", "c0", "r0"), R"({"message":"Forbidden", "connectionId":"c0", "requestId":"r0"})");
}

TEST(ErrorFrame, SaysMoreWhenItMay) {
  Arena arena;
  EXPECT_EQ(error_frame(arena, "Bad request body", "c0", "r0", "schema_violation", "/x: \"y\""),
            R"({"message":"Bad request body", "connectionId":"c0", "requestId":"r0","reason":"schema_violation","detail":"/x: \"y\""})");
}

}  // namespace
}  // namespace gatehouse::wsapi
