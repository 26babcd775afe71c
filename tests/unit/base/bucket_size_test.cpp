#include "gatehouse/base/bucket_size.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

namespace gatehouse {
namespace {

using namespace std::chrono_literals;

TEST(BucketSizeTest, IsTheRateAndTheBurstInTime) {
  const BucketSize size({10, 1s}, 5);
  EXPECT_EQ(size.interval, 100ms);
  EXPECT_EQ(size.burst, 5u);
  EXPECT_EQ(size.tolerance, 400ms);
  EXPECT_EQ(BucketSize({3, 1s}, 1).interval, 333'333'333ns);
}

TEST(BucketSizeTest, HoldsOneTokenAtLeast) {
  const BucketSize size({1, 1h}, 0);
  EXPECT_EQ(size.burst, 1u);
  EXPECT_EQ(size.tolerance, 0ns);
}

TEST(BucketSizeTest, StaysFarFromOverflow) {
  const BucketSize endless({1e-12, 1h}, ~std::uint64_t{0});
  EXPECT_EQ(endless.interval, 24h * 365);
  EXPECT_EQ(endless.burst, 100u);
  const BucketSize fast({1e12, 1s}, ~std::uint64_t{0});
  EXPECT_EQ(fast.interval, 1ns);
  EXPECT_LT(fast.tolerance, 24h * 365 * 100);
}

TEST(BucketSizeTest, IsOneSecondOfTheRateUnlessTold) {
  EXPECT_EQ(default_burst({50, 1s}), 50u);
  EXPECT_EQ(default_burst({90, 60s}), 1u);
  EXPECT_EQ(default_burst({1, 1h}), 1u);
}

}  // namespace
}  // namespace gatehouse
