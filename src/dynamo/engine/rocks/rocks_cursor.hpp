// Cursor and Snapshot of the storage on disk.
#pragma once

#include "gatehouse/dynamo/engine/storage.hpp"

#include <rocksdb/db.h>

#include <atomic>
#include <cstdint>
#include <memory>

namespace gatehouse::dynamo {

// Incomplete is "would_block"; what else a read or write can fail with, by its reason.
Error error_of(const rocksdb::Status& status);

class RocksSnapshot final : public Snapshot {
 public:
  explicit RocksSnapshot(rocksdb::DB* db) : db_(db), snapshot_(db->GetSnapshot()) {}
  RocksSnapshot(const RocksSnapshot&) = delete;
  RocksSnapshot& operator=(const RocksSnapshot&) = delete;
  ~RocksSnapshot() override { db_->ReleaseSnapshot(snapshot_); }
  const rocksdb::Snapshot* get() const { return snapshot_; }

 private:
  rocksdb::DB* const db_;
  const rocksdb::Snapshot* const snapshot_;
};

class RocksCursor final : public Cursor {
 public:
  // Outlived by what `lower` and `upper` point to. Counts in `stepped_over` the outdated versions of rows that it met.
  RocksCursor(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family, rocksdb::ReadOptions options, std::string_view lower,
              std::string_view upper, std::atomic<std::uint64_t>& stepped_over);
  RocksCursor(const RocksCursor&) = delete;
  RocksCursor& operator=(const RocksCursor&) = delete;
  ~RocksCursor() override;

  void seek(std::string_view key) override;
  void seek_for_previous(std::string_view key) override;
  void next() override;
  void previous() override;
  bool valid() const override;
  std::string_view key() const override;
  std::string_view value() const override;
  std::optional<Error> error() const override;

 private:
  const rocksdb::Slice lower_;
  const rocksdb::Slice upper_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
  std::atomic<std::uint64_t>& stepped_over_;
  std::uint64_t steps_ = 0;
  const std::uint64_t rows_passed_before_;  // by all cursors of the thread
};

}  // namespace gatehouse::dynamo
