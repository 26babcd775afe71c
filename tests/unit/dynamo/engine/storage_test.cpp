// The contract of Storage, held by every implementation.
#include "support/temporary_folder.hpp"

#include "gatehouse/dynamo/engine/storage.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

namespace gatehouse::dynamo {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

struct Kind {
  const char* name;
  bool on_disk;
  Durability durability;
};

// A value of 1,000 bytes that takes as many in a file: what compresses well is nearly nothing there.
std::string noise(std::mt19937& random) {
  std::string value(1000, '\0');
  for (char& byte : value) byte = static_cast<char>(random());
  return value;
}

class StorageTest : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override { storage_ = make(); }
  void TearDown() override { storage_->close(); }

  std::unique_ptr<Storage> make() {
    if (!GetParam().on_disk) return open_memory();
    EmbeddedSettings settings;
    settings.path = folder_ / "data";
    settings.durability = GetParam().durability;
    settings.cache = kMiB;
    settings.write_buffer = 4 * kMiB;
    return std::move(open_rocks(settings).value());
  }

  CommitNumber put(std::string_view key, std::string_view value, Family family = Family::kData) {
    Batch batch;
    batch.put(family, key, value);
    return storage_->write(batch, Patience::kAllowed).value();
  }

  CommitNumber erase(std::string_view key) {
    Batch batch;
    batch.erase(Family::kData, key);
    return storage_->write(batch, Patience::kAllowed).value();
  }

  std::optional<std::string> get(std::string_view key, const Snapshot* snapshot = nullptr) {
    std::string value = "what was there before";
    ReadOptions options;
    options.snapshot = snapshot;
    if (!storage_->get(Family::kData, key, value, options).value()) return std::nullopt;
    return value;
  }

  Rows forward(std::string_view lower, std::string_view upper, const Snapshot* snapshot = nullptr,
               Family family = Family::kData) {
    ReadOptions options;
    options.snapshot = snapshot;
    const auto cursor = storage_->cursor(family, lower, upper, options);
    Rows rows;
    for (cursor->seek(lower); cursor->valid(); cursor->next()) rows.emplace_back(cursor->key(), cursor->value());
    EXPECT_FALSE(cursor->error());
    return rows;
  }

  Rows backward(std::string_view lower, std::string_view upper) {
    const auto cursor = storage_->cursor(Family::kData, lower, upper, {});
    Rows rows;
    for (cursor->seek_for_previous(upper); cursor->valid(); cursor->previous()) {
      rows.emplace_back(cursor->key(), cursor->value());
    }
    EXPECT_FALSE(cursor->error());
    std::reverse(rows.begin(), rows.end());
    return rows;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_;
};

TEST_P(StorageTest, GivesBackWhatWasPut) {
  put("a", "1");
  put("b", std::string("\0\xff", 2));
  put("empty", "");
  EXPECT_EQ(get("a"), "1");
  EXPECT_EQ(get("b"), std::string("\0\xff", 2));
  EXPECT_EQ(get("empty"), "");
  EXPECT_EQ(get("c"), std::nullopt);
  put("a", "2");
  EXPECT_EQ(get("a"), "2");
  erase("a");
  EXPECT_EQ(get("a"), std::nullopt);
  erase("a");
  put("a", "3");
  EXPECT_EQ(get("a"), "3");
}

TEST_P(StorageTest, KeepsTheFamiliesApart) {
  put("k", "data");
  put("k", "log", Family::kLog);
  std::string value;
  ASSERT_TRUE(storage_->get(Family::kLog, "k", value, {}).value());
  EXPECT_EQ(value, "log");
  EXPECT_EQ(get("k"), "data");
  EXPECT_EQ(forward("", "", nullptr, Family::kLog), (Rows{{"k", "log"}}));
}

TEST_P(StorageTest, AppliesTheChangesOfABatchInTheirOrder) {
  put("old", "x");
  Batch batch;
  batch.put(Family::kData, "a", "1");
  batch.put(Family::kData, "a", "2");
  batch.put(Family::kData, "b", "1");
  batch.erase(Family::kData, "b");
  batch.erase_range(Family::kData, "o", "p");
  batch.put(Family::kData, "oz", "after the range");
  batch.erase(Family::kData, "never there");
  ASSERT_TRUE(storage_->write(batch, Patience::kAllowed));
  EXPECT_EQ(forward("", ""), (Rows{{"a", "2"}, {"oz", "after the range"}}));
}

TEST_P(StorageTest, ErasesARangeWithoutItsEnd) {
  for (const char* key : {"a", "b", "ba", "c", "d"}) put(key, key);
  Batch batch;
  batch.erase_range(Family::kData, "b", "c");
  ASSERT_TRUE(storage_->write(batch, Patience::kAllowed));
  EXPECT_EQ(forward("", ""), (Rows{{"a", "a"}, {"c", "c"}, {"d", "d"}}));
  EXPECT_EQ(get("ba"), std::nullopt);
}

TEST_P(StorageTest, CursorsStayInTheirBounds) {
  for (const char* key : {"a", "b", "c", "d", "e"}) put(key, key);
  EXPECT_EQ(forward("b", "d"), (Rows{{"b", "b"}, {"c", "c"}}));
  EXPECT_EQ(backward("b", "d"), (Rows{{"b", "b"}, {"c", "c"}}));
  EXPECT_EQ(forward("b", ""), (Rows{{"b", "b"}, {"c", "c"}, {"d", "d"}, {"e", "e"}}));
  EXPECT_EQ(backward("", "c"), (Rows{{"a", "a"}, {"b", "b"}}));
  EXPECT_EQ(forward("x", "z"), Rows{});
  EXPECT_EQ(backward("x", "z"), Rows{});

  const auto cursor = storage_->cursor(Family::kData, "b", "d", {});
  cursor->seek("a");
  ASSERT_TRUE(cursor->valid());
  EXPECT_EQ(cursor->key(), "b");
  cursor->previous();
  EXPECT_FALSE(cursor->valid());
  cursor->seek_for_previous("z");
  ASSERT_TRUE(cursor->valid());
  EXPECT_EQ(cursor->key(), "c");
  cursor->next();
  EXPECT_FALSE(cursor->valid());
  cursor->seek("d");
  EXPECT_FALSE(cursor->valid());
  cursor->seek_for_previous("a");
  EXPECT_FALSE(cursor->valid());
  EXPECT_FALSE(cursor->error());
}

TEST_P(StorageTest, CursorsTurnRound) {
  for (const char* key : {"a", "c", "e"}) put(key, key);
  const auto cursor = storage_->cursor(Family::kData, "", "", {});
  cursor->seek("b");
  EXPECT_EQ(cursor->key(), "c");
  cursor->next();
  EXPECT_EQ(cursor->key(), "e");
  cursor->previous();
  EXPECT_EQ(cursor->key(), "c");
  cursor->previous();
  EXPECT_EQ(cursor->key(), "a");
  cursor->next();
  EXPECT_EQ(cursor->key(), "c");
  cursor->seek_for_previous("d");
  EXPECT_EQ(cursor->key(), "c");
  cursor->seek_for_previous("c");
  EXPECT_EQ(cursor->key(), "c");
}

TEST_P(StorageTest, ACursorSeesTheMomentOfItsMaking) {
  put("a", "1");
  put("b", "1");
  const auto cursor = storage_->cursor(Family::kData, "", "", {});
  put("a", "2");
  put("aa", "2");
  erase("b");
  put("c", "2");
  Rows rows;
  for (cursor->seek(""); cursor->valid(); cursor->next()) rows.emplace_back(cursor->key(), cursor->value());
  EXPECT_EQ(rows, (Rows{{"a", "1"}, {"b", "1"}}));
  EXPECT_EQ(forward("", ""), (Rows{{"a", "2"}, {"aa", "2"}, {"c", "2"}}));
}

TEST_P(StorageTest, ASnapshotStandsStillUntilItIsLetGo) {
  put("a", "1");
  put("b", "1");
  auto early = storage_->snapshot();
  put("a", "2");
  const auto late = storage_->snapshot();
  Batch batch;
  batch.erase_range(Family::kData, "", "z");
  ASSERT_TRUE(storage_->write(batch, Patience::kAllowed));
  put("c", "3");
  EXPECT_EQ(get("a", early.get()), "1");
  EXPECT_EQ(get("a", late.get()), "2");
  EXPECT_EQ(get("a"), std::nullopt);
  EXPECT_EQ(forward("", "", early.get()), (Rows{{"a", "1"}, {"b", "1"}}));
  early.reset();
  put("a", "4");
  EXPECT_EQ(forward("", "", late.get()), (Rows{{"a", "2"}, {"b", "1"}}));
  EXPECT_EQ(forward("", ""), (Rows{{"a", "4"}, {"c", "3"}}));
}

TEST_P(StorageTest, FindsRowsOfOneHeadThroughThePrefixFilter) {
  const std::string head("\0\0\0\7\0abcd", 9);
  const std::string other("\0\0\0\7\0abce", 9);
  for (int i = 0; i < 300; ++i) {
    put(head + "\5owner" + std::to_string(1000 + i), "v");
    put(other + "\5owner" + std::to_string(1000 + i), "v");
  }
  EXPECT_EQ(forward(head + "\5owner", head + "\5owneS").size(), 0U);
  EXPECT_EQ(forward(head + "\5owner", head + "\5ownes").size(), 300U);
  EXPECT_EQ(backward(head + "\5owner", head + "\5ownes").size(), 300U);
  EXPECT_EQ(forward(head, other).size(), 300U);
  EXPECT_EQ(forward(head.substr(0, 4), "").size(), 600U);
  EXPECT_EQ(backward(head.substr(0, 4), "\1").size(), 600U);
  EXPECT_EQ(get(head + "\5owner1299"), "v");
  EXPECT_EQ(get(head + "\5owner1300"), std::nullopt);
}

TEST_P(StorageTest, AgreesWithAMapOverRandomChanges) {
  std::mt19937 random(7);
  std::map<std::string, std::string> model;
  const auto key = [&] { return std::string(1 + random() % 3, static_cast<char>('a' + random() % 6)); };
  std::vector<std::pair<std::unique_ptr<Snapshot>, Rows>> snapshots;
  for (int round = 0; round < 600; ++round) {
    Batch batch;
    for (std::size_t change = random() % 5 + 1; change > 0; --change) {
      const std::string at = key();
      switch (random() % 8) {
        case 0: {
          std::string to = key();
          if (to < at) continue;
          batch.erase_range(Family::kData, at, to);
          model.erase(model.lower_bound(at), model.lower_bound(to));
          break;
        }
        case 1:
        case 2:
          batch.erase(Family::kData, at);
          model.erase(at);
          break;
        default:
          batch.put(Family::kData, at, std::to_string(round));
          model[at] = std::to_string(round);
      }
    }
    ASSERT_TRUE(storage_->write(batch, Patience::kAllowed));
    if (round % 50 == 7) snapshots.emplace_back(storage_->snapshot(), Rows(model.begin(), model.end()));
    if (round % 120 == 90) snapshots.erase(snapshots.begin());
    if (round % 20 == 0) {
      ASSERT_EQ(forward("", ""), Rows(model.begin(), model.end())) << round;
      ASSERT_EQ(backward("b", "e"), Rows(model.lower_bound("b"), model.lower_bound("e"))) << round;
      for (const auto& [snapshot, rows] : snapshots) ASSERT_EQ(forward("", "", snapshot.get()), rows) << round;
    }
  }
  snapshots.clear();
  put("last", "x");
  model["last"] = "x";
  EXPECT_EQ(forward("", ""), Rows(model.begin(), model.end()));
}

TEST_P(StorageTest, WritesFromManyThreadsGetNumbersOfTheirOwnInTheirOrder) {
  constexpr int kThreads = 4;
  constexpr int kWrites = 200;
  std::vector<std::vector<CommitNumber>> numbers(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kWrites; ++i) {
        Batch batch;
        const std::string value = std::to_string(t) + ":" + std::to_string(i);
        batch.put(Family::kData, "shared", value);
        batch.put(Family::kData, "own" + value, value);
        numbers[t].push_back(storage_->write(batch, Patience::kAllowed).value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::map<CommitNumber, std::string> by_number;
  for (int t = 0; t < kThreads; ++t) {
    EXPECT_TRUE(std::is_sorted(numbers[t].begin(), numbers[t].end()));
    for (int i = 0; i < kWrites; ++i) by_number[numbers[t][i]] = std::to_string(t) + ":" + std::to_string(i);
  }
  EXPECT_EQ(by_number.size(), std::size_t{kThreads * kWrites});
  EXPECT_EQ(by_number.rbegin()->first, storage_->written());
  EXPECT_EQ(get("shared"), by_number.rbegin()->second);
  EXPECT_EQ(forward("own", "owo").size(), std::size_t{kThreads * kWrites});
}

TEST_P(StorageTest, ABatchIsSeenWholeOrNotAtAll) {
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0;
  std::atomic<std::uint64_t> looks = 0;
  put("x", "0");
  put("y", "0");
  std::vector<std::thread> readers;
  for (int r = 0; r < 2; ++r) {
    readers.emplace_back([&] {
      while (!done) {
        const auto snapshot = storage_->snapshot();
        if (get("x", snapshot.get()) != get("y", snapshot.get())) ++torn;
        const auto cursor = storage_->cursor(Family::kData, "", "", {});
        std::set<std::string> values;
        for (cursor->seek(""); cursor->valid(); cursor->next()) values.emplace(cursor->value());
        if (values.size() != 1) ++torn;
        ++looks;
      }
    });
  }
  for (int i = 1; i < 500 || looks < 20; ++i) {
    Batch batch;
    batch.put(Family::kData, "x", std::to_string(i));
    batch.put(Family::kData, "y", std::to_string(i));
    ASSERT_TRUE(storage_->write(batch, Patience::kAllowed));
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(torn, 0);
}

TEST_P(StorageTest, WhatWasWaitedForIsDurable) {
  const CommitNumber number = put("a", "1");
  storage_->request_sync();
  ASSERT_TRUE(storage_->wait_durable(number));
  EXPECT_GE(storage_->durable(), number);
  EXPECT_LE(storage_->durable(), storage_->written());
  EXPECT_FALSE(storage_->failure());
}

TEST_P(StorageTest, AnEmptyBatchIsDurableWithWhatWasBefore) {
  const CommitNumber number = put("a", "1");
  const CommitNumber empty = storage_->write(Batch(), Patience::kAllowed).value();
  EXPECT_GE(empty, number);
  EXPECT_TRUE(storage_->wait_durable(empty));
}

TEST_P(StorageTest, APatientAndAnImpatientReadOfWhatIsInMemoryAgree) {
  put("a", "1");
  std::string value;
  ReadOptions options;
  options.patience = Patience::kNever;
  EXPECT_TRUE(storage_->get(Family::kData, "a", value, options).value());
  EXPECT_FALSE(storage_->get(Family::kData, "b", value, options).value());
  const auto cursor = storage_->cursor(Family::kData, "", "", options);
  cursor->seek("");
  ASSERT_TRUE(cursor->valid());
  EXPECT_EQ(cursor->value(), "1");
}

TEST_P(StorageTest, TrimmingTheLogLeavesWhatIsNewer) {
  std::mt19937 random(7);
  for (int i = 0; i < 3000; ++i) put("s1" + std::to_string(10000 + i), noise(random), Family::kLog);
  put("s2", "other stream", Family::kLog);
  storage_->trim_log("s1", "s112990");
  const Rows rows = forward("s112990", "s2", nullptr, Family::kLog);
  ASSERT_EQ(rows.size(), 10U);
  EXPECT_EQ(rows.front().first, "s112990");
  EXPECT_EQ(forward("s1", "s112990", nullptr, Family::kLog).size(), 0U);
  EXPECT_EQ(forward("s2", "", nullptr, Family::kLog).size(), 1U);
}

TEST_P(StorageTest, ACheckpointIsAStoreOfItsOwn) {
  put("a", "1");
  put("b", std::string(3 * kMiB, 'x'));
  put("c", "1");
  put("k", "logged", Family::kLog);
  erase("c");
  ASSERT_TRUE(storage_->checkpoint(folder_ / "copy"));
  put("a", "2");
  EXPECT_FALSE(storage_->checkpoint(folder_ / "copy"));
  const auto copy = std::move(open_rocks_read_only(folder_ / "copy").value());
  std::string value;
  EXPECT_TRUE(copy->get(Family::kData, "a", value, {}).value());
  EXPECT_EQ(value, "1");
  EXPECT_TRUE(copy->get(Family::kData, "b", value, {}).value());
  EXPECT_EQ(value.size(), 3 * kMiB);
  EXPECT_FALSE(copy->get(Family::kData, "c", value, {}).value());
  EXPECT_TRUE(copy->get(Family::kLog, "k", value, {}).value());
  copy->close();
}

TEST_P(StorageTest, EstimatesTheSizeOfARange) {
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) put("a" + std::to_string(i), noise(random));
  EXPECT_GT(storage_->approximate_size("a", "b"), 500'000U);
  EXPECT_LT(storage_->approximate_size("b", "c"), 100'000U);
}

INSTANTIATE_TEST_SUITE_P(All, StorageTest,
                         testing::Values(Kind{"Memory", false, Durability::kNone},
                                         Kind{"RocksSync", true, Durability::kSync},
                                         Kind{"RocksInterval", true, Durability::kInterval},
                                         Kind{"RocksNone", true, Durability::kNone}),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace gatehouse::dynamo
