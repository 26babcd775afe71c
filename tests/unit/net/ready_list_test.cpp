#include "gatehouse/net/ready_list.hpp"

#include "gatehouse/net/task.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

namespace gatehouse::net {
namespace {

Task<void> run_rounds(Waiter* waiter, int rounds, int* count) {
  for (int i = 0; i < rounds; ++i) {
    co_await *waiter;
    ++*count;
  }
}

Task<void> run_then(Waiter* waiter, std::function<void()> then) {
  co_await *waiter;
  then();
}

TEST(ReadyListTest, AWokenSleeperResumesInRunAndNotInWake) {
  ReadyList ready;
  Waiter waiter(ready);
  int count = 0;
  auto task = run_rounds(&waiter, 1, &count);
  task.start();
  waiter.wake();
  EXPECT_EQ(count, 0);
  EXPECT_FALSE(ready.empty());
  ready.run();
  EXPECT_EQ(count, 1);
  EXPECT_TRUE(task.done());
  EXPECT_TRUE(ready.empty());
}

TEST(ReadyListTest, AWakeBeforeTheSleepIsNotLost) {
  ReadyList ready;
  Waiter waiter(ready);
  int count = 0;
  waiter.wake();
  EXPECT_TRUE(ready.empty());
  auto task = run_rounds(&waiter, 2, &count);
  task.start();
  EXPECT_EQ(count, 1);
  EXPECT_FALSE(task.done());
}

TEST(ReadyListTest, WakingTwiceResumesOnce) {
  ReadyList ready;
  Waiter waiter(ready);
  int count = 0;
  auto task = run_rounds(&waiter, 3, &count);
  task.start();
  waiter.wake();
  waiter.wake();
  ready.run();
  EXPECT_EQ(count, 1);
}

TEST(ReadyListTest, ResumesInTheOrderOfWaking) {
  ReadyList ready;
  Waiter a(ready);
  Waiter b(ready);
  Waiter c(ready);
  std::string order;
  auto first = run_then(&a, [&] { order += 'a'; });
  auto second = run_then(&b, [&] { order += 'b'; });
  auto third = run_then(&c, [&] { order += 'c'; });
  for (auto* task : {&first, &second, &third}) task->start();
  b.wake();
  c.wake();
  a.wake();
  ready.run();
  EXPECT_EQ(order, "bca");
}

TEST(ReadyListTest, RunInsideRunReturnsAtOnceAndWhatBecomesReadyStillRuns) {
  ReadyList ready;
  Waiter a(ready);
  Waiter b(ready);
  bool inside = true;
  bool second_ran = false;
  auto second = run_then(&b, [&] {
    second_ran = true;
    EXPECT_FALSE(inside);
  });
  auto first = run_then(&a, [&] {
    b.wake();
    ready.run();
    EXPECT_FALSE(second_ran);
    inside = false;
  });
  first.start();
  second.start();
  a.wake();
  ready.run();
  EXPECT_TRUE(second_ran);
}

TEST(ReadyListTest, ADestroyedWaiterIsForgotten) {
  ReadyList ready;
  Waiter a(ready);
  auto b = std::make_unique<Waiter>(ready);
  Waiter c(ready);
  int count = 0;
  auto first = run_then(&a, [&] { b.reset(); });
  auto second = run_rounds(b.get(), 1, &count);
  auto third = run_rounds(&c, 1, &count);
  for (auto* task : {&first, &second, &third}) task->start();
  a.wake();
  b->wake();
  c.wake();
  ready.run();
  EXPECT_EQ(count, 1);
  EXPECT_FALSE(second.done());
}

TEST(ReadyListTest, ACoroutineDestroyedAsleepIsForgotten) {
  ReadyList ready;
  Waiter waiter(ready);
  int count = 0;
  auto asleep = run_rounds(&waiter, 1, &count);
  asleep.start();
  asleep.reset();
  waiter.wake();
  EXPECT_TRUE(ready.empty());

  auto woken = run_rounds(&waiter, 2, &count);
  woken.start();
  EXPECT_EQ(count, 1);
  waiter.wake();
  woken.reset();
  ready.run();
  EXPECT_EQ(count, 1);
}

TEST(ReadyListTest, KicksWhenTheFirstBecomesReadyOutsideOfRun) {
  ReadyList ready;
  int kicks = 0;
  ready.set_kick([](void* count) { ++*static_cast<int*>(count); }, &kicks);
  Waiter a(ready);
  Waiter b(ready);
  auto second = run_then(&b, [] {});
  auto first = run_then(&a, [&] { b.wake(); });
  first.start();
  second.start();
  a.wake();
  EXPECT_EQ(kicks, 1);
  ready.run();
  EXPECT_EQ(kicks, 1);
  EXPECT_TRUE(second.done());
}

}  // namespace
}  // namespace gatehouse::net
