#include "gatehouse/middleware/shared_buckets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

namespace gatehouse::middleware {
namespace {

using namespace std::chrono_literals;
using Report = SharedBuckets::Report;
using Grant = SharedBuckets::Grant;

constexpr TimePoint kStart{1h};
constexpr std::uint64_t kKey = 42;
constexpr std::uint64_t kSeed = 1;
constexpr Duration kEvery = 50ms;

// What the script does in Redis, with one key.
class CommonBucket {
 public:
  Grant tell(const Report& report, TimePoint now) {
    const double step = static_cast<double>(report.interval.count());
    const double at = static_cast<double>(now.time_since_epoch().count());
    full_at_ = std::max(std::max(full_at_, at) + static_cast<double>(report.spent) * step, at);
    const double room = std::max(std::floor((at + static_cast<double>(report.burst) * step - full_at_) / step + 0.001), 0.0);
    const double granted = std::min(static_cast<double>(report.want), std::ceil(room / 2));
    full_at_ += granted * step;
    return {static_cast<std::uint64_t>(granted), static_cast<std::uint64_t>(room - granted), Duration(static_cast<std::int64_t>(full_at_ - at))};
  }

 private:
  double full_at_ = 0;
};

int passing(SharedBuckets& buckets, int attempts, const Rate& rate, std::uint64_t burst, TimePoint now) {
  int passed = 0;
  for (int i = 0; i < attempts; ++i) passed += buckets.take(kKey, {rate, burst}, now).admitted ? 1 : 0;
  return passed;
}

void sync(SharedBuckets& buckets, CommonBucket& common, TimePoint now) {
  std::vector<Report> reports;
  buckets.collect(now, 1000, reports);
  for (const Report& report : reports) buckets.apply(report, common.tell(report, now), now);
}

TEST(SharedBucketsTest, BehavesAsABucketOfItsOwnUntilTheFirstAnswer) {
  SharedBuckets buckets(OnFailure::kLocal, kSeed, kEvery);
  buckets.set_connected(true);
  EXPECT_EQ(passing(buckets, 20, {10, 1s}, 5, kStart), 5);
  EXPECT_EQ(passing(buckets, 20, {10, 1s}, 5, kStart + 200ms), 2);
  const auto verdict = buckets.take(kKey, {{10, 1s}, 5}, kStart + 200ms);
  EXPECT_EQ(verdict.retry_after, 100ms);
}

TEST(SharedBucketsTest, WhatIsTakenWhileAShareIsOnItsWayIsTakenOfIt) {
  CommonBucket common;
  SharedBuckets buckets(OnFailure::kLocal, kSeed, kEvery);
  buckets.set_connected(true);
  int passed = passing(buckets, 4, {1, 1h}, 10, kStart);
  std::vector<Report> reports;
  buckets.collect(kStart, 1000, reports);
  ASSERT_EQ(reports.size(), 1U);
  passed += passing(buckets, 20, {1, 1h}, 10, kStart);
  buckets.apply(reports.front(), common.tell(reports.front(), kStart), kStart);
  passed += passing(buckets, 20, {1, 1h}, 10, kStart);
  EXPECT_EQ(passed, 10);
}

TEST(SharedBucketsTest, TellsWhatItTookBeforeItKnewAndTheOthersGetWhatIsLeft) {
  CommonBucket common;
  SharedBuckets one(OnFailure::kLocal, kSeed, kEvery);
  SharedBuckets two(OnFailure::kLocal, kSeed, kEvery);
  one.set_connected(true);
  two.set_connected(true);
  EXPECT_EQ(passing(one, 1, {1, 1h}, 10, kStart), 1);
  EXPECT_EQ(passing(two, 1, {1, 1h}, 10, kStart), 1);
  sync(one, common, kStart);
  sync(two, common, kStart);
  sync(one, common, kStart);
  // One token at a time, each told before the next: one is too many, because it was taken by who had heard nothing since.
  int passed = 2;
  for (int i = 0; i < 40; ++i) {
    SharedBuckets& here = i % 2 == 0 ? one : two;
    passed += passing(here, 1, {1, 1h}, 10, kStart);
    sync(one, common, kStart);
    sync(two, common, kStart);
  }
  EXPECT_GE(passed, 10);
  EXPECT_LE(passed, 11);
}

TEST(SharedBucketsTest, ReturnsAShareThatNobodyUses) {
  CommonBucket common;
  SharedBuckets one(OnFailure::kLocal, kSeed, kEvery);
  SharedBuckets two(OnFailure::kLocal, kSeed, kEvery);
  one.set_connected(true);
  two.set_connected(true);
  EXPECT_EQ(passing(one, 20, {1, 1h}, 100, kStart), 20);
  sync(one, common, kStart);  // has a share of 40 now
  for (int round = 0; round < 20; ++round) sync(one, common, kStart);
  EXPECT_EQ(one.active(), 0u);
  int passed = 0;
  for (int i = 0; i < 200; ++i) {
    passed += passing(two, 1, {1, 1h}, 100, kStart);
    sync(two, common, kStart);
  }
  EXPECT_EQ(passed, 80);
}

TEST(SharedBucketsTest, PaysADebtBeforeItGetsMore) {
  CommonBucket common;
  std::vector<std::unique_ptr<SharedBuckets>> fleet;
  for (int i = 0; i < 3; ++i) {
    fleet.push_back(std::make_unique<SharedBuckets>(OnFailure::kLocal, kSeed, kEvery));
    fleet.back()->set_connected(true);
  }
  int passed = 0;
  for (auto& buckets : fleet) passed += passing(*buckets, 10, {10, 1s}, 10, kStart);
  EXPECT_EQ(passed, 30);  // none had heard of the others
  for (int round = 0; round < 3; ++round)
    for (auto& buckets : fleet) sync(*buckets, common, kStart);
  // 20 too many at 10/s: two seconds, and one token's time.
  for (auto& buckets : fleet) EXPECT_EQ(passing(*buckets, 10, {10, 1s}, 10, kStart + 1990ms), 0);
  for (auto& buckets : fleet) EXPECT_GE(buckets->take(kKey, {{10, 1s}, 10}, kStart + 1000ms).retry_after, 100ms);
}

// Three gateways, told at different times, answered late.
class Fleet {
 public:
  Fleet(Rate rate, std::uint64_t burst, Duration every, Duration one_way) : rate_(rate), burst_(burst), every_(every), one_way_(one_way) {
    for (int i = 0; i < kGateways; ++i) {
      gateways_.push_back(std::make_unique<SharedBuckets>(OnFailure::kLocal, kSeed, every));
      gateways_.back()->set_connected(true);
      pending_.emplace_back();
      next_.push_back(kStart + every * i / kGateways);
    }
  }

  static constexpr int kGateways = 3;

  // `per_tick` requests to each gateway in each millisecond.
  void run(Duration time, int per_tick) {
    for (const TimePoint end = now_ + time; now_ < end; now_ += 1ms) {
      for (int i = 0; i < kGateways; ++i) {
        move(i);
        admitted_ += passing(*gateways_[static_cast<std::size_t>(i)], per_tick, rate_, burst_, now_);
      }
      const double line = per_second() * std::chrono::duration<double>(now_ - kStart).count();
      // The excess over the line in any window that ends now.
      lowest_ = std::min(lowest_, static_cast<double>(before_) - line);
      excess_ = std::max(excess_, static_cast<double>(admitted_) - line - lowest_);
      before_ = admitted_;
    }
  }

  int admitted() const { return admitted_; }
  double excess() const { return excess_; }  // the most that any window had beyond rate times window
  double per_second() const { return rate_.events / std::chrono::duration<double>(rate_.per).count(); }
  double bound() const {
    const double delay = std::chrono::duration<double>(every_ + 2 * one_way_ + 2ms).count();
    const double burst = std::max(static_cast<double>(burst_), 2 * per_second() * std::chrono::duration<double>(every_).count());
    return burst + (kGateways - 1) * (burst + per_second() * delay);
  }

 private:
  struct Pending {
    std::vector<Report> reports;
    std::vector<Grant> grants;
    TimePoint due{};
    bool told = false;
  };

  void move(int i) {
    SharedBuckets& buckets = *gateways_[static_cast<std::size_t>(i)];
    Pending& pending = pending_[static_cast<std::size_t>(i)];
    if (!pending.reports.empty() && now_ >= pending.due) {
      if (!pending.told) {
        for (const Report& report : pending.reports) pending.grants.push_back(common_.tell(report, now_));
        pending.told = true;
        pending.due = now_ + one_way_;
      } else {
        for (std::size_t j = 0; j < pending.reports.size(); ++j) buckets.apply(pending.reports[j], pending.grants[j], now_);
        pending = {};
        next_[static_cast<std::size_t>(i)] = now_ + every_;
      }
    }
    if (pending.reports.empty() && now_ >= next_[static_cast<std::size_t>(i)]) {
      buckets.collect(now_, 1000, pending.reports);
      if (pending.reports.empty()) next_[static_cast<std::size_t>(i)] = now_ + every_;
      pending.due = now_ + one_way_;
    }
  }

  const Rate rate_;
  const std::uint64_t burst_;
  const Duration every_, one_way_;
  CommonBucket common_;
  std::vector<std::unique_ptr<SharedBuckets>> gateways_;
  std::vector<Pending> pending_;
  std::vector<TimePoint> next_;
  TimePoint now_ = kStart;
  int admitted_ = 0, before_ = 0;
  double lowest_ = 0, excess_ = 0;
};

struct FleetCase {
  Rate rate;
  std::uint64_t burst;
  Duration every, one_way;
  int per_tick;
};

class FleetTest : public ::testing::TestWithParam<FleetCase> {};

TEST_P(FleetTest, StaysWithinTheBoundAndGivesTheRateInTheLongRun) {
  const FleetCase& c = GetParam();
  Fleet fleet(c.rate, c.burst, c.every, c.one_way);
  fleet.run(5s, c.per_tick);
  EXPECT_LE(fleet.excess(), fleet.bound());
  const int before = fleet.admitted();
  fleet.run(20s, c.per_tick);
  const double given = (fleet.admitted() - before) / 20.0;
  RecordProperty("excess", std::to_string(fleet.excess()));
  RecordProperty("bound", std::to_string(fleet.bound()));
  RecordProperty("per_second", std::to_string(given));
  EXPECT_LE(fleet.excess(), fleet.bound());
  EXPECT_LE(given, fleet.per_second() * 1.02 + 0.1);
  EXPECT_GE(given, fleet.per_second() * 0.95 - 0.1);
}

INSTANTIATE_TEST_SUITE_P(Rates, FleetTest,
                         ::testing::Values(FleetCase{{100, 1s}, 10, 50ms, 1ms, 1}, FleetCase{{100, 1s}, 100, 50ms, 5ms, 10},
                                           FleetCase{{1000, 1s}, 1, 10ms, 1ms, 5}, FleetCase{{5, 1s}, 10, 50ms, 20ms, 1},
                                           FleetCase{{2000, 1s}, 500, 200ms, 50ms, 3}, FleetCase{{1, 1s}, 1, 50ms, 1ms, 1}));

TEST(SharedBucketsTest, IsWhatOnFailureSaysWhileTheOthersAreAway) {
  SharedBuckets local(OnFailure::kLocal, kSeed, kEvery);
  EXPECT_EQ(passing(local, 20, {1, 1h}, 5, kStart), 5);
  SharedBuckets open(OnFailure::kOpen, kSeed, kEvery);
  EXPECT_EQ(passing(open, 20, {1, 1h}, 5, kStart), 20);
  SharedBuckets closed(OnFailure::kClosed, kSeed, kEvery);
  EXPECT_EQ(passing(closed, 20, {1, 1h}, 5, kStart), 0);
  EXPECT_TRUE(closed.take(kKey, {{1, 1h}, 5}, kStart).unknown);
  closed.set_connected(true);
  EXPECT_EQ(passing(closed, 20, {1, 1h}, 5, kStart), 5);
}

TEST(SharedBucketsTest, GoesOnByItselfAfterTheCommonBucketWasExhaustedAndWentAway) {
  CommonBucket common;
  SharedBuckets buckets(OnFailure::kLocal, kSeed, kEvery);
  buckets.set_connected(true);
  EXPECT_EQ(passing(buckets, 10, {10, 1s}, 5, kStart), 5);
  sync(buckets, common, kStart);
  EXPECT_EQ(passing(buckets, 10, {10, 1s}, 5, kStart + 300ms), 0);  // exhausted: asks first
  buckets.set_connected(false);
  EXPECT_EQ(passing(buckets, 10, {10, 1s}, 5, kStart + 300ms), 3);
}

TEST(SharedBucketsTest, TellsAgainWhatMayNotHaveArrived) {
  CommonBucket common;
  SharedBuckets buckets(OnFailure::kLocal, kSeed, kEvery);
  buckets.set_connected(true);
  EXPECT_EQ(passing(buckets, 4, {1, 1h}, 10, kStart), 4);
  std::vector<Report> reports;
  buckets.collect(kStart, 10, reports);
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].spent, 4);
  buckets.failed(reports[0]);
  reports.clear();
  buckets.collect(kStart, 10, reports);
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].spent, 4);
}

TEST(SharedBucketsTest, DoesNotTellWhatTimeHasPaidFor) {
  SharedBuckets buckets(OnFailure::kLocal, kSeed, kEvery);
  EXPECT_EQ(passing(buckets, 5, {10, 1s}, 5, kStart), 5);
  std::vector<Report> reports;
  buckets.collect(kStart + 300ms, 10, reports);
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].spent, 2);
}

TEST(SharedBucketsTest, TellsOfNoMoreAtOnceThanItIsAskedTo) {
  SharedBuckets buckets(OnFailure::kLocal, kSeed, kEvery);
  for (std::uint64_t key = 1; key <= 25; ++key) buckets.take(key, {{1, 1s}, 5}, kStart);
  std::vector<Report> reports;
  std::size_t told = 0;
  for (int round = 0; round < 3; ++round) {
    reports.clear();
    buckets.collect(kStart, 10, reports);
    EXPECT_LE(reports.size(), 10u);
    told += reports.size();
    for (const Report& report : reports) buckets.apply(report, {0, 4, 1s}, kStart);
  }
  EXPECT_EQ(told, 25u);
}

TEST(SharedBucketsTest, PutsATokenBack) {
  SharedBuckets buckets(OnFailure::kLocal, kSeed, kEvery);
  EXPECT_EQ(passing(buckets, 5, {1, 1h}, 5, kStart), 5);
  buckets.give_back(kKey, {{1, 1h}, 5});
  EXPECT_EQ(passing(buckets, 5, {1, 1h}, 5, kStart), 1);
}

TEST(SharedBucketsTest, DoesNotForgetAnAttackerWhoFloodsItWithOtherKeys) {
  SharedBuckets buckets(OnFailure::kLocal, kSeed, kEvery, 64);
  EXPECT_EQ(passing(buckets, 100, {1, 1h}, 5, kStart), 5);
  for (std::uint64_t key = 1000; key < 101'000; ++key) buckets.take(key, {{1, 1h}, 5}, kStart);
  EXPECT_EQ(passing(buckets, 100, {1, 1h}, 5, kStart), 0);
}

TEST(SharedBucketsTest, AdmitsTheBurstWhenManyThreadsTakeAtOnceAndSharesArriveMeanwhile) {
  CommonBucket common;
  SharedBuckets buckets(OnFailure::kLocal, kSeed, kEvery);
  buckets.set_connected(true);
  std::atomic<int> passed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { passed += passing(buckets, 20'000, {1, 1h}, 5000, kStart); });
  for (int i = 0; i < 200; ++i) sync(buckets, common, kStart);
  for (auto& thread : threads) thread.join();
  for (int i = 0; i < 200; ++i) {
    sync(buckets, common, kStart);
    passed += passing(buckets, 1000, {1, 1h}, 5000, kStart);
  }
  EXPECT_EQ(passed, 5000);
}

}  // namespace
}  // namespace gatehouse::middleware
