#include "upstream/rolling_window.hpp"

#include "gatehouse/base/clock.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace gatehouse::upstream {
namespace {

using namespace std::chrono_literals;

TEST(RollingWindowTest, SumsWhatIsWithinTheSpan) {
  ManualClock clock;
  RollingWindow window(10s);
  window.add(clock.now(), 1, 0);
  clock.advance(5s);
  window.add(clock.now(), 2, 1);
  EXPECT_EQ(window.sums(clock.now()).events, 3u);
  EXPECT_EQ(window.sums(clock.now()).marked, 1u);
  clock.advance(5s);
  EXPECT_EQ(window.sums(clock.now()).events, 2u);
  clock.advance(5s);
  EXPECT_EQ(window.sums(clock.now()).events, 0u);
}

TEST(RollingWindowTest, ForgetsABucketThatComesRoundAgain) {
  ManualClock clock;
  RollingWindow window(10s);
  window.add(clock.now(), 7, 7);
  clock.advance(10s);
  window.add(clock.now(), 1, 0);
  EXPECT_EQ(window.sums(clock.now()).events, 1u);
  EXPECT_EQ(window.sums(clock.now()).marked, 0u);
}

TEST(RollingWindowTest, KeepsTheShareWhenABucketIsFull) {
  ManualClock clock;
  RollingWindow window(10s);
  for (int i = 0; i < 40; ++i) window.add(clock.now(), 1'000'000, 250'000);
  const RollingWindow::Sums sums = window.sums(clock.now());
  EXPECT_GT(sums.events, 1'000'000u);
  EXPECT_NEAR(static_cast<double>(sums.marked) / static_cast<double>(sums.events), 0.25, 0.01);
}

TEST(RollingWindowTest, ClearForgetsEverything) {
  ManualClock clock;
  RollingWindow window(10s);
  window.add(clock.now(), 3, 2);
  window.clear();
  EXPECT_EQ(window.sums(clock.now()).events, 0u);
}

TEST(RollingWindowTest, LosesNothingBetweenThreads) {
  ManualClock clock;
  RollingWindow window(10s);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 20'000; ++n) window.add(clock.now(), 1, n % 2);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(window.sums(clock.now()).events, 80'000u);
  EXPECT_EQ(window.sums(clock.now()).marked, 40'000u);
}

}  // namespace
}  // namespace gatehouse::upstream
