#include "gatehouse/http/server.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace gatehouse::http {
namespace {

using Verdict = ConnectionLimits::Verdict;

IpAddress address(int last) {
  return *IpAddress::parse("10.0." + std::to_string(last / 256) + "." + std::to_string(last % 256));
}

TEST(ConnectionLimitsTest, AdmitsUpToTheListenersLimit) {
  ConnectionLimits limits;
  EXPECT_EQ(limits.admit(address(1), 2, 0), Verdict::kAdmitted);
  EXPECT_EQ(limits.admit(address(2), 2, 0), Verdict::kAdmitted);
  EXPECT_EQ(limits.admit(address(3), 2, 0), Verdict::kListenerFull);
  EXPECT_EQ(limits.open(), 2u);
  limits.release(address(1), 0);
  EXPECT_EQ(limits.admit(address(3), 2, 0), Verdict::kAdmitted);
}

TEST(ConnectionLimitsTest, AdmitsUpToTheLimitOfEachClient) {
  ConnectionLimits limits;
  EXPECT_EQ(limits.admit(address(1), 100, 2), Verdict::kAdmitted);
  EXPECT_EQ(limits.admit(address(1), 100, 2), Verdict::kAdmitted);
  EXPECT_EQ(limits.admit(address(1), 100, 2), Verdict::kClientFull);
  EXPECT_EQ(limits.admit(address(2), 100, 2), Verdict::kAdmitted);
  EXPECT_EQ(limits.open(), 3u);
  limits.release(address(1), 2);
  EXPECT_EQ(limits.admit(address(1), 100, 2), Verdict::kAdmitted);
}

TEST(ConnectionLimitsTest, AdmitsNobodyWhileTheProcessIsOverloaded) {
  const auto overload = std::make_shared<Overload>();
  ConnectionLimits limits(overload);
  overload->refuses_connections = true;
  EXPECT_EQ(limits.admit(address(1), 2, 2), Verdict::kOverloaded);
  EXPECT_EQ(limits.open(), 0u);
  overload->refuses_connections = false;
  EXPECT_EQ(limits.admit(address(1), 2, 2), Verdict::kAdmitted);
}

TEST(ConnectionLimitsTest, DoesNotCountByClientWithoutALimit) {
  ConnectionLimits limits;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(limits.admit(address(1), 100, 0), Verdict::kAdmitted);
  // A client that was not counted takes no room from itself later.
  EXPECT_EQ(limits.admit(address(1), 100, 1), Verdict::kAdmitted);
  EXPECT_EQ(limits.open(), 11u);
}

TEST(ConnectionLimitsTest, FollowsALimitThatChanges) {
  ConnectionLimits limits;
  for (int i = 0; i < 4; ++i) EXPECT_EQ(limits.admit(address(1), 10, 10), Verdict::kAdmitted);
  EXPECT_EQ(limits.admit(address(1), 10, 3), Verdict::kClientFull);
  EXPECT_EQ(limits.admit(address(2), 3, 10), Verdict::kListenerFull);
  EXPECT_EQ(limits.admit(address(1), 10, 5), Verdict::kAdmitted);
}

TEST(ConnectionLimitsTest, CountsRightFromManyThreads) {
  ConnectionLimits limits;
  constexpr std::uint32_t kLimit = 50;
  constexpr std::uint32_t kPerClient = 3;
  std::atomic<bool> exceeded = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::vector<IpAddress> held;
      for (int i = 0; i < 5000; ++i) {
        const IpAddress client = address((i * 7 + t) % 40);
        if (limits.admit(client, kLimit, kPerClient) == Verdict::kAdmitted) held.push_back(client);
        if (limits.open() > kLimit + 4) exceeded = true;  // each thread may be about to take its own back
        if (held.size() > 20) {
          limits.release(held.front(), kPerClient);
          held.erase(held.begin());
        }
      }
      for (const IpAddress& client : held) limits.release(client, kPerClient);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_FALSE(exceeded);
  EXPECT_EQ(limits.open(), 0u);
  for (std::uint32_t i = 0; i < kPerClient; ++i)
    EXPECT_EQ(limits.admit(address(7), kLimit, kPerClient), Verdict::kAdmitted);
  EXPECT_EQ(limits.admit(address(7), kLimit, kPerClient), Verdict::kClientFull);
}

}  // namespace
}  // namespace gatehouse::http
