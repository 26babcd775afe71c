// Messages both ways, pings, and the closing handshake between two who keep to the rules.
#include "unit/http/websocket_endpoint_fixture.hpp"

namespace gatehouse::http {
namespace {

using namespace std::string_literals;
using testing::close_payload;
using testing::frame;
using testing::SeenMessage;
using testing::text_frame;
using testing::WebSocketEndpointTest;
using websocket::CloseCode;
using websocket::Opcode;
using Sent = WebSocketEndpoint::Sent;

TEST_F(WebSocketEndpointTest, GivesWholeMessages) {
  open();
  send(text_frame("hello") + text_frame("") + text_frame("w\xc3\xb6rld"));
  ASSERT_TRUE(run_until([&] { return events_.messages.size() == 3; }));
  EXPECT_EQ(events_.messages, (std::vector<SeenMessage>{{"hello", false}, {"", false}, {"w\xc3\xb6rld", false}}));
  EXPECT_EQ(events_.reads, 1);
  EXPECT_EQ(endpoint_->counts().messages_in, 3u);
}

TEST_F(WebSocketEndpointTest, GivesWhatCameBehindTheHandshake) {
  open(text_frame("first") + text_frame("second").substr(0, 5));
  EXPECT_EQ(events_.messages, (std::vector<SeenMessage>{{"first", false}}));
  send(text_frame("second").substr(5));
  ASSERT_TRUE(run_until([&] { return events_.messages.size() == 2; }));
  EXPECT_EQ(events_.messages[1].payload, "second");
}

TEST_F(WebSocketEndpointTest, ReadsByteByByte) {
  limits_.binary = true;
  open();
  const std::string bytes = frame(1, "h\xc3\xa9", {.final = false}) + frame(9, "ping") + frame(0, "llo") + frame(2, std::string(300, '\xff'));
  for (const char byte : bytes) {
    send({&byte, 1});
    const auto before = endpoint_->counts().bytes_in;
    ASSERT_TRUE(run_until([&] { return endpoint_->counts().bytes_in > before; }));
  }
  EXPECT_EQ(events_.messages, (std::vector<SeenMessage>{{"h\xc3\xa9llo", false}, {std::string(300, '\xff'), true}}));
}

TEST_F(WebSocketEndpointTest, PutsFragmentsTogetherAroundControlFrames) {
  open();
  send(frame(1, "one ", {.final = false}) + frame(9, "p") + frame(0, "", {.final = false}) + frame(10, "unasked") + frame(0, "two") + text_frame("x"));
  ASSERT_TRUE(run_until([&] { return events_.messages.size() == 2; }));
  EXPECT_EQ(events_.messages[0].payload, "one two");
  const auto answered = frames(1);
  EXPECT_EQ(answered[0].opcode, 10u);
  EXPECT_EQ(answered[0].payload, "p");
}

TEST_F(WebSocketEndpointTest, TakesACharacterThatFragmentsCut) {
  open();
  send(frame(1, "\xe2", {.final = false}) + frame(0, "\x82", {.final = false}) + frame(0, "\xac"));
  ASSERT_TRUE(run_until([&] { return !events_.messages.empty(); }));
  EXPECT_EQ(events_.messages[0].payload, "\xe2\x82\xac");
}

TEST_F(WebSocketEndpointTest, TakesMessagesUpToTheLimits) {
  limits_.message = 100'000;
  limits_.frame = 60'000;
  open();
  send_all(frame(1, std::string(60'000, 'a'), {.final = false}) + frame(0, std::string(40'000, 'b')));
  ASSERT_TRUE(run_until([&] { return !events_.messages.empty(); }));
  EXPECT_EQ(events_.messages[0].payload, std::string(60'000, 'a') + std::string(40'000, 'b'));
}

TEST_F(WebSocketEndpointTest, SendsTextAndBinary) {
  open();
  EXPECT_EQ(endpoint_->send(Opcode::kText, "hi"), Sent::kSent);
  EXPECT_EQ(endpoint_->send(Opcode::kBinary, "\x00\x01"s), Sent::kSent);
  EXPECT_EQ(endpoint_->send(PreparedFrame(Opcode::kText, std::string(200, 'x'))), Sent::kSent);
  const auto seen = frames(3);
  EXPECT_EQ(seen[0].opcode, 1u);
  EXPECT_EQ(seen[0].payload, "hi");
  EXPECT_EQ(seen[1].opcode, 2u);
  EXPECT_EQ(seen[2].payload, std::string(200, 'x'));
  EXPECT_EQ(endpoint_->counts().messages_out, 3u);
}

TEST_F(WebSocketEndpointTest, AnswersPingsWithTheirPayload) {
  open();
  send(frame(9, "") + frame(9, std::string(125, 'p')));
  const auto seen = frames(2);
  EXPECT_EQ(seen[0].opcode, 10u);
  EXPECT_EQ(seen[0].payload, "");
  EXPECT_EQ(seen[1].payload, std::string(125, 'p'));
}

TEST_F(WebSocketEndpointTest, EchoesTheClientsClose) {
  open();
  send(text_frame("last") + frame(8, close_payload(4321, "bye \xe2\x82\xac")) + text_frame("not heard"));
  ASSERT_TRUE(run_until_end());
  EXPECT_EQ(events_.end->code, 4321u);
  EXPECT_EQ(events_.end->reason, "websocket_closed");
  EXPECT_EQ(events_.end->text, "bye \xe2\x82\xac");
  EXPECT_TRUE(events_.end->by_client);
  EXPECT_EQ(events_.messages, (std::vector<SeenMessage>{{"last", false}}));
  const auto seen = frames(1);
  EXPECT_EQ(seen[0].opcode, 8u);
  EXPECT_EQ(seen[0].close_code(), 4321u);
  receive();
  EXPECT_TRUE(saw_end_);
  EXPECT_EQ(permit_.use_count(), 1);
  EXPECT_EQ(endpoint_->send(Opcode::kText, "late"), Sent::kClosed);
}

TEST_F(WebSocketEndpointTest, TakesACloseWithoutACode) {
  open();
  send(frame(8, ""));
  ASSERT_TRUE(run_until_end());
  EXPECT_EQ(events_.end->code, 1005u);
  const auto seen = frames(1);
  EXPECT_EQ(seen[0].payload, "");
}

TEST_F(WebSocketEndpointTest, ClosesAndWaitsForTheClient) {
  open();
  endpoint_->close(CloseCode::kNormal, "enough", "done");
  EXPECT_FALSE(endpoint_->open());
  const auto seen = frames(1);
  EXPECT_EQ(seen[0].close_code(), 1000u);
  EXPECT_EQ(seen[0].close_text(), "enough");
  EXPECT_FALSE(events_.end);
  // What was on its way is not a message any more.
  send(text_frame("crossing") + frame(9, "p") + frame(8, close_payload(1000)));
  ASSERT_TRUE(run_until_end());
  EXPECT_EQ(events_.end->code, 1000u);
  EXPECT_EQ(events_.end->reason, "done");
  EXPECT_FALSE(events_.end->by_client);
  EXPECT_TRUE(events_.messages.empty());
  receive();
  EXPECT_TRUE(received_.empty());
  EXPECT_TRUE(saw_end_);
}

TEST_F(WebSocketEndpointTest, FirstCloseOfTwoAtOnceCounts) {
  open();
  endpoint_->close(CloseCode::kGoingAway, {}, "websocket_drained");
  send(frame(8, close_payload(4000)));
  endpoint_->close(CloseCode::kNormal, {}, "second");
  ASSERT_TRUE(run_until_end());
  EXPECT_EQ(events_.end->code, 1001u);
  EXPECT_EQ(events_.end->reason, "websocket_drained");
}

TEST_F(WebSocketEndpointTest, DoesNotWaitForeverForTheClientsClose) {
  limits_.close_wait = std::chrono::milliseconds(30);
  open();
  endpoint_->close(CloseCode::kNormal, {}, "done");
  ASSERT_TRUE(run_until_end());
  EXPECT_EQ(events_.end->reason, "done");
}

TEST_F(WebSocketEndpointTest, ClosesFromWithinAMessage) {
  open();
  events_.then = [&] { endpoint_->close(CloseCode::kNormal, {}, "done"); };
  send(text_frame("one") + text_frame("two") + frame(8, close_payload(1000)));
  ASSERT_TRUE(run_until_end());
  EXPECT_EQ(events_.messages.size(), 1u);
  EXPECT_EQ(events_.end->reason, "done");
}

TEST_F(WebSocketEndpointTest, PausesBetweenTwoMessagesThatCameTogether) {
  open();
  events_.then = [&] { endpoint_->pause(); };
  std::string all;
  for (int i = 0; i < 5; ++i) all += text_frame("m" + std::to_string(i));
  send(all + frame(9, "p"));
  ASSERT_TRUE(run_until([&] { return events_.reads > 0; }));
  for (std::size_t i = 1; i < 5; ++i) {
    EXPECT_EQ(events_.messages.size(), i);
    endpoint_->resume();
  }
  EXPECT_EQ(events_.messages.back().payload, "m4");
  endpoint_->resume();
  EXPECT_EQ(frames(1)[0].payload, "p");
}

TEST_F(WebSocketEndpointTest, ReadsNothingWhilePaused) {
  open();
  endpoint_->pause();
  send(text_frame("waits"));
  poke();
  int turns = 0;
  ASSERT_TRUE(run_until([&] { return poke(), ++turns > 5; }));
  EXPECT_TRUE(events_.messages.empty());
  endpoint_->resume();
  EXPECT_EQ(events_.messages.size(), 1u);
}

TEST_F(WebSocketEndpointTest, ClosingEndsAPause) {
  open();
  events_.then = [&] { endpoint_->pause(); };
  send(text_frame("one") + text_frame("two") + frame(8, close_payload(1000)));
  ASSERT_TRUE(run_until([&] { return !events_.messages.empty(); }));
  endpoint_->close(CloseCode::kGoingAway, {}, "done");
  ASSERT_TRUE(run_until_end());
  EXPECT_EQ(events_.messages.size(), 1u);
}

TEST_F(WebSocketEndpointTest, LeavesOthersTheirTurnUnderAFlood) {
  limits_.message = 0;
  limits_.frame = 0;
  open();
  // More than one turn may take; the post is handled between.
  const std::string message = text_frame(std::string(30'000, 'x'));
  std::size_t handled_by_then = 0;
  std::size_t sent = 0;
  bool posted = false;
  events_.then = [&] {
    if (!std::exchange(posted, true)) worker_.post([&] { handled_by_then = events_.messages.size(); });
    const ssize_t more = ::send(client_.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    sent += more == static_cast<ssize_t>(message.size());
  };
  send(message + message);
  ASSERT_TRUE(run_until([&] { return handled_by_then > 0; }));
  EXPECT_LT(handled_by_then, 40u);
}

}  // namespace
}  // namespace gatehouse::http
