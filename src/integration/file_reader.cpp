#include "file_reader.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace gatehouse::integration {
namespace {

// A pipe or a device must not stop us: what is no regular file is closed again.
constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

// Without openat2: no symbolic links at all, and no way up.
int open_by_component(int root, const std::string& path) {
  net::UniqueFd folder(::openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  std::size_t begin = 0;
  while (folder) {
    const std::size_t slash = path.find('/', begin);
    const std::string name = path.substr(begin, slash == std::string::npos ? slash : slash - begin);
    if (name == "..") {
      errno = EXDEV;
      return -1;
    }
    if (slash == std::string::npos) return ::openat(folder.get(), name.c_str(), kFlags | O_NOFOLLOW);
    folder.reset(::openat(folder.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    begin = slash + 1;
  }
  return -1;
}

int open_beneath(int root, const std::string& path) {
  open_how how{};
  how.flags = kFlags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  long fd = -1;
  // EAGAIN: a rename on the way made the answer unsure.
  for (int tries = 0; tries < 4; ++tries) {
    fd = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof(how));
    if (fd >= 0 || errno != EAGAIN) break;
  }
  // EPERM: what older container runtimes say to system calls that they do not know.
  if (fd < 0 && (errno == ENOSYS || errno == EPERM)) return open_by_component(root, path);
  return static_cast<int>(fd);
}

// What a client may take for "not there": also what we may not read, and links that lead out.
bool means_absent(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case EACCES:
    case ELOOP:
    case EXDEV:
    case ENAMETOOLONG:
    case ENXIO: return true;
    default: return false;
  }
}

std::string make_etag(const struct stat& facts) {
  char text[64];
  const auto nanoseconds = static_cast<unsigned long long>(facts.st_mtim.tv_sec) * 1'000'000'000ULL +
                           static_cast<unsigned long long>(facts.st_mtim.tv_nsec);
  const int size =
      std::snprintf(text, sizeof(text), "\"%llx-%llx-%llx\"", static_cast<unsigned long long>(facts.st_size),
                    nanoseconds, static_cast<unsigned long long>(facts.st_ino));
  return {text, static_cast<std::size_t>(size)};
}

std::string join(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

}  // namespace

void FileReader::open(const StaticFilesSettings& settings, const FilePath& file) {
  const net::UniqueFd root(::open(settings.root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) {
    found_ = Found::kFailed;
    error_ = errno;
    return;
  }
  const std::string path = file.is_folder ? join(file.path, settings.index) : file.path;
  bool opened = open_below(root.get(), path);
  // An index must be a file, or each request for it would be sent on to the next slash.
  if (opened && found_ == Found::kFolder && file.is_folder) {
    found_ = Found::kNothing;
    opened = false;
  }
  if (!opened && found_ == Found::kNothing && !settings.fallback.empty()) {
    opened = open_below(root.get(), settings.fallback) && found_ == Found::kFile;
    if (!opened && found_ == Found::kFolder) found_ = Found::kNothing;
  }
  if (opened && found_ == Found::kFile && size_ <= kSmall) read(0, size_);
}

// True when there is a file or a folder.
bool FileReader::open_below(int root, const std::string& path) {
  name_ = path;
  fd_.reset(open_beneath(root, path));
  struct stat facts{};
  if (!fd_ || ::fstat(fd_.get(), &facts) != 0) {
    error_ = errno;
    found_ = means_absent(error_) ? Found::kNothing : Found::kFailed;
    return false;
  }
  if (S_ISDIR(facts.st_mode)) {
    found_ = Found::kFolder;
    return true;
  }
  if (!S_ISREG(facts.st_mode)) {
    found_ = Found::kNothing;
    return false;
  }
  found_ = Found::kFile;
  size_ = static_cast<std::uint64_t>(facts.st_size);
  modified_ = facts.st_mtim.tv_sec;
  etag_ = make_etag(facts);
  return true;
}

void FileReader::read(std::uint64_t offset, std::uint64_t bytes) {
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, kPiece));
  if (capacity_ < wanted) {
    buffer_.reset(new char[wanted]);
    capacity_ = wanted;
  }
  piece_at_ = offset;
  piece_size_ = 0;
  while (piece_size_ < wanted) {
    const ssize_t got =
        ::pread(fd_.get(), buffer_.get() + piece_size_, wanted - piece_size_, static_cast<off_t>(offset + piece_size_));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error_ = errno;
    if (got <= 0) return;  // shorter than it was, or unreadable: what is there is there
    piece_size_ += static_cast<std::size_t>(got);
  }
}

void FileReader::release() {
  buffer_.reset();
  capacity_ = 0;
  piece_size_ = 0;
}

std::string_view FileReader::piece(std::uint64_t offset, std::uint64_t bytes) const {
  if (offset < piece_at_ || offset >= piece_at_ + piece_size_) return {};
  const auto skipped = static_cast<std::size_t>(offset - piece_at_);
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, piece_size_ - skipped));
  return {buffer_.get() + skipped, size};
}

}  // namespace gatehouse::integration
