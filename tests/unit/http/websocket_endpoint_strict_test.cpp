// What breaks RFC 6455, and the close code that each breach gets (section 7.4.1).
#include "unit/http/websocket_endpoint_fixture.hpp"

namespace gatehouse::http {
namespace {

using namespace std::string_literals;
using testing::close_payload;
using testing::frame;
using testing::text_frame;
using testing::WebSocketEndpointTest;

struct Breach {
  const char* name;
  std::string bytes;
  unsigned code;
  const char* reason;
};

std::ostream& operator<<(std::ostream& out, const Breach& breach) { return out << breach.name; }

class WebSocketBreachTest : public WebSocketEndpointTest, public ::testing::WithParamInterface<Breach> {};

TEST_P(WebSocketBreachTest, EndsTheConnection) {
  limits_.frame = 1000;
  limits_.message = 1500;
  open();
  // A message before it is still one; what follows is not looked at.
  send(text_frame("before") + GetParam().bytes + text_frame("behind"));
  expect_closed_with(GetParam().code, GetParam().reason);
  ASSERT_EQ(events_.messages.size(), 1u);
  EXPECT_EQ(events_.messages[0].payload, "before");
  EXPECT_FALSE(events_.end->by_client);
}

TEST_P(WebSocketBreachTest, EndsTheConnectionByteByByte) {
  limits_.frame = 1000;
  limits_.message = 1500;
  open();
  for (const char byte : GetParam().bytes) {
    if (!endpoint_->open()) break;
    send({&byte, 1});
    const auto before = endpoint_->counts().bytes_in;
    ASSERT_TRUE(run_until([&] { return endpoint_->counts().bytes_in > before; }));
  }
  expect_closed_with(GetParam().code, GetParam().reason);
  EXPECT_TRUE(events_.messages.empty());
}

std::vector<Breach> breaches() {
  std::vector<Breach> all = {
      {"Unmasked", frame(1, "x", {.masked = false}), 1002, "websocket_not_masked"},
      {"UnmaskedClose", frame(8, close_payload(1000), {.masked = false}), 1002, "websocket_not_masked"},
      {"Rsv1", frame(1, "x", {.reserved = 4}), 1002, "websocket_reserved_bits"},
      {"Rsv2", frame(1, "x", {.reserved = 2}), 1002, "websocket_reserved_bits"},
      {"Rsv3OfAPing", frame(9, "x", {.reserved = 1}), 1002, "websocket_reserved_bits"},
      {"FragmentedPing", frame(9, "x", {.final = false}), 1002, "websocket_bad_control_frame"},
      {"FragmentedClose", frame(8, close_payload(1000), {.final = false}), 1002, "websocket_bad_control_frame"},
      {"LongPing", frame(9, std::string(126, 'x')), 1002, "websocket_bad_control_frame"},
      {"LongClose", frame(8, close_payload(1000, std::string(124, 'x'))), 1002, "websocket_bad_control_frame"},
      {"HugePong", frame(10, "", {.length_as = 8, .claims = 1ULL << 40}), 1002, "websocket_bad_control_frame"},
      {"ContinuationOfNothing", frame(0, "x"), 1002, "websocket_bad_fragment"},
      {"ContinuationAfterTheEnd", frame(1, "", {.final = false}) + frame(0, "", {.final = false}) + frame(1, "x"), 1002, "websocket_bad_fragment"},
      {"NewMessageWithinOne", frame(1, "x", {.final = false}) + frame(1, "y"), 1002, "websocket_bad_fragment"},
      {"ShortLengthInTwoBytes", frame(1, "x", {.length_as = 2}), 1002, "websocket_bad_length"},
      {"ShortLengthInEightBytes", frame(1, std::string(200, 'x'), {.length_as = 8}), 1002, "websocket_bad_length"},
      {"LengthWithItsHighestBit", frame(1, "x", {.length_as = 8, .claims = 1ULL << 63}), 1002, "websocket_bad_length"},
      {"OneByteClose", frame(8, "x"), 1002, "websocket_bad_close_code"},
      {"BadUtf8InClose", frame(8, close_payload(1000, "\xff")), 1007, "websocket_invalid_utf8"},
      {"CutUtf8InClose", frame(8, close_payload(1000, "\xe2\x82")), 1007, "websocket_invalid_utf8"},
      {"BadUtf8", frame(1, "abc\xc0\xaf"), 1007, "websocket_invalid_utf8"},
      {"Surrogate", frame(1, "\xed\xa0\x80"), 1007, "websocket_invalid_utf8"},
      {"BadUtf8InAFirstFragment", frame(1, "\xff", {.final = false}), 1007, "websocket_invalid_utf8"},
      {"BadUtf8OverFragments", frame(1, "\xe2\x82", {.final = false}) + frame(0, "x"), 1007, "websocket_invalid_utf8"},
      {"CutUtf8AtTheEnd", frame(1, "\xe2\x82", {.final = false}) + frame(0, ""), 1007, "websocket_invalid_utf8"},
      {"Binary", frame(2, "x"), 1003, "websocket_binary"},
      {"FragmentedBinary", frame(2, "x", {.final = false}), 1003, "websocket_binary"},
      {"FrameTooBig", frame(1, std::string(1001, 'x')), 1009, "websocket_frame_too_big"},
      {"FrameTooBigByItsHeader", frame(1, "", {.length_as = 8, .claims = (1ULL << 63) - 1}), 1009, "websocket_frame_too_big"},
      {"MessageTooBig", frame(1, std::string(1000, 'x'), {.final = false}) + frame(0, std::string(501, 'x')), 1009, "websocket_message_too_big"},
  };
  for (const unsigned opcode : {3u, 4u, 5u, 6u, 7u}) all.push_back({"ReservedDataOpcode", frame(opcode, "x"), 1002, "websocket_reserved_opcode"});
  for (const unsigned opcode : {11u, 12u, 13u, 14u, 15u}) all.push_back({"ReservedControlOpcode", frame(opcode, "x"), 1002, "websocket_reserved_opcode"});
  for (const unsigned code : {0u, 1u, 999u, 1004u, 1005u, 1006u, 1015u, 1016u, 1100u, 2000u, 2999u, 5000u, 65535u})
    all.push_back({"BadCloseCode", frame(8, close_payload(code)), 1002, "websocket_bad_close_code"});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Every, WebSocketBreachTest, ::testing::ValuesIn(breaches()), [](const auto& tested) {
  return std::string(tested.param.name) + std::to_string(tested.index);
});

class WebSocketCloseCodeTest : public WebSocketEndpointTest, public ::testing::WithParamInterface<unsigned> {};

TEST_P(WebSocketCloseCodeTest, MayBeSent) {
  open();
  send(frame(8, close_payload(GetParam())));
  ASSERT_TRUE(run_until_end());
  EXPECT_EQ(events_.end->code, GetParam());
  EXPECT_EQ(frames(1)[0].close_code(), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Every, WebSocketCloseCodeTest,
                         ::testing::Values(1000u, 1001u, 1002u, 1003u, 1007u, 1008u, 1009u, 1010u, 1011u, 1012u, 1013u, 1014u, 3000u, 3999u, 4000u, 4999u));

TEST_F(WebSocketEndpointTest, TheSumOfFragmentsCannotOverflow) {
  limits_.message = 1500;
  limits_.frame = 0;
  open();
  send(frame(1, "x", {.final = false}) + frame(0, "", {.length_as = 8, .claims = (1ULL << 63) - 1}));
  expect_closed_with(1009, "websocket_message_too_big");
}

TEST_F(WebSocketEndpointTest, BreakingTheRulesAfterOurCloseChangesNothing) {
  open();
  endpoint_->close(websocket::CloseCode::kNormal, {}, "done");
  send(frame(1, "x", {.masked = false}));
  expect_closed_with(1000, "done");
}

TEST_F(WebSocketEndpointTest, AnEndlessFloodAfterABreachIsCutOff) {
  limits_.close_wait = std::chrono::milliseconds(50);
  open();
  send(frame(1, "x", {.masked = false}));
  const std::string junk(10'000, 'x');
  while (!events_.end) send_all(junk);
  EXPECT_EQ(events_.end->code, 1002u);
}

TEST_F(WebSocketEndpointTest, AHalfClosedClientIsGone) {
  open();
  send(text_frame("last") + text_frame("cut off").substr(0, 4));
  ::shutdown(client_.get(), SHUT_WR);
  ASSERT_TRUE(run_until_end());
  EXPECT_EQ(events_.messages.size(), 1u);
  EXPECT_EQ(events_.end->code, 1006u);
  EXPECT_EQ(events_.end->reason, "websocket_client_gone");
  EXPECT_TRUE(events_.end->by_client);
  receive();
  EXPECT_TRUE(saw_end_);
}

TEST_F(WebSocketEndpointTest, AClientThatVanishesIsSeenWhenSending) {
  open();
  client_.reset();
  EXPECT_EQ(endpoint_->send(websocket::Opcode::kText, "x"), WebSocketEndpoint::Sent::kClosed);
  ASSERT_TRUE(events_.end);
  EXPECT_EQ(events_.end->code, 1006u);
}

}  // namespace
}  // namespace gatehouse::http
