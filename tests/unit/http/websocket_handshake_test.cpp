#include "gatehouse/http/websocket_handshake.hpp"

#include "support/fake_fields.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace gatehouse::http::websocket {
namespace {

using gatehouse::testing::FakeFields;
using gatehouse::testing::FieldList;

constexpr const char* kKey = "dGhlIHNhbXBsZSBub25jZQ==";

HandshakeProblem check(const FieldList& list, Method method = Method::kGet, std::string_view protocol = "WebSocket") {
  const FakeFields fields(list);
  RequestHead head;
  head.method = method;
  head.protocol = protocol;
  head.fields = fields.fields();
  return check_handshake(head);
}

TEST(WebSocketHandshakeTest, AcceptsAsTheStandardSays) {  // RFC 6455 section 1.3
  const auto value = accept_value(kKey);
  EXPECT_EQ(std::string_view(value.data(), value.size()), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocketHandshakeTest, TakesAHandshake) {
  EXPECT_EQ(check({{"sec-websocket-version", "13"}, {"Sec-WebSocket-Key", kKey}}), HandshakeProblem::kNone);
}

TEST(WebSocketHandshakeTest, KnowsWhatIsNone) {
  EXPECT_EQ(check({{"Sec-WebSocket-Version", "13"}, {"Sec-WebSocket-Key", kKey}}, Method::kGet, ""), HandshakeProblem::kNotAsked);
  EXPECT_EQ(check({{"Sec-WebSocket-Version", "13"}, {"Sec-WebSocket-Key", kKey}}, Method::kGet, "h2c"), HandshakeProblem::kNotAsked);
  EXPECT_EQ(check({{"Sec-WebSocket-Version", "13"}, {"Sec-WebSocket-Key", kKey}}, Method::kPost), HandshakeProblem::kMalformed);
}

TEST(WebSocketHandshakeTest, WantsVersion13) {
  EXPECT_EQ(check({{"Sec-WebSocket-Key", kKey}}), HandshakeProblem::kVersion);
  EXPECT_EQ(check({{"Sec-WebSocket-Version", "8"}, {"Sec-WebSocket-Key", kKey}}), HandshakeProblem::kVersion);
}

TEST(WebSocketHandshakeTest, WantsOneKeyOfSixteenBytes) {
  EXPECT_EQ(check({{"Sec-WebSocket-Version", "13"}}), HandshakeProblem::kMalformed);
  EXPECT_EQ(check({{"Sec-WebSocket-Version", "13"}, {"Sec-WebSocket-Key", kKey}, {"Sec-WebSocket-Key", kKey}}), HandshakeProblem::kMalformed);
  for (const char* key : {"", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZR==", "dGhlIHNhbXBsZSBub25jZSE=", "dGhlIHNhbXBsZSBub25j*Q=="})
    EXPECT_EQ(check({{"Sec-WebSocket-Version", "13"}, {"Sec-WebSocket-Key", key}}), HandshakeProblem::kMalformed) << key;
}

TEST(WebSocketHandshakeTest, FindsASubprotocolAmongTheOffered) {
  const FakeFields fields({{"Sec-WebSocket-Protocol", "chat.v2 ,  chat.v1"}, {"sec-websocket-protocol", "superchat"}});
  RequestHead head;
  head.fields = fields.fields();
  for (const char* offered : {"chat.v1", "chat.v2", "superchat"}) EXPECT_TRUE(offers_subprotocol(head, offered)) << offered;
  for (const char* other : {"chat", "Superchat", "", "chat.v2 "}) EXPECT_FALSE(offers_subprotocol(head, other)) << other;
}

}  // namespace
}  // namespace gatehouse::http::websocket
