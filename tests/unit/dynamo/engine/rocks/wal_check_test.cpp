// What may and what may not be wrong with the log at a start.
#include "support/temporary_folder.hpp"

#include "dynamo/engine/rocks/rocks_storage.hpp"
#include "dynamo/engine/rocks/wal_check.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

namespace gatehouse::dynamo {
namespace {

namespace fs = std::filesystem;

class WalCheckTest : public testing::Test {
 protected:
  static constexpr int kRows = 200;

  // A store as kill -9 leaves it after `kRows` acknowledged writes: a copy taken while it was open.
  void SetUp() override {
    EmbeddedSettings settings = settings_of("live");
    const std::unique_ptr<Storage> storage = std::move(open_rocks(settings).value());
    for (int i = 0; i < kRows; ++i) {
      Batch batch;
      batch.put(Family::kData, key(i), value(i));
      ASSERT_TRUE(storage->wait_durable(storage->write(batch, Patience::kAllowed).value()));
      ends_.push_back(fs::file_size(log_of("live")));
    }
    fs::copy(folder_ / "live", folder_ / "data", fs::copy_options::recursive);
    storage->close();
    log_ = log_of("data");
    content_ = read(log_);
  }

  EmbeddedSettings settings_of(const std::string& name) const {
    EmbeddedSettings settings;
    settings.path = folder_ / name;
    settings.cache = kMiB;
    return settings;
  }

  static std::string key(int i) { return std::to_string(1000 + i); }
  static std::string value(int i) { return std::string(i % 10 == 0 ? 40'000 : 300, static_cast<char>('a' + i % 26)); }

  std::string log_of(const std::string& name) const {
    std::string found;
    for (const auto& entry : fs::directory_iterator(folder_ / name + "/db")) {
      if (entry.path().extension() == ".log") found = std::max(found, entry.path().string());
    }
    return found;
  }

  static std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  void write_log(const std::string& content) { std::ofstream(log_, std::ios::binary | std::ios::trunc) << content; }

  // How many rows a store with this log has; nothing when it is refused.
  std::optional<int> rows_with(const std::string& content) {
    write_log(content);
    Result<std::unique_ptr<Storage>> opened = open_rocks(settings_of("data"));
    if (!opened) {
      error_ = opened.error();
      return std::nullopt;
    }
    int rows = 0;
    std::string found;
    while ((*opened)->get(Family::kData, key(rows), found, {}).value()) EXPECT_EQ(found, value(rows++));
    return rows;
  }

  bool refused(const std::string& content) {
    write_log(content);
    const Result<void> checked = check_wal(folder_ / "data/db");
    if (!checked) error_ = checked.error();
    return !checked;
  }

  TemporaryFolder folder_;
  std::string log_;
  std::string content_;
  std::vector<std::uint64_t> ends_;  // of the log after each row
  Error error_;
};

TEST_F(WalCheckTest, OpensASoundLogWithEveryRow) { EXPECT_EQ(rows_with(content_), kRows); }

TEST_F(WalCheckTest, DropsATornTail) {
  EXPECT_EQ(rows_with(content_.substr(0, content_.size() - 10)), kRows - 1);
}

TEST_F(WalCheckTest, DropsATailOfZeros) {
  std::string torn = content_;
  torn.replace(ends_[kRows - 2] + 20, std::string::npos, content_.size() - ends_[kRows - 2] - 20, '\0');
  EXPECT_EQ(rows_with(torn), kRows - 1);
}

TEST_F(WalCheckTest, DropsWhatWasAppendedAndNeverFinished) {
  EXPECT_EQ(rows_with(content_ + std::string(5000, '\0')), kRows);
}

TEST_F(WalCheckTest, TakesEveryLengthForATornTailOfTheLastRecord) {
  for (std::uint64_t size = ends_[kRows - 2]; size < content_.size(); ++size) {
    ASSERT_FALSE(refused(content_.substr(0, size))) << size << ": " << error_.message();
  }
}

TEST_F(WalCheckTest, RefusesAFlippedBitAnywhere) {
  std::mt19937 random(3);
  for (int i = 0; i < 300; ++i) {
    std::string flipped = content_;
    const std::size_t at = i < 40 ? content_.size() - 1 - static_cast<std::size_t>(i) * 8 : random() % content_.size();
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << random() % 8));
    ASSERT_TRUE(refused(flipped)) << "byte " << at << " of " << content_.size();
  }
}

TEST_F(WalCheckTest, RefusesAFlippedBitInEveryByteOfTheLastHead) {
  for (std::size_t at = ends_[kRows - 2]; at < ends_[kRows - 2] + 7; ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = content_;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      ASSERT_TRUE(refused(flipped)) << at - ends_[kRows - 2] << " bit " << bit;
    }
  }
}

TEST_F(WalCheckTest, SaysWhichFileAndWhatToDo) {
  std::string flipped = content_;
  flipped[ends_[50] + 100] ^= 1;
  EXPECT_EQ(rows_with(flipped), std::nullopt);
  EXPECT_EQ(error_.reason(), "store_damaged");
  EXPECT_NE(error_.message().find(log_), std::string::npos) << error_.message();
  EXPECT_NE(error_.message().find("backup"), std::string::npos) << error_.message();
  // As the message says: what was written before is opened after the file was cut there.
  const std::string command = "truncate -s ";
  const std::size_t number = error_.message().find(command);
  ASSERT_NE(number, std::string::npos) << error_.message();
  EXPECT_EQ(rows_with(content_.substr(0, std::stoul(error_.message().substr(number + command.size())))), 51);
}

TEST_F(WalCheckTest, RefusesALostSectorInFrontOfWhatWasLaterKnownToBeDurable) {
  std::string lost = content_;
  const std::size_t sector = (ends_[100] / 512 + 1) * 512;
  lost.replace(sector, 512, 512, '\0');
  EXPECT_EQ(rows_with(lost), std::nullopt);
  EXPECT_EQ(error_.reason(), "store_damaged");
}

}  // namespace
}  // namespace gatehouse::dynamo
