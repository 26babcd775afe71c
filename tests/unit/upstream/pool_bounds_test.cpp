// The bounds of a pool, and attempts and pools that end early.
#include "unit/upstream/pool_fixture.hpp"

#include <vector>

namespace gatehouse::upstream::testing {
namespace {

TEST_F(PoolTest, QueuesBeyondItsConnectionsAndServesInOrder) {
  config.pool.connections = 1;
  make();
  auto first = start_ready();
  const net::UniqueFd peer = raw.accept();
  auto second = start();
  auto third = start();
  exchange(*first, peer.get());
  EXPECT_EQ(second->attempt.poll(), AttemptState::kPending);
  first.reset();
  EXPECT_EQ(second->attempt.poll(), AttemptState::kReady);
  EXPECT_TRUE(second->attempt.reused_connection());
  EXPECT_EQ(third->attempt.poll(), AttemptState::kPending);
  exchange(*second, peer.get());
  second.reset();
  exchange(*third, peer.get());
  third.reset();
  EXPECT_EQ(pool->idle_connections(), 1u);
  EXPECT_FALSE(raw.has_connection()) << "one was enough";
}

TEST_F(PoolTest, AQueuedAttemptOpensAConnectionWhenNoneCanBeReused) {
  config.pool.connections = 1;
  make();
  auto first = start_ready();
  const net::UniqueFd peer = raw.accept();
  auto second = start();
  first->attempt.call().send(http::testing::get("/"), {}, http::More::kNo);
  first.reset();
  ASSERT_TRUE(settled(*second));
  EXPECT_EQ(second->attempt.poll(), AttemptState::kReady);
  EXPECT_TRUE(raw.has_connection());
}

TEST_F(PoolTest, RefusesBeyondTheQueue) {
  config.pool.connections = 1;
  config.pool.queue = 1;
  make();
  auto first = start_ready();
  auto second = start();
  auto third = start();
  EXPECT_EQ(second->attempt.poll(), AttemptState::kPending);
  ASSERT_EQ(third->attempt.poll(), AttemptState::kFailed);
  EXPECT_EQ(third->attempt.error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(third->attempt.error().reason(), "upstream_pool_full");
  EXPECT_EQ(backend->counters().queue_full, 1u);
  EXPECT_EQ(backend->targets()[0].errors, 0u) << "not the target's fault";
}

TEST_F(PoolTest, QueuesNoLongerThanTheDeadline) {
  config.pool.connections = 1;
  make();
  auto first = start_ready();
  auto second = start(worker.now() + 30ms);
  ASSERT_TRUE(settled(*second));
  EXPECT_EQ(second->attempt.error().kind(), ErrorKind::kTimeout);
  EXPECT_EQ(second->attempt.error().reason(), "upstream_queue_timeout");
  EXPECT_EQ(backend->targets()[0].errors, 0u);
}

TEST_F(PoolTest, QueuesNoLongerThanAConnectMayTake) {
  config.pool.connections = 1;
  config.timeouts.connect = 30ms;
  make();
  auto first = start_ready();
  auto second = start();
  ASSERT_TRUE(settled(*second));
  EXPECT_EQ(second->attempt.error().reason(), "upstream_queue_timeout");
}

TEST_F(PoolTest, AFullQueueOfAttemptsThatFailAtOnceIsWorkedOff) {
  config.pool.connections = 1;
  make();
  auto first = start_ready();
  std::vector<std::unique_ptr<Try>> queued;
  for (int i = 0; i < 1000; ++i) queued.push_back(start());
  raw.close();
  first.reset();
  ASSERT_TRUE(settled(*queued.back()));
  for (const auto& made : queued) {
    ASSERT_EQ(made->attempt.poll(), AttemptState::kFailed);
    EXPECT_EQ(made->attempt.error().reason(), "upstream_connect_refused");
  }
  EXPECT_EQ(pool->open_connections(), 0u);
}

// Attempts and pools that end early.

TEST_F(PoolTest, AnAttemptMayEndWhileItConnects) {
  make();
  auto made = start();
  EXPECT_EQ(pool->open_connections(), 1u);
  made.reset();
  EXPECT_EQ(pool->open_connections(), 0u);
  EXPECT_EQ(in_flight(), 0u);
  auto next = start_ready();
}

TEST_F(PoolTest, AnAttemptMayEndWhileItResolves) {
  config = settings({target("orders.internal", raw.port())});
  make();
  auto made = start();
  made.reset();
  EXPECT_EQ(pool->open_connections(), 0u);
  resolver.answer({"127.0.0.1"});
  start_ready();
}

TEST_F(PoolTest, AnAttemptMayEndInTheQueue) {
  config.pool.connections = 1;
  make();
  auto first = start_ready();
  auto second = start();
  auto third = start();
  second.reset();
  first.reset();
  EXPECT_TRUE(settled(*third));
  EXPECT_EQ(third->attempt.poll(), AttemptState::kReady);
}

TEST_F(PoolTest, AnAttemptThatNeverStartedIsHarmless) {
  make();
  Try made(*this);
  EXPECT_EQ(made.attempt.poll(), AttemptState::kPending);
}

TEST_F(PoolTest, AttemptsOutliveTheirPool) {
  config.pool.connections = 2;
  make();
  auto in_call = start_ready();
  const net::UniqueFd peer = raw.accept();
  auto connecting = start();
  auto queued = start();
  pool.reset();
  exchange(*in_call, peer.get());
  in_call.reset();
  EXPECT_TRUE(hear_end(peer.get())) << "not kept any more";
  ASSERT_TRUE(settled(*connecting));
  EXPECT_EQ(connecting->attempt.poll(), AttemptState::kReady);
  ASSERT_TRUE(settled(*queued));
  EXPECT_EQ(queued->attempt.poll(), AttemptState::kReady);
}

TEST_F(PoolTest, APoolThatEndsClosesWhatIsIdle) {
  make();
  const net::UniqueFd peer = make_idle(raw);
  pool.reset();
  EXPECT_TRUE(hear_end(peer.get()));
}

}  // namespace
}  // namespace gatehouse::upstream::testing
