// TLS towards a target, with OpenSSL on a thread as the independent peer.
#include "gatehouse/net/task_group.hpp"
#include "gatehouse/upstream/pool.hpp"
#include "unit/net/tls_peer.hpp"
#include "unit/upstream/support.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <optional>

namespace gatehouse::upstream::testing {
namespace {

using net::testing::Certificate;
using net::testing::TlsServer;

// Answers requests until the client ends.
void serve(SSL* ssl) {
  std::string received;
  char buffer[4096];
  int got = 0;
  while ((got = SSL_read(ssl, buffer, sizeof(buffer))) > 0) {
    received.append(buffer, static_cast<std::size_t>(got));
    if (!received.ends_with("\r\n\r\n")) continue;
    received.clear();
    constexpr std::string_view kResponse = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    SSL_write(ssl, kResponse.data(), static_cast<int>(kResponse.size()));
  }
}

class PoolTlsTest : public ::testing::Test {
 protected:
  PoolTlsTest() {
    std::signal(SIGPIPE, SIG_IGN);  // the peer writes with plain write(2)
    config.targets[0].tls = true;
    config.tls.ca = authority_file.path();
  }

  void make() {
    backend = Backend::make(config, clock).value();
    pool.emplace(worker, backend, resolver);
  }

  // The server's side of the next connection, with a certificate for these names.
  void accept(const std::string& names = "DNS:localhost,IP:127.0.0.1") {
    server.emplace(raw.accept(), net::testing::make_certificate({.names = names}, authority), serve);
  }

  void run(Attempt& attempt) {
    attempt.start(0, 0, TimePoint::max());
    accept();
    settle(attempt);
  }

  void settle(Attempt& attempt) {
    ASSERT_TRUE(run_until(worker, [&] { return attempt.poll() != AttemptState::kPending; }));
  }

  std::string exchange(Attempt& attempt) {
    http::UpstreamCall& call = attempt.call();
    call.send(http::testing::get("/"), {}, http::More::kNo);
    net::TaskGroup tasks(worker);
    http::testing::Answer answer;
    tasks.spawn("answer", http::testing::run_answer(&call, &waiter, &answer));
    EXPECT_TRUE(run_until(worker, [&] { return answer.done; }));
    return answer.body;
  }

  const Certificate authority = net::testing::make_authority("test authority");
  const net::testing::TemporaryFile authority_file{net::testing::to_pem(authority)};
  ManualClock clock;
  net::Worker worker{0};
  net::Waiter waiter{worker.ready()};
  FakeResolver resolver;
  RawBackend raw;
  BackendSettings config = settings({target("127.0.0.1", raw.port())});
  std::optional<TlsServer> server;  // ends after the pool, which closes its connection
  std::shared_ptr<Backend> backend;
  std::optional<Pool> pool;
};

TEST_F(PoolTlsTest, ExchangesAndKeepsTheConnection) {
  make();
  {
    Attempt attempt(*pool, waiter);
    run(attempt);
    ASSERT_EQ(attempt.poll(), AttemptState::kReady);
    EXPECT_EQ(exchange(attempt), "hello");
  }
  EXPECT_EQ(pool->idle_connections(), 1u);
  Attempt second(*pool, waiter);
  second.start(0, 0, TimePoint::max());
  ASSERT_EQ(second.poll(), AttemptState::kReady);
  EXPECT_TRUE(second.reused_connection());
  EXPECT_EQ(exchange(second), "hello");
}

// TLS 1.3 sends them after the handshake; they are no bytes out of turn.
TEST_F(PoolTlsTest, SessionTicketsDoNotEndAnIdleConnection) {
  make();
  {
    Attempt attempt(*pool, waiter);
    run(attempt);
    ASSERT_EQ(attempt.poll(), AttemptState::kReady);
  }
  ASSERT_EQ(pool->idle_connections(), 1u) << "nothing was sent on it";
  pass(worker, 50ms);
  EXPECT_EQ(pool->idle_connections(), 1u);
}

TEST_F(PoolTlsTest, RefusesATargetThatItsAuthorityDoesNotKnow) {
  const Certificate stranger = net::testing::make_authority("another authority");
  const net::testing::TemporaryFile file(net::testing::to_pem(stranger));
  config.tls.ca = file.path();
  make();
  Attempt attempt(*pool, waiter);
  run(attempt);
  ASSERT_EQ(attempt.poll(), AttemptState::kFailed);
  EXPECT_EQ(attempt.error().kind(), ErrorKind::kProtocol);
  EXPECT_EQ(attempt.error().reason(), "upstream_tls_failed");
  EXPECT_TRUE(attempt.error().retry_allowed());
  EXPECT_FALSE(server->handshake_succeeded());
}

TEST_F(PoolTlsTest, RefusesACertificateForAnotherName) {
  make();
  Attempt attempt(*pool, waiter);
  attempt.start(0, 0, TimePoint::max());
  accept("DNS:other.example.com");
  settle(attempt);
  ASSERT_EQ(attempt.poll(), AttemptState::kFailed);
  EXPECT_EQ(attempt.error().reason(), "upstream_tls_failed");
}

TEST_F(PoolTlsTest, VerifiesTheServerNameOfTheSettings) {
  config.tls.server_name = "orders.example.com";
  make();
  Attempt attempt(*pool, waiter);
  attempt.start(0, 0, TimePoint::max());
  accept("DNS:orders.example.com");
  settle(attempt);
  EXPECT_EQ(attempt.poll(), AttemptState::kReady);
}

TEST_F(PoolTlsTest, AHandshakeThatStallsEndsWithTheConnectTimeout) {
  config.timeouts.connect = 50ms;
  make();
  Attempt attempt(*pool, waiter);
  attempt.start(0, 0, TimePoint::max());
  const net::UniqueFd silent = raw.accept();
  settle(attempt);
  ASSERT_EQ(attempt.poll(), AttemptState::kFailed);
  EXPECT_EQ(attempt.error().reason(), "upstream_connect_timeout");
}

TEST_F(PoolTlsTest, AHandshakeThatIsCutIsATlsFailure) {
  make();
  Attempt attempt(*pool, waiter);
  attempt.start(0, 0, TimePoint::max());
  raw.accept().reset();
  settle(attempt);
  ASSERT_EQ(attempt.poll(), AttemptState::kFailed);
  EXPECT_EQ(attempt.error().reason(), "upstream_tls_failed");
}

TEST_F(PoolTlsTest, AnAttemptMayEndWithinTheHandshake) {
  make();
  {
    Attempt attempt(*pool, waiter);
    attempt.start(0, 0, TimePoint::max());
    const net::UniqueFd silent = raw.accept();
    pass(worker, 20ms);
    EXPECT_EQ(attempt.poll(), AttemptState::kPending);
  }
  EXPECT_EQ(pool->open_connections(), 0u);
}

}  // namespace
}  // namespace gatehouse::upstream::testing
