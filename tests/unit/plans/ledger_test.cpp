#include "gatehouse/plans/ledger.hpp"

#include "accounts.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace gatehouse::plans {
namespace {

using testing::admitted;
using testing::day;
using testing::kDay;
using testing::kMonth;

TEST(AccountTest, AdmitsAsManyAsTheQuotaAndTellsWhatRemains) {
  Account account("a", kDay);
  EXPECT_EQ(account.take(3, 100).remaining, 2u);
  EXPECT_EQ(admitted(account, 3, 100, 10), 2);
  EXPECT_FALSE(account.take(3, 100).admitted);
  EXPECT_EQ(account.used(100), 3u);
}

TEST(AccountTest, BeginsAgainWithThePeriod) {
  Account daily("a", kDay);
  EXPECT_EQ(admitted(daily, 2, day("2026-12-31"), 5), 2);
  EXPECT_EQ(admitted(daily, 2, day("2027-01-01"), 5), 2);

  Account monthly("a", kMonth);
  EXPECT_EQ(admitted(monthly, 4, day("2026-02-01"), 3), 3);
  EXPECT_EQ(admitted(monthly, 4, day("2026-02-28"), 3), 1);
  EXPECT_EQ(admitted(monthly, 4, day("2026-03-01"), 9), 4);
  EXPECT_EQ(admitted(monthly, 4, day("2026-03-31"), 9), 0);

  Account weekly("a", {Unit::kWeek, 1});
  EXPECT_EQ(admitted(weekly, 2, day("2026-11-22"), 5), 2);  // Sunday
  EXPECT_EQ(admitted(weekly, 2, day("2026-11-23"), 5), 2);
}

TEST(AccountTest, AClockThatIsBehindBringsNoSecondQuota) {
  Account account("a", kDay);
  EXPECT_EQ(admitted(account, 2, 101, 2), 2);
  EXPECT_EQ(admitted(account, 2, 100, 2), 0);
}

TEST(AccountTest, TellsWhatIsUnwrittenByDay) {
  Account account("a", kMonth);
  admitted(account, 10, day("2026-02-27"), 2);
  admitted(account, 10, day("2026-02-28"), 3);
  const auto unwritten = account.collect();
  ASSERT_EQ(unwritten.size(), 2u);
  EXPECT_EQ(unwritten[0].day, day("2026-02-27"));
  EXPECT_EQ(unwritten[0].requests, 2);
  EXPECT_EQ(unwritten[1].requests, 3);
  EXPECT_TRUE(account.collect().empty());
  account.put_back(unwritten[1]);
  EXPECT_FALSE(account.clean());
  EXPECT_EQ(account.collect().at(0).requests, 3);
}

TEST(AccountTest, GoesOnWhereTheStoreIs) {
  Account account("a", kMonth);
  account.load(day("2026-02-28"), 8, 5);
  EXPECT_EQ(admitted(account, 10, day("2026-02-28"), 5), 2);
  EXPECT_EQ(account.collect().at(0).requests, 2);
}

TEST(AccountTest, CountsWhatOtherGatewaysAdded) {
  Account account("a", kDay);
  account.load(100, 5, 5);
  EXPECT_EQ(admitted(account, 20, 100, 3), 3);
  const Unwritten ours = account.collect().at(0);
  account.written(ours, 5 + 3 + 10);  // ten of another gateway
  EXPECT_EQ(account.used(100), 18u);
  EXPECT_EQ(admitted(account, 20, 100, 5), 2);
  account.written(account.collect().at(0), 5 + 3 + 10 + 2);
  EXPECT_EQ(account.used(100), 20u);
  EXPECT_TRUE(account.clean());
}

TEST(AccountTest, WhatOthersAddedYesterdayCountsWhileThePeriodGoesOn) {
  Account monthly("a", kMonth);
  admitted(monthly, 100, day("2026-02-26"), 1);
  const Unwritten first = monthly.collect().at(0);
  admitted(monthly, 100, day("2026-02-27"), 1);
  monthly.written(first, 11);
  EXPECT_EQ(monthly.used(day("2026-02-27")), 12u);

  Account daily("a", kDay);
  admitted(daily, 100, day("2026-02-26"), 1);
  const Unwritten yesterday = daily.collect().at(0);
  admitted(daily, 100, day("2026-02-27"), 1);
  daily.written(yesterday, 11);
  EXPECT_EQ(daily.used(day("2026-02-27")), 1u);
}

TEST(AccountTest, ThreadsTogetherNeverGetMoreThanTheQuotaAndNothingIsCountedTwice) {
  constexpr int kThreads = 4;
  constexpr std::uint64_t kQuota = 10'000;
  Account account("a", kMonth);
  const Day first = day("2026-02-25");
  std::atomic<std::uint64_t> passed{0};
  std::atomic<std::uint64_t> written{0};
  std::atomic<bool> done{false};
  std::thread writer([&] {
    while (!done)
      for (const Unwritten& unwritten : account.collect()) written += static_cast<std::uint64_t>(unwritten.requests);
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 4'000; ++i)
        if (account.take(kQuota, first + static_cast<Day>(i / 1'000)).admitted) ++passed;
    });
  for (std::thread& thread : threads) thread.join();
  done = true;
  writer.join();
  for (const Unwritten& unwritten : account.collect()) written += static_cast<std::uint64_t>(unwritten.requests);
  EXPECT_EQ(passed, kQuota);
  EXPECT_EQ(written, kQuota);
}

TEST(LedgerTest, FindsAKeyByItsPeriodAndForgetsWhatIsNotWantedOnceItIsWritten) {
  Ledger ledger(1);
  const Ledger::Wanted wanted{{"a", kDay}, {"a", kMonth}, {"b", kDay}};
  ledger.publish(wanted, ledger.make_missing(wanted));
  ASSERT_NE(ledger.find(0, "a", kDay), nullptr);
  EXPECT_NE(ledger.find(0, "a", kDay), ledger.find(0, "a", kMonth));
  EXPECT_EQ(ledger.find(0, "c", kDay), nullptr);
  EXPECT_TRUE(ledger.make_missing(wanted).empty());

  ledger.find(0, "a", kDay)->take(10, 100);
  ledger.publish({{"b", kDay}}, {});
  ASSERT_NE(ledger.find(0, "a", kDay), nullptr);
  EXPECT_EQ(ledger.find(0, "a", kMonth), nullptr);
  ledger.find(0, "a", kDay)->collect();
  ledger.publish({{"b", kDay}}, {});
  EXPECT_EQ(ledger.find(0, "a", kDay), nullptr);
  EXPECT_NE(ledger.find(0, "b", kDay), nullptr);
}

}  // namespace
}  // namespace gatehouse::plans
