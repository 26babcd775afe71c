#include "integration/relay.hpp"

#include "gatehouse/pipeline/route.hpp"
#include "support/fake_exchange.hpp"
#include "unit/integration/fake_call.hpp"
#include "unit/net/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace gatehouse::integration {
namespace {

using ::testing::ElementsAre;
using Progress = Relay::Progress;
using namespace std::chrono_literals;

class RelayTest : public ::testing::Test {
 protected:
  explicit RelayTest(const std::string& method = "GET") : exchange(worker, method, "/a") {}

  // Starts the try with what the exchange holds by now.
  void start() {
    head.method = exchange.request().method_text;
    head.target = "/a";
    head.base = &exchange.request().fields;
    head.edits = &context.request_edits;
    head.has_body = exchange.request().has_body;
    head.content_length = exchange.request().content_length;
    relay.emplace(context, call, body, timeouts);
    relay->start(head);
  }
  Progress move() { return relay->move(); }
  // Lets the worker's clock go on.
  void turn() {
    const TimePoint before = worker.now();
    worker.post([] {});
    ASSERT_TRUE(net::testing::run_until(worker, [&] { return worker.now() > before; }));
  }

  net::Worker worker{0};
  testing::FakeExchange exchange;
  pipeline::Route route;
  pipeline::RequestContext context{exchange, route};
  RequestBody body{context, RequestBody::Replay::kNever};
  upstream::TimeoutSettings timeouts;
  http::OutgoingRequest head;
  testing::FakeCall call;
  std::optional<Relay> relay;
};

class RelayUploadTest : public RelayTest {
 protected:
  RelayUploadTest() : RelayTest("POST") {}
};

TEST_F(RelayTest, AnswerThatIsThereWholeLeavesInOneWrite) {
  start();
  EXPECT_TRUE(call.ended_request);
  EXPECT_EQ(move(), Progress::kPending);
  call.answer(200, {{"X-A", "b"}}, 5);
  call.body("hello");
  call.end();
  EXPECT_EQ(move(), Progress::kComplete);
  EXPECT_EQ(exchange.status, 200);
  EXPECT_EQ(exchange.field("x-a"), "b");
  EXPECT_EQ(exchange.sent_length, 5u);
  EXPECT_THAT(exchange.writes, ElementsAre("hello"));
  EXPECT_TRUE(exchange.ended_answer);
  EXPECT_EQ(context.status, 200);
  EXPECT_EQ(context.upstream.status, 200);
}

TEST_F(RelayTest, AnswerOfUnknownLengthThatIsThereWholeLeavesInOneWriteToo) {
  start();
  call.answer(200);
  call.body("hello");
  call.end();
  EXPECT_EQ(move(), Progress::kComplete);
  EXPECT_THAT(exchange.writes, ElementsAre("hello"));
  EXPECT_TRUE(exchange.ended_answer);
}

TEST_F(RelayTest, AnswerWithoutABodyIsTheHeadAlone) {
  start();
  call.answer(204);
  call.end();
  EXPECT_EQ(move(), Progress::kComplete);
  EXPECT_THAT(exchange.writes, ElementsAre(""));
  EXPECT_TRUE(exchange.ended_answer);
}

TEST_F(RelayTest, HeadGoesDownBeforeABodyThatTakesItsTime) {
  start();
  call.answer(200);
  EXPECT_EQ(move(), Progress::kPending);
  EXPECT_EQ(exchange.status, 200);
  EXPECT_FALSE(exchange.ended_answer);
  call.body("one");
  EXPECT_EQ(move(), Progress::kPending);
  call.body("two");
  call.end();
  EXPECT_EQ(move(), Progress::kComplete);
  EXPECT_THAT(exchange.writes, ElementsAre("", "one", "two"));
  EXPECT_TRUE(exchange.ended_answer);
}

TEST_F(RelayTest, TrailersOfTheAnswerGoDown) {
  start();
  call.answer(200);
  call.body("data");
  call.end({{"X-Checksum", "1"}});
  EXPECT_EQ(move(), Progress::kComplete);
  EXPECT_EQ(exchange.sent_body, "data");
  EXPECT_EQ(testing::find_field(exchange.sent_trailers, "x-checksum"), "1");
}

TEST_F(RelayTest, TrailersBehindAnEmptyBodyGoDown) {
  start();
  call.answer(200);
  call.end({{"grpc-status", "0"}});
  EXPECT_EQ(move(), Progress::kComplete);
  EXPECT_EQ(testing::find_field(exchange.sent_trailers, "grpc-status"), "0");
}

TEST_F(RelayTest, NothingIsReadWhileTheClientDoesNotTakeWhatThereIs) {
  start();
  call.answer(200);
  call.body("one");
  EXPECT_EQ(move(), Progress::kPending);
  exchange.block();
  call.body("two");
  const std::size_t before = call.polls;
  EXPECT_EQ(move(), Progress::kPending);
  EXPECT_EQ(call.polls, before);
  EXPECT_EQ(relay->due(), TimePoint::max()) << "the client is whom we wait for";
  exchange.unblock();
  call.end();
  EXPECT_EQ(move(), Progress::kComplete);
  EXPECT_EQ(exchange.sent_body, "onetwo");
}

TEST_F(RelayTest, ReadsNoMoreThanTheClientTakesAndTheRelayMayKeep) {
  constexpr std::size_t kKept = 32 * 1024;
  start();
  call.answer(200);
  call.body(std::string(100, 'x'));
  exchange.room = 1'000'000;
  EXPECT_EQ(move(), Progress::kPending);
  EXPECT_THAT(call.read_limits, ElementsAre(kKept)) << "nobody was asked for the room that a little answer takes";
  call.body(std::string(kKept, 'x'));
  EXPECT_EQ(move(), Progress::kPending);
  EXPECT_EQ(call.read_limits.back(), kKept + 1'000'000);
  call.body(std::string(kKept, 'x'));
  exchange.room = 0;
  EXPECT_EQ(move(), Progress::kPending);
  EXPECT_EQ(call.read_limits.back(), kKept);
}

TEST_F(RelayTest, ALongAnswerLetsOthersHaveTheirTurn) {
  start();
  call.answer(200);
  const std::string piece(256 * 1024, 'x');
  for (int i = 0; i < 40; ++i) call.body(piece);
  call.end();
  EXPECT_EQ(move(), Progress::kPending);
  const std::size_t first_turn = exchange.sent_body.size();
  EXPECT_LT(first_turn, 40 * piece.size());
  EXPECT_GE(first_turn, 4u * 1024 * 1024);
  int turns = 1;
  bool complete = false;
  const auto go_on = [&]() -> net::Task<void> {
    while (!complete) {
      co_await exchange.waiter();
      complete = move() == Progress::kComplete;
      ++turns;
    }
  };
  net::Task<void> task = go_on();
  task.start();
  EXPECT_TRUE(net::testing::run_until(worker, [&] { return complete; }));
  EXPECT_EQ(turns, 3);
  EXPECT_EQ(exchange.sent_body.size(), 40 * piece.size());
}

TEST_F(RelayTest, EndOfARelayForgetsItsNextTurn) {
  start();
  call.answer(200);
  for (int i = 0; i < 40; ++i) call.body(std::string(256 * 1024, 'x'));
  EXPECT_EQ(move(), Progress::kPending);
  relay.reset();
  turn();
}

TEST_F(RelayTest, EarlyHintsGoDownAndContinueDoesNot) {
  start();
  call.inform(100);
  call.inform(103, {{"Link", "</a>"}});
  EXPECT_EQ(move(), Progress::kPending);
  EXPECT_THAT(exchange.informed, ElementsAre(103));
  EXPECT_TRUE(relay->responded());
  call.answer(200);
  call.end();
  EXPECT_EQ(move(), Progress::kComplete);
}

TEST_F(RelayTest, FailureBeforeTheHeadLeavesTheClientUnanswered) {
  start();
  call.fail(ErrorKind::kReset, "upstream_reset");
  EXPECT_EQ(move(), Progress::kUpstreamFailed);
  EXPECT_FALSE(exchange.responded());
  EXPECT_FALSE(relay->responded());
}

TEST_F(RelayTest, BodyThatIsMalformedWithTheHeadLeavesTheClientUnanswered) {
  start();
  call.answer(200);
  call.fail(ErrorKind::kProtocol, "upstream_malformed_response");
  EXPECT_EQ(move(), Progress::kUpstreamFailed);
  EXPECT_FALSE(exchange.responded());
}

TEST_F(RelayTest, CutBodyIsAFailureBehindTheHead) {
  start();
  call.answer(200, {}, 10);
  call.body("four");
  EXPECT_EQ(move(), Progress::kPending);
  call.fail(ErrorKind::kClosed, "upstream_body_cut");
  EXPECT_EQ(move(), Progress::kUpstreamFailed);
  EXPECT_TRUE(relay->responded());
  EXPECT_FALSE(exchange.ended_answer);
}

TEST_F(RelayTest, ClientThatLeavesIsNoticedFirst) {
  start();
  call.answer(200);
  exchange.fail(http::Failure::kClientGone);
  EXPECT_EQ(move(), Progress::kClientFailed);
  EXPECT_FALSE(exchange.responded());
}

TEST_F(RelayTest, FirstByteIsDueAfterTheRequestWasSent) {
  timeouts.first_byte = 3s;
  start();
  EXPECT_EQ(move(), Progress::kPending);
  EXPECT_EQ(relay->due(), worker.now() + 3s);
  EXPECT_EQ(relay->late_reason(), "upstream_first_byte_timeout");
}

TEST_F(RelayTest, BetweenPiecesOfTheAnswerIdleCounts) {
  timeouts.idle = 7s;
  start();
  call.answer(200);
  turn();
  EXPECT_EQ(move(), Progress::kPending);
  EXPECT_EQ(relay->due(), worker.now() + 7s);
  EXPECT_EQ(relay->late_reason(), "upstream_idle_timeout");
  turn();
  call.body("x");
  EXPECT_EQ(move(), Progress::kPending);
  EXPECT_EQ(relay->due(), worker.now() + 7s);
}

TEST_F(RelayTest, TimeThatTheClientTookDoesNotCountAsIdle) {
  timeouts.idle = 7s;
  start();
  call.answer(200);
  call.body("x");
  EXPECT_EQ(move(), Progress::kPending);
  exchange.block();
  EXPECT_EQ(move(), Progress::kPending);
  turn();
  exchange.unblock();
  EXPECT_EQ(move(), Progress::kPending);
  EXPECT_EQ(relay->due(), worker.now() + 7s);
}

TEST_F(RelayUploadTest, BodyThatIsThereGoesWithTheHead) {
  exchange.head().content_length = 5;
  exchange.body("hello");
  exchange.end_body();
  start();
  EXPECT_THAT(call.writes, ElementsAre("hello"));
  EXPECT_TRUE(call.ended_request);
  EXPECT_EQ(call.length, 5u);
  EXPECT_EQ(exchange.consumed, 5u);
}

TEST_F(RelayUploadTest, BodyWithoutALengthEndsWithItsTrailers) {
  exchange.body("one");
  start();
  EXPECT_FALSE(call.ended_request);
  exchange.body("two");
  exchange.end_body({{"X-Sum", "2"}});
  EXPECT_EQ(move(), Progress::kPending);
  EXPECT_THAT(call.writes, ElementsAre("one", "two"));
  EXPECT_TRUE(call.ended_request);
  EXPECT_EQ(testing::find_field(call.sent_trailers, "x-sum"), "2");
}

TEST_F(RelayUploadTest, HeadDoesNotWaitForTheBody) {
  exchange.expect_body();
  start();
  EXPECT_TRUE(call.sent);
  EXPECT_FALSE(call.ended_request);
  EXPECT_EQ(relay->due(), TimePoint::max()) << "the client is whom we wait for";
}

TEST_F(RelayUploadTest, NothingIsTakenFromTheClientWhileTheBackendIsBehind) {
  timeouts.idle = 7s;
  exchange.body("one");
  start();
  call.block();
  exchange.body("two");
  EXPECT_EQ(move(), Progress::kPending);
  EXPECT_EQ(exchange.consumed, 3u);
  EXPECT_EQ(relay->due(), worker.now() + 7s);
  EXPECT_EQ(relay->late_reason(), "upstream_idle_timeout");
  call.unblock();
  EXPECT_EQ(move(), Progress::kPending);
  EXPECT_EQ(exchange.consumed, 6u);
}

TEST_F(RelayUploadTest, FirstByteIsNotDueBeforeAllWasSent) {
  timeouts.first_byte = 3s;
  exchange.body("one");
  start();
  EXPECT_EQ(move(), Progress::kPending);
  EXPECT_EQ(relay->due(), TimePoint::max());
  exchange.end_body();
  turn();
  EXPECT_EQ(move(), Progress::kPending);
  EXPECT_EQ(relay->due(), worker.now() + 3s);
}

TEST_F(RelayUploadTest, EarlyAnswerEndsTheUpload) {
  exchange.body("one");
  start();
  call.answer(401, {}, 2);
  call.body("no");
  call.end();
  EXPECT_EQ(move(), Progress::kComplete);
  EXPECT_EQ(exchange.status, 401);
  EXPECT_FALSE(call.ended_request);
}

TEST_F(RelayUploadTest, UploadGoesOnWhileTheAnswerHasBegun) {
  exchange.body("one");
  start();
  call.answer(200);
  call.body("a");
  EXPECT_EQ(move(), Progress::kPending);
  exchange.body("two");
  exchange.end_body();
  call.body("b");
  call.end();
  EXPECT_EQ(move(), Progress::kComplete);
  EXPECT_EQ(call.sent_body, "onetwo");
  EXPECT_EQ(exchange.sent_body, "ab");
}

TEST_F(RelayUploadTest, BodyThatFailsAtOnceIsNotSentAtAll) {
  exchange.expect_body();
  exchange.fail(http::Failure::kBodyTooLarge);
  start();
  EXPECT_FALSE(call.sent);
  EXPECT_EQ(move(), Progress::kClientFailed);
}

TEST_F(RelayUploadTest, BodyThatFailsOnItsWayIsTheClientsFailure) {
  exchange.body("one");
  start();
  exchange.fail(http::Failure::kBodyMalformed);
  EXPECT_EQ(move(), Progress::kClientFailed);
}

}  // namespace
}  // namespace gatehouse::integration
