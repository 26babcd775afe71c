#include "gatehouse/base/error.hpp"
#include "gatehouse/net/task_group.hpp"
#include "unit/net/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <stdexcept>

namespace gatehouse::net {
namespace {

using namespace std::chrono_literals;

Task<int> answer(Waiter* waiter) {
  co_await *waiter;
  co_return 42;
}

Task<int> twice(Waiter* waiter) {
  const int once = co_await answer(waiter);
  co_return once * 2;
}

Task<void> broken() {
  throw std::runtime_error("broken");
  co_return;
}

Task<std::string> catching() {
  std::string caught;
  try {
    co_await broken();
  } catch (const std::runtime_error& problem) {
    caught = problem.what();
  }
  co_return caught;
}

Task<Result<bool>> refused() {
  const Result<bool> no = Error(ErrorKind::kRefused, ErrorSource::kGateway, "no", "no");
  co_return no;
}

// Where the thread's stack is just now.
Task<const char*> where() {
  co_return static_cast<const char*>(__builtin_frame_address(0));
}

Task<const char*> pass_on() { co_return co_await where(); }

Task<std::size_t> use_of_stack(int rounds, Waiter* waiter) {
  const char* first = nullptr;
  std::size_t most = 0;
  for (int i = 0; i < rounds; ++i) {
    const char* const at = co_await pass_on();
    if (first == nullptr) first = at;
    most = std::max(most, static_cast<std::size_t>(std::abs(at - first)));
    if (i == 0 && waiter != nullptr) {
      co_await *waiter;
      first = nullptr;
    }
  }
  co_return most;
}

struct Flag {
  bool* set;
  explicit Flag(bool* flag) : set(flag) {}
  Flag(const Flag&) = delete;
  Flag& operator=(const Flag&) = delete;
  ~Flag() { *set = true; }
};

Task<void> run_holding(Waiter* waiter, std::unique_ptr<Flag> flag) {
  co_await *waiter;
  flag.reset();
}

Task<void> run_sleeper(Worker* worker, Duration time, int* count) {
  co_await sleep_for(*worker, time);
  ++*count;
}

Task<void> run_spawning_on_the_way_out(TaskGroup* group, Waiter* waiter, bool* refused) {
  struct OnExit {
    TaskGroup* group;
    bool* refused;
    ~OnExit() { *refused = !group->spawn("late", broken()); }
  };
  const OnExit on_exit{group, refused};
  co_await *waiter;
}

TEST(TaskTest, PassesTheResultToItsAwaiter) {
  ReadyList ready;
  Waiter waiter(ready);
  auto task = twice(&waiter);
  task.start();
  EXPECT_FALSE(task.done());
  waiter.wake();
  ready.run();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.take(), 84);
}

TEST(TaskTest, PassesExceptionsToItsAwaiter) {
  auto task = catching();
  task.start();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.take(), "broken");
  auto top = broken();
  top.start();
  EXPECT_THROW(top.take(), std::runtime_error);
}

TEST(TaskTest, AConstantResultIsNotTakenForWhetherThereIsOne) {
  auto task = refused();
  task.start();
  ASSERT_TRUE(task.done());
  const Result<bool> result = task.take();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason(), "no");
}

TEST(TaskTest, ALoopOverTasksThatNeedNotWaitKeepsItsStack) {
  auto task = use_of_stack(1000, nullptr);
  task.start();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.take(), 0U);
}

TEST(TaskTest, ALoopThatWasResumedKeepsItsStackToo) {
  ReadyList ready;
  Waiter waiter(ready);
  auto task = use_of_stack(1000, &waiter);
  task.start();
  waiter.wake();
  ready.run();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.take(), 0U);
}

TEST(TaskTest, DestroyingASuspendedTaskDestroysWhatItOwns) {
  ReadyList ready;
  Waiter waiter(ready);
  bool destroyed = false;
  {
    auto task = run_holding(&waiter, std::make_unique<Flag>(&destroyed));
    task.start();
    EXPECT_FALSE(destroyed);
  }
  EXPECT_TRUE(destroyed);
}

TEST(TaskTest, ATaskThatNeverStartedDestroysItsArguments) {
  ReadyList ready;
  Waiter waiter(ready);
  bool destroyed = false;
  {
    auto task = run_holding(&waiter, std::make_unique<Flag>(&destroyed));
  }
  EXPECT_TRUE(destroyed);
}

TEST(SleepTest, LastsAtLeastAsLongAsAsked) {
  Worker worker(0);
  TaskGroup group(worker);
  int count = 0;
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(group.spawn("sleeper", run_sleeper(&worker, 30ms, &count)));
  ASSERT_TRUE(testing::run_until(worker, [&] { return count == 1; }));
  EXPECT_GE(std::chrono::steady_clock::now() - start, 30ms);
}

TEST(TaskGroupTest, ForgetsTasksThatEnded) {
  Worker worker(0);
  TaskGroup group(worker);
  int count = 0;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(group.spawn("sleeper", run_sleeper(&worker, i * 2ms, &count)));
  EXPECT_EQ(group.size(), 10U);
  ASSERT_TRUE(testing::run_until(worker, [&] { return group.size() == 0; }));
  EXPECT_EQ(count, 10);
}

TEST(TaskGroupTest, LogsWhatATaskThrows) {
  Worker worker(0);
  TaskGroup group(worker);
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(group.spawn("breaker", broken()));
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("error task_failed task=breaker error=broken"),
            std::string::npos);
  EXPECT_EQ(group.size(), 0U);
}

TEST(TaskGroupTest, RefusesBeyondItsLimit) {
  Worker worker(0);
  Waiter waiter(worker.ready());
  bool destroyed[3] = {};
  TaskGroup group(worker, 2);
  EXPECT_TRUE(group.spawn("one", run_holding(&waiter, std::make_unique<Flag>(&destroyed[0]))));
  Waiter other(worker.ready());
  EXPECT_TRUE(group.spawn("two", run_holding(&other, std::make_unique<Flag>(&destroyed[1]))));
  EXPECT_FALSE(group.spawn("three", run_holding(&waiter, std::make_unique<Flag>(&destroyed[2]))));
  EXPECT_TRUE(destroyed[2]);
  EXPECT_FALSE(destroyed[0]);
  other.wake();
  ASSERT_TRUE(testing::run_until(worker, [&] { return destroyed[1]; }));
  EXPECT_EQ(group.size(), 1U);
}

TEST(TaskGroupTest, StopDestroysEveryTaskAndStartsNoMore) {
  Worker worker(0);
  Waiter a(worker.ready());
  Waiter b(worker.ready());
  bool destroyed = false;
  bool refused = false;
  TaskGroup group(worker);
  ASSERT_TRUE(group.spawn("holder", run_holding(&a, std::make_unique<Flag>(&destroyed))));
  ASSERT_TRUE(group.spawn("respawner", run_spawning_on_the_way_out(&group, &b, &refused)));
  int count = 0;
  ASSERT_TRUE(group.spawn("sleeper", run_sleeper(&worker, 1h, &count)));
  a.wake();
  group.stop();
  EXPECT_TRUE(destroyed);
  EXPECT_TRUE(refused);
  EXPECT_EQ(group.size(), 0U);
  EXPECT_TRUE(worker.timers().empty());
  EXPECT_FALSE(group.spawn("late", broken()));
}

TEST(TaskGroupTest, MayBeDestroyedBeforeItsTasksAreCollected) {
  Worker worker(0);
  Waiter waiter(worker.ready());
  bool destroyed = false;
  auto group = std::make_unique<TaskGroup>(worker);
  ASSERT_TRUE(group->spawn("holder", run_holding(&waiter, std::make_unique<Flag>(&destroyed))));
  waiter.wake();
  worker.ready().run();
  EXPECT_EQ(group->size(), 0U);
  group.reset();
  bool turned = false;
  worker.post([&] { turned = true; });
  EXPECT_TRUE(testing::run_until(worker, [&] { return turned; }));
}

}  // namespace
}  // namespace gatehouse::net
