#include "store_folder.hpp"

#include "gatehouse/base/strings.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace gatehouse::dynamo {
namespace {

constexpr std::string_view kFormatWord = "gatehouse-store ";

Error system_error(std::string_view what, const std::string& path) {
  return store_error("store_unavailable", std::string(what) + " " + path + ": " + std::strerror(errno));
}

// An open file that is closed at the end of the scope.
class File {
 public:
  File(const std::string& path, int flags, mode_t mode = 0) : file_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (file_ >= 0) ::close(file_);
  }
  int get() const { return file_; }
  int release() { return std::exchange(file_, -1); }
  bool open() const { return file_ >= 0; }

 private:
  int file_;
};

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string owner_of(int file) {
  char text[32];
  const ssize_t bytes = ::pread(file, text, sizeof text, 0);
  const std::string_view pid = trim(std::string_view(text, bytes > 0 ? static_cast<std::size_t>(bytes) : 0));
  const std::string_view digits = pid.substr(0, pid.find('\n'));
  return parse_u64(digits) ? " (pid " + std::string(digits) + ")" : std::string();
}

}  // namespace

Error store_error(std::string_view reason, std::string message) {
  return Error(ErrorKind::kUnavailable, ErrorSource::kGateway, reason, std::move(message));
}

std::string database_folder(const std::string& folder) { return folder + "/db"; }

Result<unsigned> read_format(const std::string& folder) {
  const std::string path = folder + "/format";
  std::ifstream file(path);
  if (!file) {
    if (!std::filesystem::exists(path)) return 0U;
    return system_error("cannot read", path);
  }
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::string_view version = text;
  if (version.ends_with('\n')) version.remove_suffix(1);
  const bool known = version.starts_with(kFormatWord);
  const auto number = known ? parse_u64(version.substr(kFormatWord.size())) : std::nullopt;
  if (!number || *number == 0) {
    return store_error("store_damaged", path + " does not say which format the store has (expected \"" +
                                            std::string(kFormatWord) + std::to_string(kStoreFormat) + "\")");
  }
  if (*number > kStoreFormat) {
    return store_error("store_newer", "the store in " + folder + " has format " + std::to_string(*number) +
                                          ", written by a newer Gatehouse; this one reads formats up to " +
                                          std::to_string(kStoreFormat) + ". Start the newer version, or restore a backup");
  }
  return static_cast<unsigned>(*number);
}

Result<void> sync_folder(const std::string& folder) {
  const File directory(folder, O_RDONLY | O_DIRECTORY);
  if (!directory.open() || ::fsync(directory.get()) != 0) return system_error("cannot sync", folder);
  return {};
}

Result<void> write_format(const std::string& folder) {
  const std::string path = folder + "/format";
  const std::string temporary = path + ".new";
  const File file(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const std::string text = std::string(kFormatWord) + std::to_string(kStoreFormat) + "\n";
  if (!file.open() || !write_all(file.get(), text) || ::fsync(file.get()) != 0) {
    return system_error("cannot write", temporary);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return system_error("cannot rename", temporary);
  return sync_folder(folder);
}

Result<FolderLock> FolderLock::take(const std::string& folder) {
  std::error_code failed;
  if (std::filesystem::create_directories(folder, failed)) {
    ::chmod(folder.c_str(), 0700);  // rows are as secret as whatever is stored in them
    std::filesystem::path parent = std::filesystem::absolute(folder).lexically_normal().parent_path();
    if (const Result<void> synced = sync_folder(parent.string()); !synced) return synced.error();
  }
  if (failed) return store_error("store_unavailable", "cannot create " + folder + ": " + failed.message());

  const std::string path = folder + "/pid";
  File file(path, O_RDWR | O_CREAT, 0600);
  if (!file.open()) return system_error("cannot open", path);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error("cannot lock", path);
    return store_error("store_in_use",
                       "the store in " + folder + " is in use by another process" + owner_of(file.get()));
  }
  if (::ftruncate(file.get(), 0) != 0 || !write_all(file.get(), std::to_string(::getpid()) + "\n")) {
    return system_error("cannot write", path);
  }
  return FolderLock(file.release());
}

FolderLock::FolderLock(FolderLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

FolderLock::~FolderLock() {
  if (file_ >= 0) ::close(file_);  // and with it the lock
}

}  // namespace gatehouse::dynamo
