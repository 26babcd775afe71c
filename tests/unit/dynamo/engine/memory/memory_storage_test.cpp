#include "gatehouse/dynamo/engine/storage.hpp"

#include <gtest/gtest.h>

namespace gatehouse::dynamo {
namespace {

class MemoryStorageTest : public testing::Test {
 protected:
  void put(std::string_view key, const std::string& value) {
    Batch batch;
    batch.put(Family::kData, key, value);
    ASSERT_TRUE(storage_->write(batch, Patience::kNever));
  }
  std::uint64_t statistic(std::string_view name) {
    for (const auto& [known, value] : storage_->statistics()) {
      if (known == name) return value;
    }
    ADD_FAILURE() << name;
    return 0;
  }
  std::unique_ptr<Storage> storage_ = open_memory();
};

TEST_F(MemoryStorageTest, FreesVersionsThatNobodyCanSeeAnyMore) {
  auto snapshot = storage_->snapshot();
  put("a", std::string(1000, 'x'));
  put("a", std::string(1000, 'y'));
  Batch erased;
  erased.erase(Family::kData, "a");
  ASSERT_TRUE(storage_->write(erased, Patience::kNever));
  EXPECT_GE(statistic("memtable_bytes"), 2000U);
  snapshot.reset();
  put("b", "1");
  EXPECT_EQ(statistic("memtable_bytes"), 2U);
  EXPECT_EQ(statistic("rows"), 1U);
}

TEST_F(MemoryStorageTest, KeepsOnlyTheNewestVersionWithoutViews) {
  for (int i = 0; i < 100; ++i) put("a", std::string(1000, 'x'));
  EXPECT_EQ(statistic("memtable_bytes"), 1001U);
}

TEST_F(MemoryStorageTest, IsDurableAsSoonAsItIsWritten) {
  put("a", "1");
  EXPECT_EQ(storage_->durable(), storage_->written());
}

}  // namespace
}  // namespace gatehouse::dynamo
