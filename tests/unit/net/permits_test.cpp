#include "gatehouse/net/permits.hpp"
#include "gatehouse/net/task.hpp"
#include "support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <vector>

namespace gatehouse::net {
namespace {

using namespace std::chrono_literals;

class PermitsTest : public ::testing::Test {
 protected:
  // Somebody in the line, on a worker that only runs when the test says so.
  struct Waiting {
    Waiting(Worker& worker, Permits& permits, PermitSettings settings)
        : waiter(worker.ready()), wake(worker, waiter), place(std::in_place, permits, settings, wake.handle()) {}
    Waiter waiter;
    RemoteWake wake;
    std::optional<Permits::Place> place;
  };

  Worker worker_{0};
  Permits permits_;
};

TEST_F(PermitsTest, GivesAsManyAsMayBeHeldAndOneMoreForEachThatComesBack) {
  EXPECT_TRUE(permits_.take(2));
  EXPECT_TRUE(permits_.take(2));
  EXPECT_FALSE(permits_.take(2));
  permits_.give();
  EXPECT_TRUE(permits_.take(2));
  EXPECT_EQ(permits_.held(), 2u);
}

TEST_F(PermitsTest, GivesInTheOrderOfTheLineAndBeforeThoseWhoCameLater) {
  ASSERT_TRUE(permits_.take(1));
  Waiting first(worker_, permits_, {1, 2});
  Waiting second(worker_, permits_, {1, 2});
  EXPECT_TRUE(first.place->in_line());
  EXPECT_FALSE(first.place->accept());
  permits_.give();
  EXPECT_FALSE(permits_.take(1));
  EXPECT_FALSE(second.place->accept());
  EXPECT_TRUE(first.place->accept());
  EXPECT_FALSE(first.place->accept());  // once
  permits_.give();
  EXPECT_TRUE(second.place->accept());
  EXPECT_EQ(permits_.waiting(), 0u);
  EXPECT_EQ(permits_.held(), 1u);
}

TEST_F(PermitsTest, TurnsAwayWhoFindsTheLineFull) {
  ASSERT_TRUE(permits_.take(1));
  Waiting first(worker_, permits_, {1, 1});
  Waiting second(worker_, permits_, {1, 1});
  EXPECT_TRUE(first.place->in_line());
  EXPECT_FALSE(second.place->in_line());
  EXPECT_EQ(permits_.waiting(), 1u);
}

TEST_F(PermitsTest, PassesOnThePermitOfOneWhoLeftBeforeHeKnew) {
  ASSERT_TRUE(permits_.take(1));
  Waiting first(worker_, permits_, {1, 2});
  Waiting second(worker_, permits_, {1, 2});
  permits_.give();
  first.place.reset();
  EXPECT_TRUE(second.place->accept());
  EXPECT_EQ(permits_.held(), 1u);
}

TEST_F(PermitsTest, ForgetsOneWhoLeavesTheMiddleOfTheLine) {
  ASSERT_TRUE(permits_.take(1));
  Waiting first(worker_, permits_, {1, 3});
  Waiting second(worker_, permits_, {1, 3});
  Waiting third(worker_, permits_, {1, 3});
  second.place.reset();
  permits_.give();
  EXPECT_TRUE(first.place->accept());
  permits_.give();
  EXPECT_TRUE(third.place->accept());
}

TEST_F(PermitsTest, WakesTheOneWhosePermitHasCome) {
  ASSERT_TRUE(permits_.take(1));
  bool passed = false;
  struct Request {
    Worker& worker;
    Permits& permits;
    bool& passed;
    Task<void> run() {
      Waiter waiter(worker.ready());
      RemoteWake wake(worker, waiter);
      Permits::Place place(permits, {1, 1}, wake.handle());
      while (!passed) {
        passed = place.accept();
        if (!passed) co_await waiter;
      }
    }
  } request{worker_, permits_, passed};
  Task<void> task = request.run();
  task.start();
  EXPECT_FALSE(passed);
  std::thread([this] { permits_.give(); }).join();
  EXPECT_TRUE(testing::run_until(worker_, [&] { return passed; }));
}

TEST_F(PermitsTest, NeverLetsMoreHoldThanMayAndTurnsNobodyAwayWhileOneIsFree) {
  constexpr std::uint32_t kMax = 4;
  std::atomic<std::uint32_t> inside{0};
  std::atomic<std::uint32_t> most{0};
  std::atomic<std::uint32_t> refused{0};
  // Never more threads than permits: nobody may be turned away.
  const auto work = [&](std::uint32_t max) {
    for (int i = 0; i < 20'000; ++i) {
      if (!permits_.take(max)) {
        ++refused;
        continue;
      }
      const std::uint32_t now = ++inside;
      for (std::uint32_t seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
      }
      --inside;
      permits_.give();
    }
  };
  const auto run = [&](unsigned threads, std::uint32_t max) {
    std::vector<std::thread> all;
    for (unsigned i = 0; i < threads; ++i) all.emplace_back(work, max);
    for (auto& thread : all) thread.join();
  };
  run(kMax, kMax);
  EXPECT_EQ(refused, 0u);
  run(kMax, 2);
  EXPECT_LE(most, kMax);
  most = 0;
  run(kMax, 2);
  EXPECT_LE(most, 2u);
  EXPECT_EQ(permits_.held(), 0u);
}

TEST_F(PermitsTest, LosesNobodyInTheLineWhenManyThreadsTakeAndGive) {
  std::atomic<bool> over{false};
  std::vector<std::thread> others;
  for (int i = 0; i < 3; ++i)
    others.emplace_back([&] {
      while (!over)
        if (permits_.take(1)) permits_.give();
    });
  int served = 0;
  for (; served < 2000; ++served) {
    Waiting one(worker_, permits_, {1, 1});
    ASSERT_TRUE(one.place->in_line());
    const auto give_up = std::chrono::steady_clock::now() + 20s;
    while (!one.place->accept() && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
    ASSERT_EQ(permits_.waiting(), 0u) << "forgotten in line";
    permits_.give();
  }
  over = true;
  for (auto& thread : others) thread.join();
  EXPECT_EQ(permits_.held(), 0u);
}

}  // namespace
}  // namespace gatehouse::net
