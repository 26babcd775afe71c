#include "gatehouse/net/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <random>
#include <vector>

namespace gatehouse::net {
namespace {

using namespace std::chrono_literals;

class Probe final : public Timer {
 public:
  std::function<void()> on_fire;
  int fired = 0;

 private:
  void on_timer() override {
    ++fired;
    if (on_fire) on_fire();
  }
};

class TimerWheelTest : public testing::Test {
 protected:
  TimePoint start{1h};
  TimePoint now = start;
  TimerWheel wheel{start};

  void pass(Duration time) { wheel.advance(now += time); }
  void pass_in_ticks(Duration time) {
    for (const TimePoint until = now + time; now < until;) pass(10ms);
  }
};

TEST_F(TimerWheelTest, FiresOnceNotBeforeTheDeadlineAndAtMostTwoTicksAfter) {
  for (const Duration wait :
       {Duration(1ns), Duration(1ms), Duration(10ms), Duration(11ms), Duration(999ms), Duration(10230ms)}) {
    Probe timer;
    const TimePoint armed_at = now;
    wheel.arm(timer, armed_at + wait);
    while (timer.fired == 0) {
      ASSERT_TRUE(timer.armed());
      pass(1ms);
      ASSERT_LE(now, armed_at + wait + 2 * TimerWheel::kTick);
    }
    EXPECT_GE(now, armed_at + wait);
    EXPECT_FALSE(timer.armed());
    pass(1min);
    EXPECT_EQ(timer.fired, 1);
  }
}

TEST_F(TimerWheelTest, ADeadlineInThePastFiresWithTheNextTick) {
  Probe timer;
  wheel.arm(timer, start - 5s);
  pass(10ms);
  EXPECT_EQ(timer.fired, 1);
}

TEST_F(TimerWheelTest, MovingOutPostpones) {
  Probe timer;
  wheel.arm(timer, now + 50ms);
  for (int i = 0; i < 100; ++i) {
    pass(40ms);
    wheel.arm(timer, now + 50ms);
  }
  EXPECT_EQ(timer.fired, 0);
  pass_in_ticks(60ms);
  EXPECT_EQ(timer.fired, 1);
}

TEST_F(TimerWheelTest, MovingInFiresEarlier) {
  Probe timer;
  wheel.arm(timer, now + 5s);
  wheel.arm(timer, now + 20ms);
  EXPECT_EQ(timer.deadline(), now + 20ms);
  pass(20ms);
  EXPECT_EQ(timer.fired, 1);
  pass(10s);
  EXPECT_EQ(timer.fired, 1);
}

TEST_F(TimerWheelTest, DeadlinesBeyondTheWheelAreKept) {
  Probe hour;
  Probe never;
  wheel.arm(hour, now + 1h);
  wheel.arm(never, TimePoint::max());
  pass_in_ticks(1h - 10ms);
  EXPECT_EQ(hour.fired, 0);
  pass(10ms);
  EXPECT_EQ(hour.fired, 1);
  EXPECT_EQ(never.fired, 0);
  EXPECT_TRUE(never.armed());
}

TEST_F(TimerWheelTest, AGapFiresEverythingDueOnce) {
  std::vector<Probe> timers(500);
  for (std::size_t i = 0; i < timers.size(); ++i) wheel.arm(timers[i], now + i * 100ms);
  pass(24h);
  for (const auto& timer : timers) EXPECT_EQ(timer.fired, 1);
  EXPECT_TRUE(wheel.empty());
  wheel.arm(timers[0], now + 30ms);
  pass(30ms);
  EXPECT_EQ(timers[0].fired, 2);
}

TEST_F(TimerWheelTest, RearmingItselfInAGapFiresOncePerPass) {
  Probe timer;
  timer.on_fire = [&] { wheel.arm(timer, now + 10ms); };
  wheel.arm(timer, now + 10ms);
  now += 1h;
  wheel.advance(now);
  EXPECT_EQ(timer.fired, 1);
  pass(10ms);
  EXPECT_EQ(timer.fired, 2);
}

TEST_F(TimerWheelTest, RearmingInThePastDoesNotLoop) {
  Probe timer;
  timer.on_fire = [&] { wheel.arm(timer, start); };
  wheel.arm(timer, start);
  for (int i = 1; i <= 3; ++i) {
    pass(i == 2 ? Duration(1h) : Duration(10ms));
    EXPECT_EQ(timer.fired, i);
  }
}

TEST_F(TimerWheelTest, ATimerMayDestroyItself) {
  auto timer = std::make_unique<Probe>();
  bool fired = false;
  timer->on_fire = [&] {
    fired = true;
    timer.reset();
  };
  wheel.arm(*timer, now + 10ms);
  pass(10ms);
  EXPECT_TRUE(fired);
  EXPECT_TRUE(wheel.empty());
}

TEST_F(TimerWheelTest, ATimerMayDestroyDisarmOrMoveOthersOfItsSlot) {
  auto doomed = std::make_unique<Probe>();
  Probe first;
  Probe disarmed;
  Probe moved;
  first.on_fire = [&] {
    doomed.reset();
    wheel.disarm(disarmed);
    wheel.arm(moved, now + 1s);
  };
  wheel.arm(first, now + 10ms);
  wheel.arm(*doomed, now + 10ms);
  wheel.arm(disarmed, now + 10ms);
  wheel.arm(moved, now + 10ms);
  pass(10ms);
  EXPECT_EQ(first.fired, 1);
  EXPECT_EQ(disarmed.fired, 0);
  EXPECT_EQ(moved.fired, 0);
  pass_in_ticks(1s);
  EXPECT_EQ(moved.fired, 1);
}

TEST_F(TimerWheelTest, DestructionDisarms) {
  {
    Probe timer;
    wheel.arm(timer, now + 10ms);
    EXPECT_FALSE(wheel.empty());
  }
  EXPECT_TRUE(wheel.empty());
  pass(1s);
}

TEST(TimerWheelLifetimeTest, TimersMayOutliveTheWheel) {
  Probe timer;
  {
    TimerWheel wheel(TimePoint(1h));
    wheel.arm(timer, TimePoint(2h));
  }
  EXPECT_FALSE(timer.armed());
}

TEST_F(TimerWheelTest, NextIsNeverLaterThanTheFirstDeadlineNeedsIt) {
  EXPECT_EQ(wheel.next(), TimePoint::max());
  int kicks = 0;
  wheel.set_kick([](void* count) { ++*static_cast<int*>(count); }, &kicks);
  Probe late;
  Probe soon;
  wheel.arm(late, now + 5s);
  EXPECT_EQ(kicks, 1);
  EXPECT_EQ(wheel.next(), now + 5s);
  wheel.arm(soon, now + 1s);
  EXPECT_EQ(kicks, 2);
  EXPECT_EQ(wheel.next(), now + 1s);
  wheel.arm(soon, now + 2s);
  EXPECT_EQ(kicks, 2);
  pass(1s);
  EXPECT_EQ(wheel.next(), start + 2s);
  wheel.disarm(soon);
  pass(1s);
  EXPECT_EQ(wheel.next(), start + 5s);
  wheel.disarm(late);
  EXPECT_EQ(wheel.next(), TimePoint::max());
}

TEST_F(TimerWheelTest, SleepingUntilNextIsEnough) {
  std::mt19937 random(7);
  std::vector<Probe> timers(300);
  std::vector<TimePoint> deadlines;
  for (auto& timer : timers) {
    deadlines.push_back(now + std::chrono::milliseconds(random() % 60'000));
    wheel.arm(timer, deadlines.back());
  }
  std::size_t passes = 0;
  while (!wheel.empty()) {
    ASSERT_GT(wheel.next(), now);
    wheel.advance(now = wheel.next());
    ASSERT_LT(++passes, 2000U);
    for (std::size_t i = 0; i < timers.size(); ++i) {
      ASSERT_FALSE(timers[i].fired > 0 && deadlines[i] > now);
      ASSERT_FALSE(timers[i].fired == 0 && deadlines[i] + 2 * TimerWheel::kTick < now);
    }
  }
}

}  // namespace
}  // namespace gatehouse::net
