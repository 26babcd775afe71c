#include "gatehouse/middleware/throttle_table.hpp"

#include "gatehouse/base/strings.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <cstdint>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace gatehouse::middleware {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart{std::chrono::hours(1)};
const Rate kTenPerSecond{10, 1s};

std::uint64_t key(std::uint64_t number) { return hash64(std::to_string(number)); }

int admitted(ThrottleTable& table, std::uint64_t of, const Rate& rate, std::uint64_t burst, TimePoint now,
             int attempts) {
  int count = 0;
  for (int i = 0; i < attempts; ++i) count += table.take(of, {rate, burst}, now).admitted ? 1 : 0;
  return count;
}

[[maybe_unused]] std::size_t resident_bytes() {
  std::size_t pages = 0;
  std::size_t ignored = 0;
  std::ifstream("/proc/self/statm") >> ignored >> pages;
  return pages * 4096;
}

TEST(ThrottleTableTest, LetsABurstPassAndThenNothing) {
  ThrottleTable table;
  EXPECT_EQ(admitted(table, 1, kTenPerSecond, 5, kStart, 100), 5);
}

TEST(ThrottleTableTest, LetsOneMorePassWithEachInterval) {
  ThrottleTable table;
  admitted(table, 1, kTenPerSecond, 5, kStart, 5);
  EXPECT_EQ(admitted(table, 1, kTenPerSecond, 5, kStart + 99ms, 10), 0);
  EXPECT_EQ(admitted(table, 1, kTenPerSecond, 5, kStart + 100ms, 10), 1);
  EXPECT_EQ(admitted(table, 1, kTenPerSecond, 5, kStart + 350ms, 10), 2);
  EXPECT_EQ(admitted(table, 1, kTenPerSecond, 5, kStart + 10s, 10), 5);
}

TEST(ThrottleTableTest, SaysWhatRemainsAndWhenTheBucketIsFullAgain) {
  ThrottleTable table;
  auto verdict = table.take(1, {kTenPerSecond, 3}, kStart);
  EXPECT_EQ(verdict.remaining, 2u);
  EXPECT_EQ(verdict.reset, 100ms);
  EXPECT_EQ(verdict.retry_after, 0ns);
  table.take(1, {kTenPerSecond, 3}, kStart);
  verdict = table.take(1, {kTenPerSecond, 3}, kStart + 50ms);
  EXPECT_TRUE(verdict.admitted);
  EXPECT_EQ(verdict.remaining, 0u);
  EXPECT_EQ(verdict.reset, 250ms);
  verdict = table.take(1, {kTenPerSecond, 3}, kStart + 50ms);
  EXPECT_FALSE(verdict.admitted);
  EXPECT_EQ(verdict.remaining, 0u);
  EXPECT_EQ(verdict.retry_after, 50ms);
  EXPECT_EQ(verdict.reset, 250ms);
}

TEST(ThrottleTableTest, AdmitsAtTheEndOfTheWaitThatItNamed) {
  ThrottleTable table;
  const Rate odd{7, 13ms};
  admitted(table, 1, odd, 4, kStart, 4);
  const auto refused = table.take(1, {odd, 4}, kStart);
  ASSERT_FALSE(refused.admitted);
  EXPECT_FALSE(table.take(1, {odd, 4}, kStart + refused.retry_after - 1ns).admitted);
  EXPECT_TRUE(table.take(1, {odd, 4}, kStart + refused.retry_after).admitted);
}

TEST(ThrottleTableTest, TakesABurstOfNothingForABurstOfOne) {
  ThrottleTable table;
  EXPECT_EQ(admitted(table, 1, kTenPerSecond, 0, kStart, 10), 1);
}

TEST(ThrottleTableTest, KeepsKeysApart) {
  ThrottleTable table;
  admitted(table, 2, kTenPerSecond, 5, kStart, 5);
  EXPECT_EQ(admitted(table, 3, kTenPerSecond, 5, kStart, 10), 5);
  EXPECT_EQ(admitted(table, 0, kTenPerSecond, 5, kStart, 10), 5);
}

TEST(ThrottleTableTest, SurvivesRatesAndBurstsBeyondAllMeasure) {
  ThrottleTable table;
  EXPECT_EQ(admitted(table, 1, {1e-30, std::chrono::hours(1'000'000)}, UINT64_MAX, kStart, 10), 10);
  EXPECT_EQ(admitted(table, 2, {1e30, 1ns}, UINT64_MAX, kStart, 10), 10);
  EXPECT_EQ(admitted(table, 3, {1e-30, 1h}, 1, kStart, 10), 1);
}

TEST(ThrottleTableTest, PutsATokenBack) {
  ThrottleTable table;
  EXPECT_EQ(admitted(table, 1, kTenPerSecond, 2, kStart, 5), 2);
  table.give_back(1, {kTenPerSecond, 2});
  EXPECT_EQ(admitted(table, 1, kTenPerSecond, 2, kStart, 5), 1);
  table.give_back(2, {kTenPerSecond, 2});  // a key that nobody took from
  EXPECT_EQ(admitted(table, 2, kTenPerSecond, 2, kStart, 5), 2);
}

TEST(ThrottleTableTest, DoesNotGiveAwayTheBucketOfAnAttackerWhoFloodsItWithOtherKeys) {
  constexpr std::size_t kBuckets = 1024;
  ThrottleTable table(kBuckets);
  const std::uint64_t attacker = key(0);
  admitted(table, attacker, kTenPerSecond, 20, kStart, 20);
  for (std::uint64_t other = 1; other < 100 * kBuckets; ++other) table.take(key(other), {kTenPerSecond, 20}, kStart);
  EXPECT_FALSE(table.take(attacker, {kTenPerSecond, 20}, kStart).admitted);
}

TEST(ThrottleTableTest, ReusesBucketsThatAreFullAgainBeforeThoseInUse) {
  constexpr std::size_t kBuckets = 8;  // one neighbourhood
  ThrottleTable table(kBuckets);
  for (std::uint64_t old = 0; old < 7; ++old) table.take(key(old), {kTenPerSecond, 20}, kStart);
  const TimePoint later = kStart + 1h;
  admitted(table, key(100), kTenPerSecond, 20, later, 20);
  for (std::uint64_t young = 200; young < 207; ++young) table.take(key(young), {kTenPerSecond, 20}, later);
  EXPECT_FALSE(table.take(key(100), {kTenPerSecond, 20}, later).admitted);
}

#if !defined(__SANITIZE_THREAD__)  // whose own memory for every place touched hides ours
TEST(ThrottleTableTest, KeepsItsMemoryUnderAFloodOfTenMillionKeys) {
  constexpr std::uint64_t kKeys = 10'000'000;
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;  // spreads the keys as a hash would, at less cost
  constexpr std::size_t kTolerated = 20'000'000;      // the buckets of so many keys would take 160 MB
  ThrottleTable table;
  const std::size_t before = resident_bytes();
  for (std::uint64_t i = 1; i <= kKeys; ++i) table.take(i * kOdd, {kTenPerSecond, 5}, kStart + Duration(i));
  EXPECT_LT(resident_bytes(), before + kTolerated);
}
#endif

TEST(ThrottleTableTest, AdmitsTheBurstWhenManyThreadsTakeAtOnce) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 50;
  constexpr std::uint64_t kBurst = 100;
  constexpr std::uint64_t kKeys = 8;  // as many as a neighbourhood holds
  ThrottleTable table(kKeys);
  std::vector<std::atomic<std::uint64_t>> passed(kRounds * kKeys);
  std::barrier start(kThreads);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      for (std::size_t round = 0; round < kRounds; ++round) {
        start.arrive_and_wait();
        // Each round an hour later: the buckets of the last one are full again and change hands.
        const TimePoint now = kStart + std::chrono::hours(round);
        for (std::uint64_t attempt = 0; attempt < kBurst; ++attempt) {
          for (std::uint64_t of = round * kKeys; of < (round + 1) * kKeys; ++of) {
            if (table.take(of + 1, {kTenPerSecond, kBurst}, now).admitted) ++passed[of];
          }
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& count : passed) EXPECT_EQ(count, kBurst);
}

}  // namespace
}  // namespace gatehouse::middleware
