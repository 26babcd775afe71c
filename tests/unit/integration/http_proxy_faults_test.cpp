// Requests that fail: what the client is told, and what is never repeated.
#include "gatehouse/net/listener.hpp"
#include "unit/integration/proxy_fixture.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <gmock/gmock.h>

#include <optional>
#include <vector>

namespace gatehouse::integration::testing {
namespace {

using ::testing::StartsWith;

// Listens, but answers no connect: its queue of one is full. Whether a connect is in the queue shows a moment later only,
// because the kernel may put off its own part.
class HungBackend {
 public:
  HungBackend() : listener_(net::bind_listener(net::testing::loopback(), 1).value()) {
    constexpr int kUnanswered = 100;  // ms
    const std::uint16_t port = this->port();
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    pollfd waiting{-1, POLLOUT, 0};
    do {
      const auto& filler = fillers_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      ::connect(filler.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to));
      waiting.fd = filler.get();
    } while (::poll(&waiting, 1, kUnanswered) == 1);
  }
  std::uint16_t port() const { return net::local_endpoint(listener_.get()).port; }

 private:
  net::UniqueFd listener_;
  std::vector<net::UniqueFd> fillers_;
};

class HttpProxyFaultsTest : public ProxyTest {
 protected:
  HttpProxyFaultsTest() { config.retries.attempts = 0; }

  void expect_answer(int status, std::string_view reason, std::string_view message) {
    EXPECT_EQ(exchange->status, status);
    EXPECT_EQ(context->status, status);
    EXPECT_EQ(context->reason, reason);
    EXPECT_EQ(exchange->sent_body, "{\"message\":\"" + std::string(message) + "\"}");
    EXPECT_EQ(exchange->field("content-type"), "application/json");
  }
  // From now on connects to the backend are not answered.
  void hang() {
    hung.emplace();
    config.targets = {upstream::testing::target("127.0.0.1", hung->port())};
  }
  // The backend gets a request and says `answer`.
  net::UniqueFd say_in_answer(std::string_view answer) {
    get();
    net::UniqueFd peer = accept(raw);
    hear_request(peer);
    say(peer.get(), answer);
    return peer;
  }

  std::optional<HungBackend> hung;
};

TEST_F(HttpProxyFaultsTest, RefusedConnectionIsABadGateway) {
  config.targets = {upstream::testing::target("127.0.0.1", upstream::testing::closed_port())};
  get();
  ASSERT_TRUE(finish());
  expect_answer(502, "upstream_connect_refused", "Bad Gateway");
}

TEST_F(HttpProxyFaultsTest, BrokenAnswersAreABadGateway) {
  struct Case {
    std::string_view answer, reason;
  };
  for (const Case& each :
       {Case{"", "upstream_closed"}, Case{"HTTP/1.1 200 OK\r\nContent-", "upstream_closed"},
        Case{"garbage\r\n\r\n", "upstream_malformed_response"},
        Case{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "upstream_malformed_response"},
        Case{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
             "upstream_unsolicited_upgrade"}}) {
    net::UniqueFd peer = say_in_answer(each.answer);
    peer.reset();
    ASSERT_TRUE(finish());
    expect_answer(502, each.reason, "Bad Gateway");
    EXPECT_EQ(pool->open_connections(), 0u);
  }
}

TEST_F(HttpProxyFaultsTest, PostThatWasSentIsNeverRepeated) {
  config.retries.attempts = 3;
  request("POST").body("x");
  exchange->head().content_length = 1;
  exchange->end_body();
  start();
  net::UniqueFd peer = accept(raw);
  hear_request(peer);
  http::testing::reset(peer);
  ASSERT_TRUE(finish());
  EXPECT_EQ(exchange->status, 502);
  EXPECT_EQ(context->upstream.tries, 1u);
  EXPECT_FALSE(raw.has_connection());
}

TEST_F(HttpProxyFaultsTest, LargeBodyThatIsGoneIsNotSentAgain) {
  config.retries.attempts = 3;
  request("PUT").body(std::string(70'000, 'x'));
  start();
  net::UniqueFd peer = accept(raw);
  hear_request(peer);
  http::testing::reset(peer);
  ASSERT_TRUE(finish());
  EXPECT_EQ(exchange->status, 502);
  EXPECT_EQ(context->upstream.tries, 1u);
}

TEST_F(HttpProxyFaultsTest, RetriesEnd) {
  config.retries.attempts = 2;
  get();
  for (int i = 0; i < 3; ++i) {
    net::UniqueFd peer = accept(raw);
    hear_request(peer);
    http::testing::reset(peer);
  }
  ASSERT_TRUE(finish());
  EXPECT_EQ(exchange->status, 502);
  EXPECT_EQ(context->upstream.tries, 3u);
}

TEST_F(HttpProxyFaultsTest, CutBodyIsSeenByTheClient) {
  net::UniqueFd peer = say_in_answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour");
  ASSERT_TRUE(run_until(worker, [&] { return exchange->sent_body == "four"; }));
  peer.reset();
  ASSERT_TRUE(finish());
  EXPECT_TRUE(exchange->aborted);
  EXPECT_FALSE(exchange->ended_answer);
  EXPECT_EQ(context->status, 200);
  EXPECT_EQ(context->reason, "upstream_body_cut");
}

TEST_F(HttpProxyFaultsTest, NoHealthyTargetIsUnavailable) {
  config.targets[0].weight = 0;
  get();
  ASSERT_TRUE(finish());
  expect_answer(503, "upstream_no_healthy_target", "Service Unavailable");
  EXPECT_EQ(exchange->field("retry-after"), "1");
}

TEST_F(HttpProxyFaultsTest, OpenBreakerSaysWhenToComeBack) {
  config.breaker = {0.5, 10s, 7s};
  config.ejection.failures = 0;
  make();
  for (int i = 0; i < 40; ++i) backend_->report(0, upstream::AttemptOutcome::kFailed);
  get();
  ASSERT_TRUE(finish());
  expect_answer(503, "upstream_breaker_open", "Service Unavailable");
  EXPECT_EQ(exchange->field("retry-after"), "7");
}

TEST_F(HttpProxyFaultsTest, NoAnswerInTimeIsAGatewayTimeout) {
  config.timeouts.first_byte = 30ms;
  get();
  net::UniqueFd peer = accept(raw);
  hear_request(peer);
  ASSERT_TRUE(finish());
  expect_answer(504, "upstream_first_byte_timeout", "Endpoint request timed out");
  EXPECT_TRUE(hear_end(peer.get()));
}

TEST_F(HttpProxyFaultsTest, HeadThatDripsIsAGatewayTimeout) {
  config.timeouts.total = 60ms;
  get();
  const net::UniqueFd peer = accept(raw);
  hear_request(peer);
  say(peer.get(), "HTTP/1.1 200 OK\r\nX-Drip: ");
  ASSERT_TRUE(finish());
  expect_answer(504, "upstream_total_timeout", "Endpoint request timed out");
}

TEST_F(HttpProxyFaultsTest, RoutesOwnDeadlineCountsWhenItIsTighter) {
  config.timeouts.total = 60s;
  request();
  context->deadline_after = 30ms;
  start();
  const net::UniqueFd peer = accept(raw);
  ASSERT_TRUE(finish());
  expect_answer(504, "upstream_total_timeout", "Endpoint request timed out");
}

TEST_F(HttpProxyFaultsTest, BackendThatDoesNotAnswerTheConnectIsAGatewayTimeout) {
  config.timeouts.connect = 30ms;
  hang();
  get();
  ASSERT_TRUE(finish());
  expect_answer(504, "upstream_connect_timeout", "Endpoint request timed out");
}

TEST_F(HttpProxyFaultsTest, TotalDeadlineCoversTheConnect) {
  config.timeouts.total = 30ms;
  hang();
  get();
  ASSERT_TRUE(finish());
  expect_answer(504, "upstream_total_timeout", "Endpoint request timed out");
}

TEST_F(HttpProxyFaultsTest, BodyThatStopsIsBrokenOff) {
  config.timeouts.idle = 30ms;
  net::UniqueFd peer = say_in_answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour");
  ASSERT_TRUE(finish());
  EXPECT_TRUE(exchange->aborted);
  EXPECT_EQ(context->reason, "upstream_idle_timeout");
  EXPECT_TRUE(hear_end(peer.get()));
}

TEST_F(HttpProxyFaultsTest, StreamThatOutlivesTheTotalDeadlineIsBrokenOff) {
  config.timeouts.total = 60ms;
  const net::UniqueFd peer = say_in_answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour");
  ASSERT_TRUE(finish());
  EXPECT_TRUE(exchange->aborted);
  EXPECT_EQ(context->reason, "upstream_total_timeout");
}

TEST_F(HttpProxyFaultsTest, ClientThatLeavesEndsTheAttempt) {
  get();
  net::UniqueFd peer = accept(raw);
  hear_request(peer);
  exchange->fail(http::Failure::kClientGone);
  ASSERT_TRUE(finish());
  EXPECT_FALSE(exchange->responded());
  EXPECT_EQ(context->status, 499);
  EXPECT_EQ(context->reason, "client_gone");
  EXPECT_TRUE(hear_end(peer.get()));
  EXPECT_EQ(backend_->targets()[0].errors.load(), 0u);
}

TEST_F(HttpProxyFaultsTest, ClientThatLeavesWhileConnectingEndsTheAttempt) {
  hang();
  get();
  exchange->fail(http::Failure::kClientGone);
  ASSERT_TRUE(finish());
  EXPECT_EQ(context->status, 499);
  EXPECT_EQ(backend_->targets()[0].in_flight.load(), 0u);
}

TEST_F(HttpProxyFaultsTest, BodyThatIsTooLargeNeverReachesTheBackend) {
  request("POST").expect_body();
  exchange->fail(http::Failure::kBodyTooLarge);
  start();
  ASSERT_TRUE(finish());
  expect_answer(413, "body_too_large", "Payload Too Large");
  EXPECT_FALSE(raw.has_connection());
}

TEST_F(HttpProxyFaultsTest, BodyThatBreaksARuleOnItsWayIsAnswered) {
  struct Case {
    http::Failure failure;
    int status;
    std::string_view reason, message;
  };
  for (const Case& each : {Case{http::Failure::kBodyTooLarge, 413, "body_too_large", "Payload Too Large"},
                           Case{http::Failure::kBodyMalformed, 400, "body_malformed", "Bad Request"},
                           Case{http::Failure::kBodyIncomplete, 400, "body_incomplete", "Bad Request"},
                           Case{http::Failure::kBodyTimeout, 408, "body_timeout", "Request Timeout"}}) {
    request("POST").body("one");
    start();
    net::UniqueFd peer = accept(raw);
    EXPECT_THAT(hear_request(peer), StartsWith("POST"));
    exchange->fail(each.failure);
    ASSERT_TRUE(finish());
    expect_answer(each.status, each.reason, each.message);
    EXPECT_EQ(http::testing::hear_all(peer.get()), "3\r\none\r\n");
  }
}

TEST_F(HttpProxyFaultsTest, RequestThatIsDestroyedGivesEverythingBack) {
  get();
  net::UniqueFd peer = accept(raw);
  hear_request(peer);
  task.reset();
  EXPECT_TRUE(hear_end(peer.get()));
  EXPECT_EQ(pool->open_connections(), 0u);
  EXPECT_EQ(backend_->targets()[0].in_flight.load(), 0u);
}

}  // namespace
}  // namespace gatehouse::integration::testing
