#include "upstream/retry_budget.hpp"

#include <gtest/gtest.h>

namespace gatehouse::upstream {
namespace {

using namespace std::chrono_literals;

int take_all(RetryBudget& budget) {
  int taken = 0;
  while (taken < 1000 && budget.take()) ++taken;
  return taken;
}

TEST(RetryBudgetTest, AllowsThreeWithoutTraffic) {
  ManualClock clock;
  RetryBudget budget(0.2, clock);
  EXPECT_EQ(take_all(budget), 3);
}

TEST(RetryBudgetTest, AllowsItsShareOfTheRequests) {
  ManualClock clock;
  RetryBudget budget(0.2, clock);
  for (int i = 0; i < 100; ++i) budget.count_request(clock.now());
  EXPECT_EQ(take_all(budget), 20);
}

TEST(RetryBudgetTest, ForgetsRequestsAndRetriesAfterTenSeconds) {
  ManualClock clock;
  RetryBudget budget(0.2, clock);
  for (int i = 0; i < 100; ++i) budget.count_request(clock.now());
  EXPECT_EQ(take_all(budget), 20);
  clock.advance(5s);
  EXPECT_EQ(take_all(budget), 0);
  clock.advance(5s);
  EXPECT_EQ(take_all(budget), 3);
}

TEST(RetryBudgetTest, AShareOfZeroStillAllowsThree) {
  ManualClock clock;
  RetryBudget budget(0, clock);
  for (int i = 0; i < 100; ++i) budget.count_request(clock.now());
  EXPECT_EQ(take_all(budget), 3);
}

}  // namespace
}  // namespace gatehouse::upstream
