// The file system below RocksDB, as far as RocksDB may know it. The first log write or sync that fails freezes the store's
// files: from then on nothing on the disk changes any more, as if the process had been killed at that moment. Writes to
// the log are swallowed rather than refused, because RocksDB, built with assertions, aborts the process when a log that has
// failed is used once more, which another thread does at any time. Nobody is deceived by that: the Committer knows of the
// failure before the call returns, and no number beyond it becomes durable.
//
// It also keeps the log files in order: nothing reaches one of them before all that is in the older ones is on disk. Without
// that a power failure could take writes and leave later ones.
// Thread-safe.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace gatehouse::dynamo {

class DiskGuard final : public rocksdb::FileSystemWrapper {
 public:
  enum class LogOrder : unsigned char { kKept, kLeftToTheSystem };
  DiskGuard(const std::shared_ptr<rocksdb::FileSystem>& files, LogOrder order) : FileSystemWrapper(files), order_(order) {}
  const char* Name() const override { return "GatehouseDiskGuard"; }

  // Told once, in the thread that met the failure. Set before the first write.
  void on_failure(std::function<void(const std::string& reason)> told);
  void freeze(const std::string& reason);
  bool frozen() const { return frozen_.load(std::memory_order_acquire); }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

  // OK, or why nothing may change.
  rocksdb::IOStatus may_change() const;

  struct Log;

 private:
  const LogOrder order_;
  std::atomic<bool> frozen_{false};
  std::mutex mutex_;
  std::function<void(const std::string&)> told_;
  std::shared_ptr<Log> newest_log_;
};

}  // namespace gatehouse::dynamo
