#include "dynamo/engine/rocks/row_cache.hpp"

#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <map>
#include <optional>
#include <random>
#include <thread>

namespace gatehouse::dynamo {
namespace {

constexpr std::uint64_t kOneBucket = 6 * kKiB;

class RowCacheTest : public testing::Test {
 protected:
  std::optional<std::string> find(std::string_view key) {
    std::string value;
    if (!cache_.find(key, value, missed_)) return std::nullopt;
    return value;
  }
  // As a reader does who finds `value` in the database.
  void read(std::string_view key, std::string_view value) {
    if (!find(key)) cache_.keep(missed_, key, value);
  }
  static Batch put(std::string_view key, std::string_view value) {
    Batch batch;
    batch.put(Family::kData, key, value);
    return batch;
  }
  void write(const Batch& batch) { RowCache::Writing(cache_, batch).written(); }

  RowCache cache_{kOneBucket};  // every row is the neighbour of every other
  RowCache::Missed missed_;
};

TEST_F(RowCacheTest, HasWhatWasRead) {
  EXPECT_FALSE(find("a"));
  read("a", "1");
  EXPECT_EQ(find("a"), "1");
  EXPECT_FALSE(find("b"));
  EXPECT_EQ(cache_.counts().hits, 1U);
  EXPECT_EQ(cache_.counts().misses, 3U);
}

TEST_F(RowCacheTest, ARowThatIsWrittenIsNotThereMeanwhile) {
  read("a", "1");
  const Batch batch = put("a", "2");
  {
    RowCache::Writing writing(cache_, batch);
    EXPECT_FALSE(find("a"));
    cache_.keep(missed_, "a", "1");
    EXPECT_FALSE(find("a"));
    writing.written();
    EXPECT_FALSE(find("a"));
  }
  EXPECT_EQ(find("a"), "2");
}

TEST_F(RowCacheTest, WhatWasReadBeforeAWriteIsNotKeptAfterIt) {
  EXPECT_FALSE(find("a"));
  write(put("a", "2"));
  cache_.keep(missed_, "a", "1");
  EXPECT_FALSE(find("a"));
}

TEST_F(RowCacheTest, WhatWasReadDuringAWriteIsNotKeptAfterIt) {
  const Batch batch = put("a", "2");
  {
    RowCache::Writing writing(cache_, batch);
    EXPECT_FALSE(find("a"));
    writing.written();
  }
  cache_.keep(missed_, "a", "1");
  EXPECT_FALSE(find("a"));
}

TEST_F(RowCacheTest, AWriteThatFailedForgetsTheRow) {
  read("a", "1");
  const Batch batch = put("a", "2");
  { const RowCache::Writing writing(cache_, batch); }
  EXPECT_FALSE(find("a"));
}

TEST_F(RowCacheTest, ARowThatWasNeverReadIsNotKeptByAWrite) {
  write(put("a", "1"));
  EXPECT_FALSE(find("a"));
}

TEST_F(RowCacheTest, AnErasedRowIsGone) {
  read("a", "1");
  read("b", "1");
  Batch batch;
  batch.erase(Family::kData, "a");
  write(batch);
  EXPECT_FALSE(find("a"));
  EXPECT_EQ(find("b"), "1");
}

TEST_F(RowCacheTest, OfTwoWritesAtATimeNobodyKnowsWhichIsTheLast) {
  for (const bool first_ends_first : {true, false}) {
    read("a", "1");
    const Batch first = put("a", "2");
    const Batch second = put("a", "3");
    auto one = std::make_unique<RowCache::Writing>(cache_, first);
    std::thread([&] {
      auto two = std::make_unique<RowCache::Writing>(cache_, second);
      one->written();
      two->written();
      if (!first_ends_first) two.reset();
      EXPECT_FALSE(find("a"));
      std::thread([&] { one.reset(); }).join();
    }).join();
    EXPECT_FALSE(find("a"));
  }
}

TEST_F(RowCacheTest, ARangeThatIsErasedTakesEverythingWithIt) {
  read("a", "1");
  read("z", "1");
  Batch batch;
  batch.erase_range(Family::kData, "a", "b");
  {
    RowCache::Writing writing(cache_, batch);
    EXPECT_FALSE(find("a"));
    cache_.keep(missed_, "a", "1");
    writing.written();
  }
  EXPECT_FALSE(find("a"));
  EXPECT_FALSE(find("z"));
  read("z", "1");
  EXPECT_EQ(find("z"), "1");
}

TEST_F(RowCacheTest, TheChangeLogIsNoneOfItsRows) {
  read("a", "1");
  Batch batch;
  batch.put(Family::kLog, "a", "2");
  batch.erase_range(Family::kLog, "a", "b");
  write(batch);
  EXPECT_EQ(find("a"), "1");
}

TEST_F(RowCacheTest, LargeRowsAreNotKept) {
  const std::string largest(RowCache::kLargestRow - 1, 'x');
  read("a", largest);
  EXPECT_EQ(find("a"), largest);
  read("b", largest + "x");
  EXPECT_FALSE(find("b"));
  write(put("a", largest + "x"));
  EXPECT_FALSE(find("a"));
}

TEST_F(RowCacheTest, WithoutMemoryItHasNothing) {
  RowCache none(0);
  std::string value;
  RowCache::Missed missed;
  EXPECT_FALSE(none.find("a", value, missed));
  none.keep(missed, "a", "1");
  const Batch batch = put("a", "2");
  { RowCache::Writing(none, batch).written(); }
  EXPECT_FALSE(none.find("a", value, missed));
}

TEST_F(RowCacheTest, TheOldestRowsAreGivenUpFirst) {
  const std::string value(100, 'v');
  for (int i = 0; i < 100; ++i) read("row " + std::to_string(i), value);
  EXPECT_FALSE(find("row 0"));
  EXPECT_EQ(find("row 99"), value);
  EXPECT_EQ(find("row 90"), value);
}

// Whatever is found is what was written last, whatever was pushed out, grew, shrank or was erased before.
TEST_F(RowCacheTest, AgreesWithAMap) {
  std::mt19937 random(20261123);
  std::map<std::string, std::string, std::less<>> rows;
  int found = 0;
  for (int step = 0; step < 200'000; ++step) {
    const std::string key = "row " + std::to_string(random() % 40);
    const auto row = rows.find(key);
    switch (random() % 4) {
      case 0: {
        const std::string value(random() % 600, static_cast<char>('a' + random() % 26));
        rows[key] = value;
        write(put(key, value));
        break;
      }
      case 1: {
        if (random() % 4 != 0) break;
        Batch batch;
        batch.erase(Family::kData, key);
        rows.erase(key);
        write(batch);
        break;
      }
      default: {
        const auto cached = find(key);
        if (cached) {
          ++found;
          ASSERT_NE(row, rows.end()) << step;
          ASSERT_EQ(*cached, row->second) << step;
        } else if (row != rows.end()) {
          cache_.keep(missed_, key, row->second);
        }
      }
    }
  }
  EXPECT_GT(found, 10'000);
}

// Through the storage: what was acknowledged before a read began is what it shows, or something newer.
TEST(RowCacheInStorage, ReadersNeverGoBackInTime) {
  constexpr int kKeys = 4;
  constexpr std::uint64_t kWrites = 20'000;
  TemporaryFolder folder;
  EmbeddedSettings settings;
  settings.path = folder / "data";
  settings.durability = Durability::kNone;
  settings.cache = kMiB;
  const auto storage = std::move(open_rocks(settings).value());
  std::array<std::atomic<std::uint64_t>, kKeys> acknowledged{};
  std::atomic<bool> ended{false};
  std::vector<std::thread> threads;
  std::atomic<int> writers{2};
  for (int writer = 0; writer < 2; ++writer) {
    threads.emplace_back([&, writer] {
      for (std::uint64_t number = 1; number <= kWrites; ++number) {
        for (int key = writer; key < kKeys; key += 2) {
          Batch batch;
          batch.put(Family::kData, "key" + std::to_string(key), std::to_string(number));
          ASSERT_TRUE(storage->write(batch, Patience::kAllowed));
          acknowledged[static_cast<std::size_t>(key)].store(number);
        }
      }
      if (--writers == 0) ended.store(true);
    });
  }
  for (int reader = 0; reader < 2; ++reader) {
    threads.emplace_back([&] {
      std::string value;
      while (!ended.load()) {
        for (int key = 0; key < kKeys; ++key) {
          const std::uint64_t least = acknowledged[static_cast<std::size_t>(key)].load();
          if (!storage->get(Family::kData, "key" + std::to_string(key), value, {}).value()) value = "0";
          ASSERT_GE(std::stoull(value), least);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::map<std::string, std::uint64_t> statistics;
  for (const auto& [name, number] : storage->statistics()) statistics[name] = number;
  EXPECT_GT(statistics["row_cache_hits_total"], 0U);
}

}  // namespace
}  // namespace gatehouse::dynamo
