#include "disk_guard.hpp"

#include <utility>

namespace gatehouse::dynamo {
namespace {

using rocksdb::IOStatus;

class LogFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  LogFile(DiskGuard& guard, std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)), guard_(guard) {}

  IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                  rocksdb::IODebugContext* debug) override {
    return guarded([&] { return FSWritableFileOwnerWrapper::Append(data, options, debug); });
  }
  IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                  const rocksdb::DataVerificationInfo& verification, rocksdb::IODebugContext* debug) override {
    return guarded([&] { return FSWritableFileOwnerWrapper::Append(data, options, verification, debug); });
  }
  IOStatus Flush(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return guarded([&] { return FSWritableFileOwnerWrapper::Flush(options, debug); });
  }
  IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return guarded([&] { return FSWritableFileOwnerWrapper::Sync(options, debug); });
  }
  IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return guarded([&] { return FSWritableFileOwnerWrapper::Fsync(options, debug); });
  }
  IOStatus Truncate(uint64_t size, const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return guarded([&] { return FSWritableFileOwnerWrapper::Truncate(size, options, debug); });
  }

 private:
  template <class Work>
  IOStatus guarded(const Work& work) {
    if (guard_.frozen()) return IOStatus::OK();
    const IOStatus status = work();
    if (!status.ok()) guard_.freeze(status.ToString());
    return IOStatus::OK();
  }

  DiskGuard& guard_;
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
  if (name.ends_with(".log")) {
    *result = std::make_unique<LogFile>(*this, std::move(file));
  } else {
    *result = std::make_unique<OtherFile>(*this, std::move(file));
  }
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
