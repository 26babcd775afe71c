// Leasing, keeping and ending connections, and what fails before anything is sent.
#include "unit/upstream/pool_fixture.hpp"

namespace gatehouse::upstream::testing {
namespace {

TEST_F(PoolTest, OpensAConnectionAndUsesItAgain) {
  make();
  auto first = start_ready();
  EXPECT_FALSE(first->attempt.reused_connection());
  EXPECT_GT(first->attempt.connect_nanoseconds(), 0u);
  EXPECT_EQ(in_flight(), 1u);
  const net::UniqueFd peer = raw.accept();
  exchange(*first, peer.get());
  first->attempt.finish(AttemptOutcome::kAnswered);
  EXPECT_EQ(in_flight(), 0u);
  EXPECT_EQ(pool->idle_connections(), 1u);

  auto second = start();
  EXPECT_EQ(second->attempt.poll(), AttemptState::kReady) << "at once";
  EXPECT_TRUE(second->attempt.reused_connection());
  EXPECT_EQ(second->attempt.connect_nanoseconds(), 0u);
  exchange(*second, peer.get());
  EXPECT_EQ(backend->counters().connections_opened, 1u);
  EXPECT_EQ(backend->counters().connections_reused, 1u);
}

TEST_F(PoolTest, GivesTheLatestConnectionFirst) {
  make();
  auto one = start_ready();
  const net::UniqueFd peer_of_one = raw.accept();
  auto other = start_ready();
  const net::UniqueFd peer_of_other = raw.accept();
  exchange(*one, peer_of_one.get());
  exchange(*other, peer_of_other.get());
  one.reset();
  other.reset();
  ASSERT_EQ(pool->idle_connections(), 2u);
  exchange(*start(), peer_of_other.get());
}

TEST_F(PoolTest, ClosesAConnectionWhoseCallIsNotComplete) {
  make();
  auto made = start_ready();
  const net::UniqueFd peer = raw.accept();
  made->attempt.call().send(http::testing::get("/"), {}, http::More::kNo);
  made.reset();
  hear_head(peer.get());
  EXPECT_TRUE(hear_end(peer.get()));
  EXPECT_EQ(pool->open_connections(), 0u);
}

TEST_F(PoolTest, KeepsNoMoreIdleConnectionsThanItMay) {
  config.pool.idle = 1;
  make();
  auto one = start_ready();
  const net::UniqueFd peer_of_one = raw.accept();
  auto other = start_ready();
  const net::UniqueFd peer_of_other = raw.accept();
  exchange(*one, peer_of_one.get());
  exchange(*other, peer_of_other.get());
  one.reset();
  other.reset();
  EXPECT_EQ(pool->idle_connections(), 1u);
  EXPECT_TRUE(hear_end(peer_of_other.get()));
}

TEST_F(PoolTest, ClosesConnectionsThatWereIdleForTooLong) {
  config.pool.idle_time = 30ms;
  make();
  const net::UniqueFd peer = make_idle(raw);
  EXPECT_EQ(pool->idle_connections(), 1u);
  EXPECT_TRUE(run_until(worker, [&] { return pool->idle_connections() == 0; }));
  EXPECT_TRUE(hear_end(peer.get()));
}

TEST_F(PoolTest, DropsAnIdleConnectionThatTheBackendCloses) {
  make();
  net::UniqueFd peer = make_idle(raw);
  peer.reset();
  EXPECT_TRUE(run_until(worker, [&] { return pool->idle_connections() == 0; }));
  EXPECT_FALSE(start()->attempt.reused_connection());
}

TEST_F(PoolTest, DropsAnIdleConnectionOnWhichTheBackendSpeaks) {
  make();
  const net::UniqueFd peer = make_idle(raw);
  say(peer.get(), "HTTP/1.1 200 OK\r\n");
  EXPECT_TRUE(run_until(worker, [&] { return pool->idle_connections() == 0; }));
}

// Failures before anything is sent.

TEST_F(PoolTest, ReportsARefusedConnection) {
  config = settings({target("127.0.0.1", closed_port())});
  config.ejection.failures = 1;
  config.targets.push_back(target("127.0.0.1", raw.port()));
  make();
  auto made = start();
  ASSERT_TRUE(settled(*made));
  ASSERT_EQ(made->attempt.poll(), AttemptState::kFailed);
  EXPECT_EQ(made->attempt.error().kind(), ErrorKind::kRefused);
  EXPECT_EQ(made->attempt.error().reason(), "upstream_connect_refused");
  EXPECT_TRUE(made->attempt.error().retry_allowed());
  EXPECT_EQ(made->attempt.target(), 0u);
  EXPECT_FALSE(backend->usable(0)) << "it has reported itself";
  made->attempt.finish(AttemptOutcome::kFailed);
  EXPECT_EQ(backend->targets()[0].requests, 1u) << "once";
  EXPECT_EQ(pool->open_connections(), 0u);
  EXPECT_EQ(in_flight(), 0u);
}

TEST_F(PoolTest, ReportsAConnectThatTakesTooLong) {
  RawBackend deaf("127.0.0.1", 0, 0);
  deaf.stop_answering();
  config = settings({target("127.0.0.1", deaf.port())});
  config.timeouts.connect = 50ms;
  make();
  auto made = start();
  ASSERT_TRUE(settled(*made));
  EXPECT_EQ(made->attempt.error().kind(), ErrorKind::kTimeout);
  EXPECT_EQ(made->attempt.error().reason(), "upstream_connect_timeout");
  EXPECT_TRUE(made->attempt.error().retry_allowed());
  EXPECT_EQ(backend->targets()[0].errors, 1u);
}

TEST_F(PoolTest, TheRequestsDeadlineBoundsConnecting) {
  RawBackend deaf("127.0.0.1", 0, 0);
  deaf.stop_answering();
  config = settings({target("127.0.0.1", deaf.port())});
  config.timeouts.connect = 1h;
  make();
  auto made = start(worker.now() + 50ms);
  ASSERT_TRUE(settled(*made));
  EXPECT_EQ(made->attempt.error().reason(), "upstream_connect_timeout");
}

TEST_F(PoolTest, SaysWhenThereIsNoHealthyTarget) {
  make();
  backend->targets()[0].healthy = false;
  auto made = start();
  ASSERT_EQ(made->attempt.poll(), AttemptState::kFailed);
  EXPECT_EQ(made->attempt.error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(made->attempt.error().reason(), "upstream_no_healthy_target");
  EXPECT_FALSE(made->attempt.has_target());
  EXPECT_EQ(backend->counters().no_healthy_target, 1u);
}

TEST_F(PoolTest, SaysWhenTheBreakerIsOpenAndLetsOneProbePass) {
  config.breaker.errors = 0.5;
  make();
  for (int i = 0; i < 20; ++i) backend->report(0, AttemptOutcome::kFailed);
  EXPECT_EQ(start()->attempt.error().reason(), "upstream_breaker_open");
  clock.advance(5s);
  auto probe = start_ready();
  EXPECT_EQ(start()->attempt.error().reason(), "upstream_breaker_open");
  probe.reset();  // abandoned: another may be the probe
  start_ready()->attempt.finish(AttemptOutcome::kAnswered);
  EXPECT_FALSE(backend->breaker_open());
}

TEST_F(PoolTest, TriesAnotherTargetWhenOneWasTried) {
  const RawBackend other;
  config.targets.push_back(target("127.0.0.1", other.port()));
  make();
  for (int i = 0; i < 4; ++i) {
    Try made(*this);
    made.attempt.start(0, 0b01, kNoDeadline);
    EXPECT_EQ(made.attempt.target(), 1u);
  }
}

}  // namespace
}  // namespace gatehouse::upstream::testing
