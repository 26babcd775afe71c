#include "support/faulty_file_system.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace gatehouse::testing {
namespace {

namespace fs = std::filesystem;
using rocksdb::IOStatus;

bool is_log(const std::string& name) { return name.ends_with(".log"); }

std::string read_all(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_all(const std::string& name, const std::string& content) {
  std::ofstream(name, std::ios::binary | std::ios::trunc) << content;
}

class WrittenFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WrittenFile(FaultyFileSystem& files, std::string name, std::unique_ptr<rocksdb::FSWritableFile> file, std::uint64_t size)
      : FSWritableFileOwnerWrapper(std::move(file)), files_(files), name_(std::move(name)), size_(size) {}

  IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                  rocksdb::IODebugContext* debug) override {
    if (IOStatus status = files_.may_append(name_); !status.ok()) return status;
    const IOStatus status = FSWritableFileOwnerWrapper::Append(data, options, debug);
    if (status.ok()) files_.grown(name_, size_ += data.size());
    return status;
  }
  IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options, const rocksdb::DataVerificationInfo&,
                  rocksdb::IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Truncate(uint64_t size, const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    if (IOStatus status = files_.may_change(name_); !status.ok()) return status;
    return FSWritableFileOwnerWrapper::Truncate(size, options, debug);
  }
  IOStatus Sync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override { return files_.sync(name_, size_); }
  IOStatus Fsync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override { return files_.sync(name_, size_); }
  IOStatus RangeSync(uint64_t, uint64_t, const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    return IOStatus::OK();  // promises nothing
  }
  bool IsSyncThreadSafe() const override { return true; }

 private:
  FaultyFileSystem& files_;
  const std::string name_;
  std::atomic<std::uint64_t> size_;
};

class Directory final : public rocksdb::FSDirectoryWrapper {
 public:
  Directory(FaultyFileSystem& files, std::string name, std::unique_ptr<rocksdb::FSDirectory> directory)
      : FSDirectoryWrapper(std::move(directory)), files_(files), name_(std::move(name)) {}
  IOStatus Fsync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override { return files_.sync_directory(name_); }
  IOStatus FsyncWithDirOptions(const rocksdb::IOOptions&, rocksdb::IODebugContext*,
                               const rocksdb::DirFsyncOptions&) override {
    return files_.sync_directory(name_);
  }

 private:
  FaultyFileSystem& files_;
  const std::string name_;
};

}  // namespace

void FaultyFileSystem::crash_after(std::uint64_t operations) { crash_at_ = operations_ + operations; }

IOStatus FaultyFileSystem::may_change(const std::string&) {
  if (++operations_ > crash_at_) crashed_ = true;
  return crashed_ ? IOStatus::IOError("the machine has stopped") : IOStatus::OK();
}

IOStatus FaultyFileSystem::may_append(const std::string& name) {
  if (is_log(name)) {
    if (fault_ == Fault::kAppendEio) return IOStatus::IOError("Input/output error");
    if (fault_ == Fault::kAppendEnospc) return IOStatus::NoSpace("No space left on device");
  }
  if (fault_ == Fault::kTableEnospc && name.ends_with(".sst")) return IOStatus::NoSpace("No space left on device");
  return may_change(name);
}

IOStatus FaultyFileSystem::sync(const std::string& name, std::uint64_t size) {
  if (is_log(name)) {
    ++log_syncs_;
    if (fault_ == Fault::kSyncEio) return IOStatus::IOError("Input/output error");
    if (fault_ == Fault::kSyncEnospc) return IOStatus::NoSpace("No space left on device");
    if (sync_time_.load().count() > 0) std::this_thread::sleep_for(sync_time_.load());
  }
  if (IOStatus status = may_change(name); !status.ok()) return status;
  const std::lock_guard lock(mutex_);
  File& file = files_[name];
  file.synced = std::max(file.synced, size);
  return IOStatus::OK();
}

void FaultyFileSystem::grown(const std::string& name, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  files_[name].size = size;
}

IOStatus FaultyFileSystem::sync_directory(const std::string& name) {
  if (IOStatus status = may_change(name); !status.ok()) return status;
  const std::lock_guard lock(mutex_);
  const fs::path folder = fs::path(name + "/").lexically_normal();
  std::erase_if(entries_, [&](const Entry& entry) {
    return fs::path(fs::path(entry.name).parent_path().string() + "/").lexically_normal() == folder;
  });
  return IOStatus::OK();
}

IOStatus FaultyFileSystem::NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                                           rocksdb::IODebugContext* debug) {
  if (IOStatus status = may_change(name); !status.ok()) return status;
  std::unique_ptr<rocksdb::FSWritableFile> file;
  IOStatus status = target()->NewWritableFile(name, options, &file, debug);
  if (!status.ok()) return status;
  const std::lock_guard lock(mutex_);
  files_[name] = File{};
  entries_.push_back({name, std::nullopt});
  *result = std::make_unique<WrittenFile>(*this, name, std::move(file), 0);
  return status;
}

IOStatus FaultyFileSystem::ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                              std::unique_ptr<rocksdb::FSWritableFile>* result,
                                              rocksdb::IODebugContext* debug) {
  if (IOStatus status = may_change(name); !status.ok()) return status;
  std::unique_ptr<rocksdb::FSWritableFile> file;
  IOStatus status = target()->ReopenWritableFile(name, options, &file, debug);
  if (!status.ok()) return status;
  *result = std::make_unique<WrittenFile>(*this, name, std::move(file), fs::file_size(name));
  return status;
}

IOStatus FaultyFileSystem::NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                        std::unique_ptr<rocksdb::FSDirectory>* result, rocksdb::IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSDirectory> directory;
  IOStatus status = target()->NewDirectory(name, options, &directory, debug);
  if (status.ok()) *result = std::make_unique<Directory>(*this, name, std::move(directory));
  return status;
}

IOStatus FaultyFileSystem::DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                                      rocksdb::IODebugContext* debug) {
  if (IOStatus status = may_change(name); !status.ok()) return status;
  const std::lock_guard lock(mutex_);
  files_.erase(name);
  std::erase_if(entries_, [&](const Entry& entry) { return entry.name == name; });
  return target()->DeleteFile(name, options, debug);
}

IOStatus FaultyFileSystem::RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                                      rocksdb::IODebugContext* debug) {
  if (IOStatus status = may_change(to); !status.ok()) return status;
  const std::lock_guard lock(mutex_);
  Entry entry{to, std::nullopt};
  if (fs::exists(to)) entry.replaced = read_all(to);
  IOStatus status = target()->RenameFile(from, to, options, debug);
  if (!status.ok()) return status;
  std::erase_if(entries_, [&](const Entry& known) { return known.name == from; });
  entries_.push_back(std::move(entry));
  if (const auto file = files_.extract(from)) files_[to] = file.mapped();
  return status;
}

void FaultyFileSystem::forget_entry(const Entry& entry) {
  if (entry.replaced) {
    write_all(entry.name, *entry.replaced);
  } else {
    fs::remove(entry.name);
  }
  files_.erase(entry.name);
}

// Keeps the synced part; of the rest a beginning, or all with some sectors never written.
void FaultyFileSystem::lose_bytes(const std::string& name, const File& file, std::mt19937& random) {
  if (!fs::exists(name) || file.size <= file.synced) return;
  const std::uint64_t unsynced = file.size - file.synced;
  const std::uint64_t kept = random() % 2 == 0 ? 0 : random() % (unsynced + 1);
  std::string content = read_all(name);
  content.resize(file.synced + kept);
  if (random() % 4 == 0) {
    constexpr std::uint64_t kSector = 512;
    for (std::uint64_t at = file.synced; at < content.size(); at = (at / kSector + 1) * kSector) {
      const std::uint64_t end = std::min<std::uint64_t>((at / kSector + 1) * kSector, content.size());
      if (random() % 2 == 0) content.replace(at, end - at, end - at, '\0');
    }
  }
  write_all(name, content);
}

void FaultyFileSystem::lose_power(std::mt19937& random) {
  const std::lock_guard lock(mutex_);
  for (std::size_t lost = random() % (entries_.size() + 1); lost > 0; --lost) {
    forget_entry(entries_.back());
    entries_.pop_back();
  }
  for (const auto& [name, file] : files_) lose_bytes(name, file, random);
  entries_.clear();
  files_.clear();
}

std::unique_ptr<rocksdb::Env> env_over(const std::shared_ptr<FaultyFileSystem>& files) {
  return rocksdb::NewCompositeEnv(files);
}

}  // namespace gatehouse::testing
