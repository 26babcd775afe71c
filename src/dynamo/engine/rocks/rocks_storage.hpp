// The storage on disk. open_rocks() of the contract is this with RocksDB's own Env; tests put a faulty disk below it.
#pragma once

#include "committer.hpp"
#include "disk_guard.hpp"
#include "row_cache.hpp"
#include "store_folder.hpp"

#include "gatehouse/dynamo/engine/storage.hpp"

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace gatehouse::dynamo {

Result<std::unique_ptr<Storage>> open_rocks(const EmbeddedSettings& settings, rocksdb::Env* env);

class RocksStorage final : public Storage {
 public:
  using Handles = std::vector<rocksdb::ColumnFamilyHandle*>;

  // An open database, its families (data, log), and what must outlive them.
  struct Parts {
    std::optional<FolderLock> lock;  // none: read-only
    std::shared_ptr<DiskGuard> guard;
    std::unique_ptr<rocksdb::Env> env;
    std::unique_ptr<rocksdb::DB> db;
    Handles handles;
  };
  RocksStorage(const EmbeddedSettings& settings, Parts parts);
  RocksStorage(const RocksStorage&) = delete;
  RocksStorage& operator=(const RocksStorage&) = delete;
  ~RocksStorage() override;

  Result<bool> get(Family family, std::string_view key, std::string& value, const ReadOptions& options) const override;
  std::unique_ptr<Cursor> cursor(Family family, std::string_view lower, std::string_view upper,
                                 const ReadOptions& options) const override;
  std::unique_ptr<Snapshot> snapshot() const override;

  Result<CommitNumber> write(const Batch& batch, Patience patience) override;
  CommitNumber written() const override;
  CommitNumber durable() const override;
  std::optional<Error> failure() const override;
  void on_durable(std::function<void()> moved) override;
  Result<void> wait_durable(CommitNumber number) override;
  void request_sync() override;

  Result<void> checkpoint(const std::string& folder) override;
  void trim_log(std::string_view from, std::string_view to) override;
  void tidy() override;
  std::uint64_t approximate_size(std::string_view from, std::string_view to) const override;
  std::vector<std::pair<std::string, std::uint64_t>> statistics() const override;
  void close() override;

 private:
  rocksdb::ColumnFamilyHandle* handle(Family family) const { return handles_[static_cast<std::size_t>(family)]; }
  const rocksdb::ReadOptions& reading(const ReadOptions& options) const;
  rocksdb::Status get_row(std::string_view key, std::string& value, const ReadOptions& options) const;
  std::uint64_t size_of(Family family, std::string_view from, std::string_view to) const;
  Error refuse_while_full(const rocksdb::Status& status);
  void resume();

  const EmbeddedSettings settings_;
  std::optional<FolderLock> lock_;
  std::shared_ptr<DiskGuard> guard_;
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<rocksdb::DB> db_;
  Handles handles_;
  mutable RowCache rows_;
  std::atomic<bool> full_{false};  // there was no space for a table: writes are refused until tidy() finds some
  mutable std::atomic<std::uint64_t> stepped_over_{0};  // by cursors, since the last tidy() that changed something
  std::unique_ptr<Committer> committer_;
  std::uint64_t session_;  // of LogMark
  // Made once: a rocksdb::ReadOptions has twenty members. By patience and fill_cache.
  std::array<rocksdb::ReadOptions, 4> reading_;
  std::array<rocksdb::WriteOptions, 2> writing_;

  std::mutex trimmed_mutex_;
  std::map<std::string, std::string, std::less<>> trimmed_;  // how far rows were erased, by `from` of trim_log
};

}  // namespace gatehouse::dynamo
