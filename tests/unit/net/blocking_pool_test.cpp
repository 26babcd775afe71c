#include "gatehouse/net/blocking_pool.hpp"

#include "unit/net/support.hpp"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <thread>

namespace gatehouse::net {
namespace {

using namespace std::chrono_literals;

TEST(BlockingPoolTest, WorksElsewhereAndIsDoneOnTheWorker) {
  Worker worker(0);
  BlockingPool pool(2, 100);
  int done = 0;
  for (int i = 0; i < 50; ++i) {
    auto where = std::make_shared<std::thread::id>();
    ASSERT_TRUE(pool.submit(
        worker, [where] { *where = std::this_thread::get_id(); },
        [where, &done] {
          EXPECT_NE(*where, std::this_thread::get_id());
          ++done;
        }));
  }
  EXPECT_TRUE(testing::run_until(worker, [&] { return done == 50; }));
}

TEST(BlockingPoolTest, RefusesWhenTheQueueIsFull) {
  Worker worker(0);
  BlockingPool pool(1, 2);
  std::promise<void> started;
  std::promise<void> release;
  auto released = release.get_future().share();
  int done = 0;
  ASSERT_TRUE(pool.submit(
      worker,
      [&started, released] {
        started.set_value();
        released.wait();
      },
      [&] { ++done; }));
  ASSERT_EQ(started.get_future().wait_for(20s), std::future_status::ready);
  EXPECT_TRUE(pool.submit(worker, [] {}, [&] { ++done; }));
  EXPECT_TRUE(pool.submit(worker, [] {}, [&] { ++done; }));
  EXPECT_FALSE(pool.submit(worker, [] { FAIL(); }, [] { FAIL(); }));
  release.set_value();
  EXPECT_TRUE(testing::run_until(worker, [&] { return done == 3; }));
  EXPECT_TRUE(pool.submit(worker, [] {}, [&] { ++done; }));
  EXPECT_TRUE(testing::run_until(worker, [&] { return done == 4; }));
}

TEST(BlockingPoolTest, StopFinishesWhatRunsAndDropsWhatWaits) {
  Worker worker(0);
  BlockingPool pool(1, 10);
  std::promise<void> started;
  std::promise<void> release;
  auto released = release.get_future().share();
  std::atomic<bool> finished = false;
  auto dropped = std::make_shared<int>(0);
  ASSERT_TRUE(pool.submit(
      worker,
      [&, released] {
        started.set_value();
        released.wait();
        finished = true;
      },
      [] {}));
  ASSERT_EQ(started.get_future().wait_for(20s), std::future_status::ready);
  ASSERT_TRUE(pool.submit(worker, [dropped] { FAIL(); }, [dropped] { FAIL(); }));
  std::thread stopper([&] { pool.stop(); });
  // The waiting job is dropped before stop() waits for the running one.
  while (dropped.use_count() > 1) std::this_thread::yield();
  release.set_value();
  stopper.join();
  EXPECT_TRUE(finished);
  EXPECT_FALSE(pool.submit(worker, [] {}, [] {}));
}

TEST(BlockingPoolTest, WorkThatThrowsIsLoggedAndStillDone) {
  Worker worker(0);
  ::testing::internal::CaptureStderr();
  bool done = false;
  {
    BlockingPool pool(1, 10);
    ASSERT_TRUE(pool.submit(worker, [] { throw std::runtime_error("disk"); }, [&] { done = true; }));
    EXPECT_TRUE(testing::run_until(worker, [&] { return done; }));
  }
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("blocking_work_failed error=disk"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::net
