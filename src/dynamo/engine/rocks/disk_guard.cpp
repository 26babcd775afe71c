#include "disk_guard.hpp"

#include <utility>

namespace gatehouse::dynamo {

using rocksdb::IOStatus;

// A log file as the next one sees it.
struct DiskGuard::Log {
  std::shared_ptr<rocksdb::FSWritableFile> file;
  std::shared_ptr<Log> older;  // until it is settled
  std::atomic<std::uint64_t> appended{0};
  std::atomic<std::uint64_t> synced{0};
  std::mutex mutex;  // of closing and settling
  bool closed = false;

  template <class Sync>
  IOStatus sync(const Sync& work) {
    const std::uint64_t reached = appended.load(std::memory_order_acquire);
    IOStatus status = work();
    if (status.ok()) synced.store(reached, std::memory_order_release);
    return status;
  }

  // All of it on disk. A closed one is: RocksDB keeps a log open until it was synced or its rows are in tables.
  IOStatus settle(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) {
    const std::lock_guard lock(mutex);
    if (older) {
      if (IOStatus status = older->settle(options, debug); !status.ok()) return status;
      older.reset();
    }
    if (closed || synced.load(std::memory_order_acquire) == appended.load(std::memory_order_acquire)) {
      return IOStatus::OK();
    }
    return sync([&] { return file->Sync(options, debug); });
  }
};

namespace {

class LogFile final : public rocksdb::FSWritableFileWrapper {
 public:
  LogFile(DiskGuard& guard, std::shared_ptr<DiskGuard::Log> log)
      : FSWritableFileWrapper(log->file.get()), guard_(guard), log_(std::move(log)) {}

  IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                  rocksdb::IODebugContext* debug) override {
    return append(data.size(), options, debug,
                  [&] { return FSWritableFileWrapper::Append(data, options, debug); });
  }
  IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                  const rocksdb::DataVerificationInfo& verification, rocksdb::IODebugContext* debug) override {
    return append(data.size(), options, debug,
                  [&] { return FSWritableFileWrapper::Append(data, options, verification, debug); });
  }
  IOStatus Flush(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return guarded([&] { return FSWritableFileWrapper::Flush(options, debug); });
  }
  IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return guarded([&] { return log_->sync([&] { return FSWritableFileWrapper::Sync(options, debug); }); });
  }
  IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return guarded([&] { return log_->sync([&] { return FSWritableFileWrapper::Fsync(options, debug); }); });
  }
  IOStatus Truncate(uint64_t size, const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return guarded([&] { return FSWritableFileWrapper::Truncate(size, options, debug); });
  }
  IOStatus Close(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    const std::lock_guard lock(log_->mutex);
    log_->closed = true;
    return guarded([&] { return FSWritableFileWrapper::Close(options, debug); });
  }

 private:
  template <class Work>
  IOStatus append(std::size_t bytes, const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug,
                  const Work& work) {
    if (!first_done_) {
      first_done_ = true;
      guarded([&] { return settle_older(options, debug); }).PermitUncheckedError();
    }
    IOStatus status = guarded(work);
    log_->appended.fetch_add(bytes, std::memory_order_release);
    return status;
  }

  IOStatus settle_older(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) {
    const std::lock_guard lock(log_->mutex);
    if (!log_->older) return IOStatus::OK();
    IOStatus status = log_->older->settle(options, debug);
    if (status.ok()) log_->older.reset();
    return status;
  }

  template <class Work>
  IOStatus guarded(const Work& work) {
    if (guard_.frozen()) return IOStatus::OK();
    const IOStatus status = work();
    if (!status.ok()) guard_.freeze(status.ToString());
    return IOStatus::OK();
  }

  DiskGuard& guard_;
  const std::shared_ptr<DiskGuard::Log> log_;
  bool first_done_ = false;
};

// Tables, the manifest: RocksDB copes with their errors.
class OtherFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  OtherFile(DiskGuard& guard, std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)), guard_(guard) {}

  IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                  rocksdb::IODebugContext* debug) override {
    IOStatus status = guard_.may_change();
    return status.ok() ? FSWritableFileOwnerWrapper::Append(data, options, debug) : status;
  }
  IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                  const rocksdb::DataVerificationInfo& verification, rocksdb::IODebugContext* debug) override {
    IOStatus status = guard_.may_change();
    return status.ok() ? FSWritableFileOwnerWrapper::Append(data, options, verification, debug) : status;
  }

 private:
  DiskGuard& guard_;
};

}  // namespace

void DiskGuard::on_failure(std::function<void(const std::string& reason)> told) {
  const std::lock_guard lock(mutex_);
  told_ = std::move(told);
}

void DiskGuard::freeze(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (frozen()) return;
  // First: whoever sees the swallowed write succeed must already find the failure.
  if (told_) told_(reason);
  frozen_.store(true, std::memory_order_release);
}

IOStatus DiskGuard::may_change() const {
  return frozen() ? IOStatus::IOError("the store is frozen since its disk failed") : IOStatus::OK();
}

IOStatus DiskGuard::NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result, rocksdb::IODebugContext* debug) {
  IOStatus status = may_change();
  std::unique_ptr<rocksdb::FSWritableFile> file;
  if (status.ok()) status = target()->NewWritableFile(name, options, &file, debug);
  if (!status.ok()) return status;
  if (!name.ends_with(".log")) {
    *result = std::make_unique<OtherFile>(*this, std::move(file));
    return status;
  }
  auto log = std::make_shared<Log>();
  log->file = std::move(file);
  if (order_ == LogOrder::kKept) {
    const std::lock_guard lock(mutex_);
    log->older = std::exchange(newest_log_, log);
  }
  *result = std::make_unique<LogFile>(*this, std::move(log));
  return status;
}

IOStatus DiskGuard::DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) {
  IOStatus status = may_change();
  return status.ok() ? target()->DeleteFile(name, options, debug) : status;
}

IOStatus DiskGuard::RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) {
  IOStatus status = may_change();
  return status.ok() ? target()->RenameFile(from, to, options, debug) : status;
}

}  // namespace gatehouse::dynamo
