// A disk for RocksDB that can fail. It remembers what was not synced (bytes of files, entries of directories) so that a
// power failure can be played: crash_after() stops every change from some operation on, lose_power() then takes away what
// a machine could have lost. It injects errors into syncs and writes, and counts syncs. Syncs touch no real disk.
// Thread-safe.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace gatehouse::testing {

class FaultyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  enum class Fault { kNone, kSyncEio, kSyncEnospc, kAppendEio, kAppendEnospc, kTableEnospc };

  FaultyFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "FaultyFileSystem"; }

  // The `operations`-th change from now and all later ones fail, as if the machine had stopped there.
  void crash_after(std::uint64_t operations);
  bool crashed() const { return crashed_; }
  // After a crash and the end of whoever used it: what was not synced is taken away, each piece wholly, in part or not at all.
  void lose_power(std::mt19937& random);

  // From now on: what is asked of log files (or, kTableEnospc, of tables) fails.
  void set_fault(Fault fault) { fault_ = fault; }
  void set_sync_time(std::chrono::microseconds time) { sync_time_ = time; }
  std::uint64_t log_syncs() const { return log_syncs_; }
  std::uint64_t operations() const { return operations_; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* result,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* result, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

  // For the files that it opens.
  rocksdb::IOStatus may_change(const std::string& name);
  rocksdb::IOStatus may_append(const std::string& name);
  rocksdb::IOStatus sync(const std::string& name, std::uint64_t size);
  void grown(const std::string& name, std::uint64_t size);
  rocksdb::IOStatus sync_directory(const std::string& name);

 private:
  struct File {
    std::uint64_t size = 0;
    std::uint64_t synced = 0;
  };
  // An entry that its directory may not know yet. They reach the disk in their order, as journals keep it.
  struct Entry {
    std::string name;
    std::optional<std::string> replaced;  // what a rename wrote over
  };

  void forget_entry(const Entry& entry);
  void lose_bytes(const std::string& name, const File& file, std::mt19937& random);

  std::mutex mutex_;
  std::map<std::string, File> files_;
  std::vector<Entry> entries_;
  std::atomic<std::uint64_t> operations_{0};
  std::atomic<std::uint64_t> crash_at_{~std::uint64_t{0}};
  std::atomic<bool> crashed_{false};
  std::atomic<Fault> fault_{Fault::kNone};
  std::atomic<std::chrono::microseconds> sync_time_{std::chrono::microseconds(0)};
  std::atomic<std::uint64_t> log_syncs_{0};
};

// An Env over it, with RocksDB's own threads and clock.
std::unique_ptr<rocksdb::Env> env_over(const std::shared_ptr<FaultyFileSystem>& files);

}  // namespace gatehouse::testing
