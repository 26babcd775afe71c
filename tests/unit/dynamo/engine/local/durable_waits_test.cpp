// When a sync is asked for: the calls of one turn together.
#include "dynamo/engine/local/durable_waits.hpp"
#include "gatehouse/net/task.hpp"
#include "unit/dynamo/engine/local/faulty_storage.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <list>

namespace gatehouse::dynamo {
namespace {

class DurableWaitsTest : public ::testing::Test {
 protected:
  // Runs `first` in one turn of the worker and `second` in the next.
  void run_turns(const std::function<void()>& first, const std::function<void()>& second) {
    worker_.post([&] {
      first();
      worker_.post([&] {
        second();
        calls_.clear();
        worker_.stop();
      });
    });
    worker_.run();
  }

  void add_calls(int count) {
    for (int i = 0; i < count; ++i) calls_.emplace_back(*waits_, worker_, waiter_, CommitNumber{1});
  }

  testing::FaultyStorage storage_;
  std::shared_ptr<DurableWaits> waits_ = std::make_shared<DurableWaits>(storage_);
  net::Worker worker_{0};
  net::Waiter waiter_{worker_.ready()};
  std::list<DurableWaits::Wait> calls_;
};

TEST_F(DurableWaitsTest, CallsOfOneTurnAskForTheirSyncAtItsEnd) {
  run_turns(
      [&] {
        add_calls(20);
        EXPECT_EQ(storage_.sync_requests(), 0);
      },
      [&] { EXPECT_EQ(storage_.sync_requests(), 20); });
}

TEST_F(DurableWaitsTest, ALongTurnAsksBeforeItEnds) {
  run_turns(
      [&] {
        add_calls(127);
        EXPECT_EQ(storage_.sync_requests(), 0);
        add_calls(2);
        EXPECT_EQ(storage_.sync_requests(), 128);
      },
      [&] { EXPECT_EQ(storage_.sync_requests(), 129); });
}

TEST_F(DurableWaitsTest, EachTurnAsksAnew) {
  run_turns([&] { add_calls(1); },
            [&] {
              EXPECT_EQ(storage_.sync_requests(), 1);
              add_calls(128);
              EXPECT_EQ(storage_.sync_requests(), 129);
            });
}

TEST_F(DurableWaitsTest, CallsThatWereGivenUpAskForNothing) {
  run_turns(
      [&] {
        add_calls(3);
        calls_.clear();
      },
      [&] { EXPECT_EQ(storage_.sync_requests(), 0); });
}

}  // namespace
}  // namespace gatehouse::dynamo
