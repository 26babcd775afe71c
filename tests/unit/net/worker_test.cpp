#include "gatehouse/net/worker.hpp"

#include "gatehouse/net/task.hpp"
#include "unit/net/support.hpp"

#include <sys/socket.h>

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>
#include <thread>
#include <vector>

namespace gatehouse::net {
namespace {

using namespace std::chrono_literals;

TEST(WorkerTest, RunsEveryPostOfEveryThreadInItsOrder) {
  constexpr int kThreads = 4;
  constexpr int kPosts = 5000;
  testing::RunningWorker worker;
  std::vector<std::vector<int>> seen(kThreads);
  std::promise<void> all;
  std::size_t total = 0;  // of the worker's thread
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kPosts; ++i) {
        worker->post([&, t, i] {
          seen[static_cast<std::size_t>(t)].push_back(i);
          if (++total == kThreads * kPosts) all.set_value();
        });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  ASSERT_EQ(all.get_future().wait_for(20s), std::future_status::ready);
  for (const auto& one : seen) {
    ASSERT_EQ(one.size(), static_cast<std::size_t>(kPosts));
    for (int i = 0; i < kPosts; ++i) ASSERT_EQ(one[static_cast<std::size_t>(i)], i);
  }
}

TEST(WorkerTest, PostsFromBeforeItRunsAreNotLost) {
  Worker worker(0);
  worker.post([&] { worker.stop(); });
  worker.run();
}

TEST(WorkerTest, StopBeforeItRunsIsNotLost) {
  Worker worker(0);
  worker.stop();
  worker.run();
}

TEST(WorkerTest, DropsWhatWasPostedAfterItsEnd) {
  auto owned = std::make_shared<int>(1);
  {
    Worker worker(0);
    worker.stop();
    worker.run();
    worker.post([owned] { FAIL(); });
    worker.after_turn([owned] { FAIL(); });
  }
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(WorkerTest, WorkersPostToEachOther) {
  testing::RunningWorker a(0);
  testing::RunningWorker b(1);
  std::promise<void> done;
  std::function<void(int)> bounce = [&](int left) {
    if (left == 0) {
      done.set_value();
      return;
    }
    (left % 2 == 0 ? *a : *b).post([&, left] { bounce(left - 1); });
  };
  a->post([&] { bounce(2000); });
  EXPECT_EQ(done.get_future().wait_for(20s), std::future_status::ready);
}

class Echo final : public IoHandler {
 public:
  Echo(Worker& worker, UniqueFd fd) : worker_(worker), stream_(make_plain_stream(std::move(fd))) {
    EXPECT_TRUE(worker_.reactor().add(stream_->fd(), *this));
  }
  ~Echo() { worker_.reactor().remove(stream_->fd(), *this); }
  std::size_t moved = 0;
  bool ended = false;

 private:
  void on_io(std::uint32_t events) override {
    stream_->note(events);
    while (stream_->may_read()) {
      const auto buffer = worker_.receive_buffer();
      const IoResult got = stream_->read(buffer);
      if (got.status == IoStatus::kEnd) ended = true;
      if (got.status != IoStatus::kOk) return;
      const iovec out{buffer.data(), got.bytes};
      moved += stream_->write({&out, 1}).bytes;
    }
  }
  Worker& worker_;
  std::unique_ptr<Stream> stream_;
};

TEST(WorkerTest, ServesDescriptorsOfItsReactor) {
  Worker worker(0);
  auto [near, far] = testing::socket_pair();
  Echo echo(worker, std::move(near));
  for (int round = 1; round <= 100; ++round) {
    ASSERT_EQ(::send(far.get(), "ping", 4, 0), 4);
    ASSERT_TRUE(testing::run_until(worker, [&] { return echo.moved == 4U * static_cast<unsigned>(round); }));
    char back[8];
    ASSERT_EQ(::recv(far.get(), back, sizeof(back), 0), 4);
  }
  far.reset();
  EXPECT_TRUE(testing::run_until(worker, [&] { return echo.ended; }));
}

class Probe final : public Timer {
 public:
  int fired = 0;

 private:
  void on_timer() override { ++fired; }
};

TEST(WorkerTest, FiresTimersThatWereArmedOutsideOfATurn) {
  Worker worker(0);
  Probe timer;
  const auto start = std::chrono::steady_clock::now();
  worker.timers().arm(timer, start + 30ms);
  ASSERT_TRUE(testing::run_until(worker, [&] { return timer.fired == 1; }));
  EXPECT_GE(std::chrono::steady_clock::now() - start, 30ms);
  EXPECT_GE(worker.now(), start + 30ms);
}

class Deadline final : public Timer {
 public:
  explicit Deadline(const Echo& echo) : echo_(echo) {}
  std::optional<std::size_t> moved;  // when it passed

 private:
  void on_timer() override { moved = echo_.moved; }
  const Echo& echo_;
};

TEST(WorkerTest, WhatCameInTimeIsReadBeforeADeadlinePasses) {
  Worker worker(0);
  auto [near, far] = testing::socket_pair();
  Echo echo(worker, std::move(near));
  Deadline deadline(echo);
  worker.timers().arm(deadline, std::chrono::steady_clock::now() + 20ms);
  ASSERT_EQ(::send(far.get(), "in time", 7, 0), 7);
  worker.post([] {
    const auto until = std::chrono::steady_clock::now() + 60ms;
    while (std::chrono::steady_clock::now() < until) {
    }
  });
  worker.post([] {});
  ASSERT_TRUE(testing::run_until(worker, [&] { return deadline.moved.has_value(); }));
  EXPECT_EQ(*deadline.moved, 7u);
}

TEST(WorkerTest, AnEarlierTimerOvertakesTheOneItWaitsFor) {
  Worker worker(0);
  Probe late;
  Probe soon;
  worker.timers().arm(late, std::chrono::steady_clock::now() + 1h);
  bool turned = false;
  worker.post([&] { turned = true; });
  ASSERT_TRUE(testing::run_until(worker, [&] { return turned; }));
  worker.timers().arm(soon, std::chrono::steady_clock::now() + 10ms);
  EXPECT_TRUE(testing::run_until(worker, [&] { return soon.fired == 1; }));
  EXPECT_EQ(late.fired, 0);
}

Task<void> run_once(Waiter* waiter, bool* done) {
  co_await *waiter;
  *done = true;
}

TEST(WorkerTest, ResumesWhatIsWokenOutsideOfATurn) {
  Worker worker(0);
  Waiter waiter(worker.ready());
  bool done = false;
  auto task = run_once(&waiter, &done);
  task.start();
  waiter.wake();
  EXPECT_FALSE(done);
  EXPECT_TRUE(testing::run_until(worker, [&] { return done; }));
}

TEST(WorkerTest, AfterTurnRunsWhenTheTurnsWorkIsDone) {
  Worker worker(0);
  std::string order;
  worker.post([&] {
    worker.after_turn([&] {
      order += 'c';
      worker.after_turn([&] { order += 'd'; });
    });
    order += 'a';
  });
  worker.post([&] { order += 'b'; });
  ASSERT_TRUE(testing::run_until(worker, [&] { return order.size() == 4; }));
  EXPECT_EQ(order, "abcd");
  worker.after_turn([&] { order += 'e'; });
  EXPECT_TRUE(testing::run_until(worker, [&] { return order.size() == 5; }));
}

TEST(WorkerTest, AnExceptionIsLoggedAndLeavesRun) {
  Worker worker(7);
  worker.post([] { throw std::runtime_error("bug"); });
  ::testing::internal::CaptureStderr();
  EXPECT_THROW(worker.run(), std::runtime_error);
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("error worker_failed worker=7 error=bug"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::net
