// Opening a store: the lock, the format, the look at the logs, then RocksDB.
#include "rocks_options.hpp"
#include "rocks_storage.hpp"
#include "wal_check.hpp"

#include <rocksdb/env.h>
#include <rocksdb/listener.h>

#include <filesystem>

namespace gatehouse::dynamo {
namespace {

// RocksDB must not recover from an error by itself: writes that it had refused would look durable.
class NoRecovery final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

std::vector<rocksdb::ColumnFamilyDescriptor> families(const EmbeddedSettings& settings) {
  return {{rocksdb::kDefaultColumnFamilyName, data_options(settings)},
          {std::string(kLogFamilyName), log_options(settings)}};
}

Error opening_error(const std::string& folder, const rocksdb::Status& status) {
  if (status.IsCorruption()) {
    return store_error("store_damaged", "the store in " + folder + " is damaged: " + status.ToString() +
                                            ". Nothing was changed; restore a backup");
  }
  return store_error("store_unavailable", "cannot open the store in " + folder + ": " + status.ToString());
}

// Only a store that has never held anything may be without its format or its database: a start that was cut short.
Result<void> check_parts(const std::string& folder, unsigned format) {
  const bool database = std::filesystem::exists(database_folder(folder) + "/CURRENT");
  if (format != 0 && !database) {
    return store_error("store_damaged", folder + " has a format file but no database in " + database_folder(folder) +
                                            "/CURRENT; restore a backup, or remove the folder to start empty");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Storage>> open_rocks(const EmbeddedSettings& settings, rocksdb::Env* env) {
  const std::string& folder = settings.path;
  Result<FolderLock> lock = FolderLock::take(folder);
  if (!lock) return lock.error();
  const Result<unsigned> format = read_format(folder);
  if (!format) return format.error();
  if (const Result<void> parts = check_parts(folder, *format); !parts) return parts.error();
  if (const Result<void> log = check_wal(database_folder(folder)); !log) return log.error();

  RocksStorage::Parts parts;
  parts.lock = std::move(*lock);
  const bool ordered = settings.durability != Durability::kNone;  // which leaves every sync to the system
  parts.guard = std::make_shared<DiskGuard>(env->GetFileSystem(), ordered ? DiskGuard::LogOrder::kKept
                                                                          : DiskGuard::LogOrder::kLeftToTheSystem);
  parts.env = rocksdb::NewCompositeEnv(parts.guard);
  rocksdb::DBOptions options = database_options(settings, parts.env.get());
  options.listeners.push_back(std::make_shared<NoRecovery>());
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(options, database_folder(folder), families(settings), &parts.handles, &opened);
  parts.db.reset(opened);
  if (!status.ok()) return opening_error(folder, status);
  const std::shared_ptr<DiskGuard> guard = parts.guard;
  auto storage = std::make_unique<RocksStorage>(settings, std::move(parts));
  if (guard->frozen()) return store_error("store_unavailable", "the disk of the store in " + folder + " failed");
  if (*format == 0) {
    if (storage->written() != 0) {
      return store_error("store_damaged", folder + "/format is missing: it is not known how to read the store. Restore a backup");
    }
    if (const Result<void> written = write_format(folder); !written) return written.error();
  }
  return std::unique_ptr<Storage>(std::move(storage));
}

Result<std::unique_ptr<Storage>> open_rocks(const EmbeddedSettings& settings) {
  return open_rocks(settings, rocksdb::Env::Default());
}

Result<std::unique_ptr<Storage>> open_rocks_read_only(const std::string& folder) {
  const Result<unsigned> format = read_format(folder);
  if (!format) return format.error();
  if (*format == 0) return store_error("store_unavailable", folder + " holds no store: it has no format file");
  if (const Result<void> log = check_wal(database_folder(folder)); !log) return log.error();
  EmbeddedSettings settings;
  settings.path = folder;
  RocksStorage::Parts parts;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::OpenForReadOnly(database_options(settings, rocksdb::Env::Default()), database_folder(folder),
                                   families(settings), &parts.handles, &opened);
  parts.db.reset(opened);
  if (!status.ok()) return opening_error(folder, status);
  return std::unique_ptr<Storage>(std::make_unique<RocksStorage>(settings, std::move(parts)));
}

}  // namespace gatehouse::dynamo
