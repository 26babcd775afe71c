// How a pool follows the name of its target.
#include "unit/upstream/pool_fixture.hpp"

#include <gmock/gmock.h>

namespace gatehouse::upstream::testing {
namespace {

TEST_F(PoolTest, LooksANameUpOnceForManyAttempts) {
  config = settings({target("orders.internal", raw.port())});
  make();
  auto one = start();
  auto other = start();
  ASSERT_EQ(resolver.asked.size(), 1u);
  EXPECT_EQ(resolver.asked[0].host, "orders.internal");
  resolver.answer({"127.0.0.1"});
  EXPECT_TRUE(settled(*one));
  EXPECT_TRUE(settled(*other));
  EXPECT_EQ(one->attempt.poll(), AttemptState::kReady);
  EXPECT_EQ(other->attempt.poll(), AttemptState::kReady);
}

TEST_F(PoolTest, ReportsANameThatDoesNotExist) {
  config = settings({target("nowhere.internal", raw.port())});
  make();
  auto made = start();
  resolver.fail();
  ASSERT_EQ(made->attempt.poll(), AttemptState::kFailed);
  EXPECT_EQ(made->attempt.error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(made->attempt.error().reason(), "dns_not_found");
  EXPECT_TRUE(made->attempt.error().retry_allowed());
  EXPECT_EQ(start()->attempt.error().reason(), "dns_not_found") << "at once, without another lookup";
  EXPECT_THAT(resolver.asked, ::testing::IsEmpty());
  EXPECT_EQ(pool->open_connections(), 0u);
}

TEST_F(PoolTest, ALookupThatIsNotAnsweredEndsWithTheConnectTimeout) {
  config = settings({target("slow.internal", raw.port())});
  config.timeouts.connect = 30ms;
  make();
  auto made = start();
  ASSERT_TRUE(settled(*made));
  EXPECT_EQ(made->attempt.error().kind(), ErrorKind::kTimeout);
  EXPECT_EQ(made->attempt.error().reason(), "dns_timeout");
}

TEST_F(PoolTest, TriesTheNextAddressOfAName) {
  RawBackend second("127.0.0.2", raw.port());
  raw.close();
  config = settings({target("orders.internal", second.port())});
  make();
  auto made = start();
  resolver.answer({"127.0.0.1", "127.0.0.2"});
  ASSERT_TRUE(settled(*made));
  EXPECT_EQ(made->attempt.poll(), AttemptState::kReady);
  EXPECT_TRUE(second.has_connection());
}

TEST_F(PoolTest, AnAddressThatDoesNotAnswerLeavesTimeForTheNext) {
  RawBackend deaf("127.0.0.1", 0, 0);
  RawBackend second("127.0.0.2", deaf.port());
  deaf.stop_answering();
  config = settings({target("orders.internal", deaf.port())});
  config.timeouts.connect = 200ms;
  make();
  auto made = start();
  resolver.answer({"127.0.0.1", "127.0.0.2"});
  ASSERT_TRUE(settled(*made));
  EXPECT_EQ(made->attempt.poll(), AttemptState::kReady);
}

TEST_F(PoolTest, SpreadsConnectionsOverTheAddressesOfAName) {
  RawBackend second("127.0.0.2", raw.port());
  config = settings({target("orders.internal", raw.port())});
  make();
  auto one = start();
  resolver.answer({"127.0.0.1", "127.0.0.2"});
  ASSERT_TRUE(settled(*one));
  auto other = start_ready();
  EXPECT_TRUE(raw.has_connection());
  EXPECT_TRUE(second.has_connection());
}

TEST_F(PoolTest, LooksAgainWhenAConnectionFails) {
  config = settings({target("orders.internal", closed_port())});
  make();
  auto made = start();
  resolver.answer({"127.0.0.1"});
  ASSERT_TRUE(settled(*made));
  pass(worker, 500ms);
  EXPECT_TRUE(resolver.asked.empty());
  made = start();
  ASSERT_TRUE(settled(*made));
  EXPECT_EQ(made->attempt.error().reason(), "upstream_connect_refused");
  EXPECT_EQ(resolver.asked.size(), 1u);
}

TEST_F(PoolTest, DropsIdleConnectionsToAddressesThatVanished) {
  config = settings({target("orders.internal", raw.port())});
  make();
  auto made = start();
  resolver.answer({"127.0.0.1"}, 0ms);  // due at once
  ASSERT_TRUE(settled(*made));
  const net::UniqueFd peer = raw.accept();
  exchange(*made, peer.get());
  made.reset();
  ASSERT_EQ(pool->idle_connections(), 1u);
  RawBackend second("127.0.0.2", raw.port());
  auto in_use = start();  // takes the idle one
  auto opens = start();   // looks the name up again, meanwhile uses the old address
  ASSERT_TRUE(settled(*opens));
  exchange(*in_use, peer.get());
  const net::UniqueFd peer_of_opened = raw.accept();
  exchange(*opens, peer_of_opened.get());
  opens.reset();
  ASSERT_EQ(pool->idle_connections(), 1u);
  ASSERT_EQ(resolver.asked.size(), 1u);
  resolver.answer({"127.0.0.2"});
  EXPECT_EQ(pool->idle_connections(), 0u) << "the idle one is dropped";
  in_use.reset();
  EXPECT_EQ(pool->idle_connections(), 0u) << "the other when its call ends";
  EXPECT_TRUE(hear_end(peer.get()));
  EXPECT_TRUE(hear_end(peer_of_opened.get()));
}

}  // namespace
}  // namespace gatehouse::upstream::testing
