#include "rocks_storage.hpp"

#include "rocks_cursor.hpp"
#include "rocks_options.hpp"
#include "wal_check.hpp"

#include "gatehouse/base/log.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/utilities/checkpoint.h>

#include <cstring>
#include <filesystem>
#include <random>

namespace gatehouse::dynamo {
namespace {

constexpr std::uint64_t kWorthErasing = kMiB;
// To step over so many outdated versions takes as long as to flush the memory that holds them.
constexpr std::uint64_t kManySteppedOver = 200'000;
constexpr std::uint64_t kWorthFlushing = kMiB;

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

std::uint64_t random_session() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

// RocksDB writes the first number of a batch into its head (the format of the log) once it is committed.
CommitNumber last_number(const rocksdb::WriteBatch& batch) {
  std::uint64_t first = 0;
  std::memcpy(&first, batch.Data().data(), sizeof first);
  return first + static_cast<std::uint64_t>(batch.Count()) - 1;
}

}  // namespace

RocksStorage::RocksStorage(const EmbeddedSettings& settings, Parts parts)
    : settings_(settings),
      lock_(std::move(parts.lock)),
      guard_(std::move(parts.guard)),
      env_(std::move(parts.env)),
      db_(std::move(parts.db)),
      handles_(std::move(parts.handles)),
      rows_(row_share(settings)),
      session_(random_session()) {
  if (lock_) {
    committer_ = std::make_unique<Committer>(*db_, settings_.durability, settings_.sync_interval);
    guard_->on_failure([committer = committer_.get()](const std::string& reason) { committer->fail(reason); });
  }
  for (const Patience patience : {Patience::kNever, Patience::kAllowed}) {
    const bool waits = patience == Patience::kAllowed;
    writing_[static_cast<std::size_t>(patience)].no_slowdown = !waits;
    for (const bool fill_cache : {false, true}) {
      rocksdb::ReadOptions& options = reading_[static_cast<std::size_t>(patience) * 2 + (fill_cache ? 1 : 0)];
      options.read_tier = waits ? rocksdb::kReadAllTier : rocksdb::kBlockCacheTier;
      options.fill_cache = fill_cache;
      options.total_order_seek = true;
    }
  }
}

RocksStorage::~RocksStorage() { close(); }

const rocksdb::ReadOptions& RocksStorage::reading(const ReadOptions& options) const {
  return reading_[static_cast<std::size_t>(options.patience) * 2 + (options.fill_cache ? 1 : 0)];
}

Result<bool> RocksStorage::get(Family family, std::string_view key, std::string& value,
                               const ReadOptions& options) const {
  rocksdb::Status status;
  if (options.snapshot == nullptr) {
    status = family == Family::kData ? get_row(key, value, options)
                                     : db_->Get(reading(options), handle(family), slice(key), &value);
  } else {
    rocksdb::ReadOptions with_snapshot = reading(options);
    with_snapshot.snapshot = static_cast<const RocksSnapshot*>(options.snapshot)->get();
    status = db_->Get(with_snapshot, handle(family), slice(key), &value);
  }
  if (status.ok()) return true;
  if (status.IsNotFound()) return false;
  return error_of(status);
}

rocksdb::Status RocksStorage::get_row(std::string_view key, std::string& value, const ReadOptions& options) const {
  RowCache::Missed missed;
  if (rows_.find(key, value, missed)) return rocksdb::Status::OK();
  rocksdb::Status status = db_->Get(reading(options), handle(Family::kData), slice(key), &value);
  if (status.ok() && options.fill_cache) rows_.keep(missed, key, value);
  return status;
}

std::unique_ptr<Cursor> RocksStorage::cursor(Family family, std::string_view lower, std::string_view upper,
                                             const ReadOptions& options) const {
  rocksdb::ReadOptions bounded = reading(options);
  if (options.snapshot != nullptr) bounded.snapshot = static_cast<const RocksSnapshot*>(options.snapshot)->get();
  bounded.total_order_seek = family == Family::kLog || !within_one_head(lower, upper);
  return std::make_unique<RocksCursor>(db_.get(), handle(family), std::move(bounded), lower, upper,
                                       stepped_over_);
}

std::unique_ptr<Snapshot> RocksStorage::snapshot() const { return std::make_unique<RocksSnapshot>(db_.get()); }

Result<CommitNumber> RocksStorage::write(const Batch& batch, Patience patience) {
  if (!committer_) {
    return Error(ErrorKind::kRefused, ErrorSource::kGateway, "store_read_only", "the store was opened to be read only");
  }
  if (committer_->failed()) return *committer_->failure();
  if (batch.empty()) return written();

  thread_local rocksdb::WriteBatch changes;
  changes.Clear();
  const auto mark = encode({session_, committer_->synced()});
  changes.PutLogData({mark.data(), mark.size()});
  std::string_view rest = batch.bytes();
  while (const std::optional<Batch::Change> change = Batch::take(rest)) {
    rocksdb::ColumnFamilyHandle* const family = handle(change->family);
    switch (change->kind) {
      case Batch::Kind::kPut: changes.Put(family, slice(change->key), slice(change->value)); break;
      case Batch::Kind::kErase: changes.Delete(family, slice(change->key)); break;
      case Batch::Kind::kEraseRange: changes.DeleteRange(family, slice(change->key), slice(change->value)); break;
    }
  }
  RowCache::Writing writing(rows_, batch);
  const rocksdb::Status status = db_->Write(writing_[static_cast<std::size_t>(patience)], &changes);
  if (status.ok()) {
    writing.written();
    // Also when the log could not be written just now: then durable() stands below this number for ever.
    return last_number(changes);
  }
  if (status.IsIncomplete()) return error_of(status);
  if (status.IsNoSpace() && !committer_->failed()) return refuse_while_full(status);
  // A table file or the manifest could not be written in the background, or a new log not be made.
  guard_->freeze(status.ToString());
  return *committer_->failure();
}

CommitNumber RocksStorage::written() const { return db_->GetLatestSequenceNumber(); }

CommitNumber RocksStorage::durable() const { return committer_ ? committer_->durable() : written(); }

std::optional<Error> RocksStorage::failure() const {
  return committer_ && committer_->failed() ? committer_->failure() : std::nullopt;
}

void RocksStorage::on_durable(std::function<void()> moved) {
  if (committer_) committer_->on_moved(std::move(moved));
}

Result<void> RocksStorage::wait_durable(CommitNumber number) {
  return committer_ ? committer_->wait(number) : Result<void>();
}

void RocksStorage::request_sync() {
  if (committer_) committer_->request();
}

Result<void> RocksStorage::checkpoint(const std::string& folder) {
  if (const std::optional<Error> failed = failure()) return *failed;
  std::error_code failed;
  if (!std::filesystem::create_directory(folder, failed)) {
    return store_error("store_backup_failed",
                       "cannot create " + folder + ": " + (failed ? failed.message() : "it is there already"));
  }
  rocksdb::Checkpoint* made = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(db_.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (status.ok()) status = checkpoint->CreateCheckpoint(database_folder(folder));
  Result<void> done;
  if (!status.ok()) done = store_error("store_backup_failed", status.ToString());
  if (done) done = write_format(folder);  // last: without it the folder is no store
  if (!done) std::filesystem::remove_all(folder, failed);
  return done;
}

std::uint64_t RocksStorage::size_of(Family family, std::string_view from, std::string_view to) const {
  rocksdb::SizeApproximationOptions options;
  options.include_memtables = true;
  options.include_files = true;
  const rocksdb::Range range(slice(from), slice(to));
  std::uint64_t bytes = 0;
  const rocksdb::Status status = db_->GetApproximateSizes(options, handle(family), &range, 1, &bytes);
  return status.ok() ? bytes : 0;
}

std::uint64_t RocksStorage::approximate_size(std::string_view from, std::string_view to) const {
  return size_of(Family::kData, from, to);
}

// Whole files go at once, at no cost. What is left in files that hold other prefixes too is erased by one range tombstone per
// megabyte: more would slow readers down, none would keep the rows of many small streams for ever.
void RocksStorage::trim_log(std::string_view from, std::string_view to) {
  if (!committer_ || committer_->failed() || from >= to) return;
  const rocksdb::Slice begin = slice(from);
  const rocksdb::Slice end = slice(to);
  rocksdb::DeleteFilesInRange(db_.get(), handle(Family::kLog), &begin, &end, false).PermitUncheckedError();

  const std::lock_guard lock(trimmed_mutex_);
  const auto known = trimmed_.find(from);
  const std::string_view since = known == trimmed_.end() ? from : std::string_view(known->second);
  if (since >= to || size_of(Family::kLog, since, to) < kWorthErasing) return;
  Batch batch;
  batch.erase_range(Family::kLog, since, to);
  if (write(batch, Patience::kAllowed)) trimmed_[std::string(from)] = to;
}

// A table did not fit on the disk. The log has all that was acknowledged and took no part in it: unlike after a failed fsync, what the
// disk holds is known, and RocksDB may try again. Until then it takes no writes.
Error RocksStorage::refuse_while_full(const rocksdb::Status& status) {
  if (!full_.exchange(true)) log::error("store_full", {{"path", settings_.path}, {"error", status.ToString()}});
  return Error(ErrorKind::kUnavailable, ErrorSource::kGateway, "store_full",
               "the disk of the store is full; writes go on when there is space again", Retry::kAllowed);
}

void RocksStorage::resume() {
  if (!full_.load() || !db_->Resume().ok()) return;
  full_.store(false);
  log::info("store_has_space", {{"path", settings_.path}});
}

// Rows that are written again and again leave their outdated versions in memory until it is full, and each Query walks through all of
// them. A flush keeps the last ones only.
void RocksStorage::tidy() {
  if (!committer_ || committer_->failed()) return;
  resume();
  if (full_.load() || stepped_over_.load(std::memory_order_relaxed) < kManySteppedOver) return;
  std::uint64_t in_memory = 0;
  db_->GetIntProperty(handle(Family::kData), rocksdb::DB::Properties::kCurSizeActiveMemTable, &in_memory);
  if (in_memory < kWorthFlushing) return;
  const rocksdb::Status status = db_->Flush(rocksdb::FlushOptions(), handle(Family::kData));
  if (status.ok()) stepped_over_.store(0, std::memory_order_relaxed);
}

std::vector<std::pair<std::string, std::uint64_t>> RocksStorage::statistics() const {
  static constexpr std::pair<std::string_view, const std::string*> kSums[] = {
      {"memtable_bytes", &rocksdb::DB::Properties::kCurSizeAllMemTables},
      {"block_cache_bytes", &rocksdb::DB::Properties::kBlockCacheUsage},
      {"table_readers_bytes", &rocksdb::DB::Properties::kEstimateTableReadersMem},
      {"table_files_bytes", &rocksdb::DB::Properties::kTotalSstFilesSize},
      {"compaction_pending_bytes", &rocksdb::DB::Properties::kEstimatePendingCompactionBytes},
      {"immutable_memtables", &rocksdb::DB::Properties::kNumImmutableMemTable},
  };
  std::vector<std::pair<std::string, std::uint64_t>> values;
  for (const auto& [name, property] : kSums) {
    std::uint64_t sum = 0;
    for (rocksdb::ColumnFamilyHandle* const family : handles_) {
      std::uint64_t value = 0;
      if (db_->GetIntProperty(family, *property, &value)) sum += value;
    }
    values.emplace_back(name, sum);
  }
  std::uint64_t stopped = 0;
  db_->GetIntProperty(rocksdb::DB::Properties::kIsWriteStopped, &stopped);
  values.emplace_back("write_stopped", stopped);
  const RowCache::Counts rows = rows_.counts();
  values.emplace_back("row_cache_hits_total", rows.hits);
  values.emplace_back("row_cache_misses_total", rows.misses);
  values.emplace_back("fsyncs_total", committer_ ? committer_->syncs() : 0);
  return values;
}

void RocksStorage::close() {
  if (!db_) return;
  if (committer_) committer_->stop();
  for (rocksdb::ColumnFamilyHandle* const family : handles_) {
    db_->DestroyColumnFamilyHandle(family).PermitUncheckedError();
  }
  handles_.clear();
  // After stop() there is nothing left that this could lose; its error was seen there.
  db_->Close().PermitUncheckedError();
  db_.reset();
  committer_.reset();
  env_.reset();
  lock_.reset();
}

}  // namespace gatehouse::dynamo
