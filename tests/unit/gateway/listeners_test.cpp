#include "gateway/listeners.hpp"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

config::ListenerSettings on_port(std::uint16_t port) {
  config::ListenerSettings settings;
  settings.address = {*IpAddress::parse("127.0.0.1"), port};
  return settings;
}

TEST(ListenersTest, BindsOneSocketForEachWorkerToTheSamePort) {
  Listeners listeners;
  auto plan = listeners.plan({on_port(0)}, 3);
  ASSERT_TRUE(plan);
  auto shares = listeners.commit(std::move(*plan));
  ASSERT_EQ(shares.size(), 3u);
  for (const auto& share : shares) {
    ASSERT_EQ(share.size(), 1u);
    EXPECT_EQ(net::local_endpoint(share[0].socket.get()), listeners.bound()[0]);
    EXPECT_EQ(share[0].limits, shares[0][0].limits);
  }
}

TEST(ListenersTest, KeepsWhatIsOpenAlready) {
  Listeners listeners;
  auto first = listeners.plan({on_port(0)}, 1);
  ASSERT_TRUE(first);
  auto shares = listeners.commit(std::move(*first));
  const Endpoint bound = listeners.bound()[0];
  auto again = listeners.plan({on_port(0)}, 1);
  ASSERT_TRUE(again);
  shares = listeners.commit(std::move(*again));
  EXPECT_EQ(listeners.bound()[0], bound);
  EXPECT_FALSE(shares[0][0].socket);
}

TEST(ListenersTest, APortThatIsTakenFailsThePlanAndChangesNothing) {
  const auto taken = net::bind_listener({*IpAddress::parse("127.0.0.1"), 0});
  ASSERT_TRUE(taken);
  Listeners listeners;
  const auto plan = listeners.plan({on_port(net::local_endpoint(taken->get()).port)}, 1);
  ASSERT_FALSE(plan);
  EXPECT_NE(plan.error().message().find("127.0.0.1"), std::string::npos);
  EXPECT_TRUE(listeners.bound().empty());
}

TEST(ListenersTest, AListenerMayMoveToEveryAddressOfItsOwnPort) {
  Listeners listeners;
  auto first = listeners.plan({on_port(0)}, 2);
  ASSERT_TRUE(first);
  const auto shares = listeners.commit(std::move(*first));
  config::ListenerSettings everywhere;
  everywhere.address = {*IpAddress::parse("0.0.0.0"), listeners.bound()[0].port};
  const auto second = listeners.plan({everywhere}, 2);
  EXPECT_TRUE(second) << second.error().message();
}

}  // namespace
}  // namespace gatehouse::gateway
