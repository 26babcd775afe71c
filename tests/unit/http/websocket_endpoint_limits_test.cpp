// What time and full buffers do to a connection: idle, lifetime, dead peers, slow readers, floods of pings, the drain.
#include "unit/http/websocket_endpoint_fixture.hpp"

namespace gatehouse::http {
namespace {

using namespace std::chrono_literals;
using testing::close_payload;
using testing::frame;
using testing::text_frame;
using testing::WebSocketEndpointTest;
using websocket::Opcode;
using Sent = WebSocketEndpoint::Sent;

TEST_F(WebSocketEndpointTest, AnIdleConnectionIsClosed) {
  limits_.idle = 40ms;
  open();
  const auto seen = frames(1);
  EXPECT_EQ(seen[0].close_code(), 1001u);
  EXPECT_GE(worker_.now() - endpoint_->began(), 40ms);
  send(frame(8, close_payload(1001)));
  ASSERT_TRUE(run_until_end());
  EXPECT_EQ(events_.end->reason, "websocket_idle_timeout");
}

TEST_F(WebSocketEndpointTest, BytesEitherWayKeepItFromBeingIdle) {
  limits_.idle = 100ms;
  open();
  const auto began = endpoint_->began();
  // An exchange whenever the last one is answered: never a tenth of a second apart unless the machine stalls.
  while (worker_.now() - began < 300ms && !events_.end) {
    send(frame(9, ""));
    ASSERT_EQ(frames(1)[0].opcode, 10u);
  }
  EXPECT_FALSE(events_.end);
}

TEST_F(WebSocketEndpointTest, LifetimeEndsABusyConnection) {
  limits_.lifetime = 50ms;
  open();
  bool closed = false;
  while (!closed) {
    send(frame(9, ""));
    for (const auto& one : frames(1)) closed |= one.opcode == 8 && one.close_code() == 1001;
  }
  send(frame(8, close_payload(1001)));
  ASSERT_TRUE(run_until_end());
  EXPECT_EQ(events_.end->reason, "websocket_lifetime");
}

TEST_F(WebSocketEndpointTest, ADrainClosesAtItsTime) {
  open();
  endpoint_->drain_at(worker_.now() + 20ms);
  EXPECT_EQ(frames(1)[0].close_code(), 1001u);
  client_.reset();
  ASSERT_TRUE(run_until_end());
  EXPECT_EQ(events_.end->reason, "websocket_drained");
  EXPECT_EQ(events_.end->code, 1001u);
}

TEST_F(WebSocketEndpointTest, PingsAndKeepsTheConnectionWhenAnswered) {
  limits_.ping = 20ms;
  limits_.idle = 100ms;
  open();
  for (int i = 0; i < 10; ++i) {
    const auto seen = frames(1);
    ASSERT_EQ(seen[0].opcode, 9u);
    send(frame(10, seen[0].payload));
  }
  EXPECT_TRUE(endpoint_->open());
}

TEST_F(WebSocketEndpointTest, AClientSilentForTwoPingsIsDead) {
  limits_.ping = 20ms;
  limits_.close_wait = 30ms;
  open();
  ASSERT_TRUE(run_until_end());
  EXPECT_EQ(events_.end->code, 1011u);
  EXPECT_EQ(events_.end->reason, "websocket_ping_timeout");
}

TEST_F(WebSocketEndpointTest, AGatewayThatStoodStillFindsNobodyDead) {
  limits_.ping = 20ms;
  open();
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(frames(1)[0].opcode, 9u);
    send(frame(10, ""));
    const auto until = std::chrono::steady_clock::now() + 3 * limits_.ping;
    while (std::chrono::steady_clock::now() < until) {
    }
  }
  EXPECT_TRUE(endpoint_->open());
}

TEST_F(WebSocketEndpointTest, APausedClientIsNeitherIdleNorDead) {
  limits_.ping = 10ms;
  limits_.idle = 10ms;
  open();
  endpoint_->pause();
  const auto until = worker_.now() + 100ms;
  ASSERT_TRUE(run_until([&] { return poke(), worker_.now() > until; }));
  EXPECT_TRUE(endpoint_->open());
  endpoint_->resume();
  EXPECT_TRUE(endpoint_->open());
}

// So many messages until the endpoint takes no more.
std::size_t fill(WebSocketEndpoint& endpoint, std::string_view message) {
  std::size_t taken = 0;
  while (endpoint.send(Opcode::kText, message) == Sent::kSent) ++taken;
  return taken;
}

TEST_F(WebSocketEndpointTest, ASlowReaderGetsSoMuchAndNoMore) {
  limits_.send_buffer = 200 * 1024;
  limits_.message = 1024;
  open();
  const std::string message(1000, 'x');
  const std::size_t taken = fill(*endpoint_, message);
  EXPECT_GT(taken, 150u);
  EXPECT_LT(taken, 400u);  // the buffer, and what the system holds of a small socket
  EXPECT_EQ(endpoint_->send(PreparedFrame(Opcode::kText, message)), Sent::kFull);
  EXPECT_TRUE(endpoint_->open());
  // In order and whole when it reads again.
  const auto seen = frames(taken);
  EXPECT_EQ(seen.size(), taken);
  for (const auto& one : seen) ASSERT_EQ(one.payload, message);
  EXPECT_EQ(endpoint_->send(Opcode::kText, "again"), Sent::kSent);
  EXPECT_EQ(frames(1)[0].payload, "again");
}

TEST_F(WebSocketEndpointTest, KeepsOrderAmongSharedAndOwnFramesThatWait) {
  limits_.send_buffer = 1024 * 1024;
  open();
  const PreparedFrame shared(Opcode::kText, std::string(5000, 's'));
  for (int i = 0; i < 60; ++i) {
    ASSERT_EQ(endpoint_->send(shared), Sent::kSent);
    ASSERT_EQ(endpoint_->send(Opcode::kText, std::to_string(i)), Sent::kSent);
  }
  const auto seen = frames(120);
  for (std::size_t i = 0; i < 60; ++i) {
    EXPECT_EQ(seen[2 * i].payload.size(), 5000u);
    EXPECT_EQ(seen[2 * i + 1].payload, std::to_string(i));
  }
  // Nothing of the shared bytes is held any longer.
  EXPECT_EQ(shared.shared().use_count(), 1);
}

TEST_F(WebSocketEndpointTest, AReaderThatTakesNothingIsCutOff) {
  limits_.send_wait = 50ms;
  open();
  fill(*endpoint_, std::string(1000, 'x'));
  ASSERT_TRUE(run_until_end());
  EXPECT_EQ(events_.end->code, 1008u);
  EXPECT_EQ(events_.end->reason, "websocket_slow_reader");
}

TEST_F(WebSocketEndpointTest, AFloodOfPingsWithoutReadingIsCutOff) {
  limits_.send_buffer = 64 * 1024;
  limits_.message = 1024;
  limits_.close_wait = 30ms;
  open();
  const std::string pings = [] {
    std::string many;
    for (int i = 0; i < 50; ++i) many += frame(9, std::string(125, 'p'));
    return many;
  }();
  while (endpoint_->open()) send_all(pings);
  ASSERT_TRUE(run_until_end());
  EXPECT_EQ(events_.end->code, 1008u);
  EXPECT_EQ(events_.end->reason, "websocket_ping_flood");
}

TEST_F(WebSocketEndpointTest, CloseStandsBehindWhatWaits) {
  open();
  const std::size_t taken = fill(*endpoint_, std::string(1000, 'x'));
  endpoint_->close(websocket::CloseCode::kNormal, "done", "done");
  const auto seen = frames(taken + 1);
  EXPECT_EQ(seen.back().close_code(), 1000u);
}

TEST_F(WebSocketEndpointTest, TheAnswerToACloseStandsBehindWhatWaits) {
  open();
  const std::size_t taken = fill(*endpoint_, std::string(1000, 'x'));
  send(frame(8, close_payload(1000)));
  const auto seen = frames(taken + 1);
  EXPECT_EQ(seen.back().close_code(), 1000u);
  ASSERT_TRUE(run_until_end());
  EXPECT_EQ(events_.end->code, 1000u);
}

TEST_F(WebSocketEndpointTest, IdleOnesAreSmall) { EXPECT_LE(sizeof(WebSocketEndpoint), 216u); }

}  // namespace
}  // namespace gatehouse::http
