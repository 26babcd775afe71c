#include "dynamo/engine/local/read_policy.hpp"

#include <gtest/gtest.h>

namespace gatehouse::dynamo {
namespace {

using namespace std::chrono_literals;

void miss(ReadPolicy& policy, std::uint32_t times, Duration took) {
  for (std::uint32_t i = 0; i < times; ++i) policy.missed(took);
}

TEST(ReadPolicyTest, ReadsThatHitAreTriedWithoutWaiting) {
  ReadPolicy policy;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(policy.may_wait());
    policy.hit();
  }
}

TEST(ReadPolicyTest, FastMissesAreReadAtOnceForAWhile) {
  ReadPolicy policy;
  miss(policy, ReadPolicy::kWindow, 12us);
  for (std::uint32_t i = 0; i < ReadPolicy::kInlineReads; ++i) {
    ASSERT_TRUE(policy.may_wait());
    policy.waited(12us);
  }
  EXPECT_FALSE(policy.may_wait());
}

TEST(ReadPolicyTest, FewMissesStayOnThePool) {
  ReadPolicy policy;
  miss(policy, ReadPolicy::kWindow / 2, 12us);
  for (std::uint32_t i = 0; i < ReadPolicy::kWindow / 2; ++i) policy.hit();
  EXPECT_FALSE(policy.may_wait());
}

TEST(ReadPolicyTest, SlowMissesStayOnThePool) {
  ReadPolicy policy;
  miss(policy, ReadPolicy::kWindow - 5, 12us);
  miss(policy, 5, 200us);
  EXPECT_FALSE(policy.may_wait());
}

TEST(ReadPolicyTest, AStallEndsWaitingAtOnce) {
  ReadPolicy policy;
  miss(policy, ReadPolicy::kWindow, 12us);
  ASSERT_TRUE(policy.may_wait());
  policy.waited(3ms);
  EXPECT_FALSE(policy.may_wait());
}

}  // namespace
}  // namespace gatehouse::dynamo
