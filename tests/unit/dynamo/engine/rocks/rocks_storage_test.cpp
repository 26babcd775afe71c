// What only the storage on disk has: a folder, a format, copies, reads that would wait.
#include "support/temporary_folder.hpp"

#include "dynamo/engine/rocks/store_folder.hpp"
#include "gatehouse/dynamo/engine/storage.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace gatehouse::dynamo {
namespace {

class RocksStorageTest : public testing::Test {
 protected:
  Result<std::unique_ptr<Storage>> try_open(Durability durability = Durability::kSync) {
    EmbeddedSettings settings;
    settings.path = folder_ / "data";
    settings.durability = durability;
    settings.cache = kMiB;
    settings.write_buffer = kMiB;
    return open_rocks(settings);
  }
  void open() { storage_ = std::move(try_open().value()); }

  static void put(Storage& storage, const std::string& key, const std::string& value, Family family = Family::kData) {
    Batch batch;
    batch.put(family, key, value);
    ASSERT_TRUE(storage.write(batch, Patience::kAllowed));
  }
  static std::string get(const Storage& storage, const std::string& key) {
    std::string value;
    return storage.get(Family::kData, key, value, {}).value() ? value : "(none)";
  }
  void write_format_text(const std::string& text) { std::ofstream(folder_ / "data/format") << text; }

  TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_;
};

TEST_F(RocksStorageTest, KeepsEverythingOverAClose) {
  for (const Durability durability : {Durability::kSync, Durability::kInterval, Durability::kNone}) {
    const auto storage = std::move(try_open(durability).value());
    put(*storage, std::to_string(static_cast<int>(durability)), "value");
    storage->close();
  }
  open();
  for (const char* key : {"0", "1", "2"}) EXPECT_EQ(get(*storage_, key), "value");
}

TEST_F(RocksStorageTest, GoesOnWithItsNumbersAfterAStart) {
  open();
  put(*storage_, "a", "1");
  const CommitNumber before = storage_->written();
  storage_.reset();
  open();
  EXPECT_GE(storage_->written(), before);
  EXPECT_EQ(storage_->durable(), storage_->written());
  put(*storage_, "a", "2");
  EXPECT_GT(storage_->written(), before);
}

TEST_F(RocksStorageTest, RefusesAStoreOfANewerVersionAndNamesBoth) {
  open();
  storage_.reset();
  write_format_text("gatehouse-store 7\n");
  const auto refused = try_open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "store_newer");
  EXPECT_NE(refused.error().message().find("format 7"), std::string::npos);
  EXPECT_NE(refused.error().message().find("up to " + std::to_string(kStoreFormat)), std::string::npos);
  EXPECT_FALSE(open_rocks_read_only(folder_ / "data"));
  write_format_text("gatehouse-store 1\n");
  EXPECT_TRUE(try_open());
}

TEST_F(RocksStorageTest, RefusesAFormatThatItCannotRead) {
  open();
  storage_.reset();
  for (const char* text : {"", "1\n", "gatehouse-store \n", "gatehouse-store 0\n", "gatehouse-store 1x\n"}) {
    write_format_text(text);
    const auto refused = try_open();
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().reason(), "store_damaged");
    EXPECT_NE(refused.error().message().find("data/format"), std::string::npos);
  }
}

TEST_F(RocksStorageTest, RefusesAStoreWhosePartsAreMissing) {
  open();
  put(*storage_, "a", "1");
  storage_.reset();
  std::filesystem::remove(folder_ / "data/format");
  EXPECT_EQ(try_open().error().reason(), "store_damaged");
  write_format_text("gatehouse-store 1\n");
  std::filesystem::remove_all(folder_ / "data/db");
  EXPECT_EQ(try_open().error().reason(), "store_damaged");
}

TEST_F(RocksStorageTest, FinishesAFirstStartThatWasCutShort) {
  open();
  storage_.reset();
  std::filesystem::remove(folder_ / "data/format");
  open();
  put(*storage_, "a", "1");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "data/format"));
}

TEST_F(RocksStorageTest, NamesADamagedTableFile) {
  open();
  for (int i = 0; i < 1200; ++i) put(*storage_, std::to_string(i), std::string(2000, 'x'));
  ASSERT_TRUE(storage_->checkpoint(folder_ / "copy"));
  storage_.reset();
  std::string table;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "copy/db")) {
    if (entry.path().extension() == ".sst") table = entry.path().string();
  }
  ASSERT_FALSE(table.empty());
  std::filesystem::resize_file(table, std::filesystem::file_size(table) - 100);
  const auto refused = open_rocks_read_only(folder_ / "copy");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "store_damaged");
  EXPECT_NE(refused.error().message().find(std::filesystem::path(table).filename().string()), std::string::npos)
      << refused.error().message();
}

TEST_F(RocksStorageTest, ACheckpointStandsStillAndIsAStoreOfItsOwn) {
  open();
  put(*storage_, "a", "1");
  put(*storage_, "k", "logged", Family::kLog);
  ASSERT_TRUE(storage_->checkpoint(folder_ / "copy"));
  put(*storage_, "a", "2");
  const auto copy = std::move(open_rocks_read_only(folder_ / "copy").value());
  EXPECT_EQ(get(*copy, "a"), "1");
  std::string logged;
  EXPECT_TRUE(copy->get(Family::kLog, "k", logged, {}).value());
  Batch batch;
  batch.put(Family::kData, "a", "3");
  EXPECT_EQ(copy->write(batch, Patience::kAllowed).error().reason(), "store_read_only");
  copy->close();
  EXPECT_EQ(get(*storage_, "a"), "2");
}

TEST_F(RocksStorageTest, ACheckpointNeedsAFolderThatIsNotThere) {
  open();
  std::filesystem::create_directory(folder_ / "copy");
  EXPECT_EQ(storage_->checkpoint(folder_ / "copy").error().reason(), "store_backup_failed");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "copy"));
  EXPECT_FALSE(storage_->checkpoint(folder_ / "no/such/place"));
}

TEST_F(RocksStorageTest, AnImpatientReadGivesUpWhereTheDiskIsNeeded) {
  open();
  for (int i = 0; i < 1200; ++i) put(*storage_, std::to_string(10000 + i), std::string(2000, 'x'));
  ASSERT_TRUE(storage_->checkpoint(folder_ / "copy"));  // flushes the memtable
  storage_.reset();
  open();  // with an empty cache

  std::string value;
  const ReadOptions never{.patience = Patience::kNever};
  const Result<bool> refused = storage_->get(Family::kData, "10500", value, never);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(is_would_block(refused.error()));
  {
    const auto cursor = storage_->cursor(Family::kData, "105", "106", never);
    cursor->seek("105");
    EXPECT_FALSE(cursor->valid());
    ASSERT_TRUE(cursor->error());
    EXPECT_TRUE(is_would_block(*cursor->error()));
  }
  ASSERT_TRUE(storage_->get(Family::kData, "10500", value, {}).value());
  value.clear();
  EXPECT_TRUE(storage_->get(Family::kData, "10500", value, never).value()) << "now in the cache";
  EXPECT_EQ(value, std::string(2000, 'x'));
}

TEST_F(RocksStorageTest, MemoryStaysNearItsSettings) {
  open();
  for (int i = 0; i < 8000; ++i) put(*storage_, std::to_string(i), std::string(1000, static_cast<char>('a' + i % 26)));
  for (int i = 0; i < 8000; i += 5) ASSERT_EQ(get(*storage_, std::to_string(i)).size(), 1000U);
  for (const auto& [name, value] : storage_->statistics()) {
    if (name == "memtable_bytes") { EXPECT_LE(value, 3 * kMiB); }
    if (name == "block_cache_bytes") { EXPECT_LE(value, 2 * kMiB + 256 * kKiB); }
    if (name == "table_files_bytes") { EXPECT_GT(value, 0U); }
  }
}

std::uint64_t memtable_bytes(const Storage& storage) {
  for (const auto& [name, value] : storage.statistics())
    if (name == "memtable_bytes") return value;
  return 0;
}

TEST_F(RocksStorageTest, FlushesVersionsOfRowsThatReadersStepOver) {
  constexpr int kRows = 100;
  EmbeddedSettings settings;
  settings.path = folder_ / "data";
  settings.durability = Durability::kNone;
  storage_ = std::move(open_rocks(settings).value());
  for (int version = 0; version < 50; ++version)
    for (int row = 0; row < kRows; ++row) put(*storage_, std::to_string(row), std::string(400, static_cast<char>('0' + version)));
  const std::uint64_t before = memtable_bytes(*storage_);
  const auto scan = [&] {
    const auto cursor = storage_->cursor(Family::kData, "0", "A", {});
    int rows = 0;
    for (cursor->seek("0"); cursor->valid(); cursor->next()) ++rows;
    EXPECT_EQ(rows, kRows);
  };
  scan();
  storage_->tidy();
  EXPECT_EQ(memtable_bytes(*storage_), before);
  for (int i = 0; i < 50; ++i) scan();
  storage_->tidy();
  EXPECT_LT(memtable_bytes(*storage_), before / 2);
  scan();
  EXPECT_EQ(get(*storage_, "7"), std::string(400, '0' + 49));
}

TEST_F(RocksStorageTest, TheFolderIsForItsOwnerAlone) {
  open();
  const auto permissions = std::filesystem::status(folder_ / "data").permissions();
  EXPECT_EQ(permissions & (std::filesystem::perms::group_all | std::filesystem::perms::others_all),
            std::filesystem::perms::none);
}

}  // namespace
}  // namespace gatehouse::dynamo
