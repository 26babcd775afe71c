// Opening and reading of one file: everything here blocks, and runs on the blocking pool. One user at a time.
#pragma once

#include "file_path.hpp"
#include "gatehouse/integration/settings.hpp"
#include "gatehouse/net/unique_fd.hpp"

#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::integration {

class FileReader {
 public:
  static constexpr std::size_t kPiece = 256 * 1024;
  // A file up to this size is read when it is opened.
  static constexpr std::size_t kSmall = 64 * 1024;

  enum class Found : std::uint8_t { kNothing, kFile, kFolder, kFailed };

  // Looks below `settings.root`, which is looked up each time: a release that is switched by a symbolic link is seen. A
  // folder asked for as one is its index; where nothing is found, the fallback is, when there is one. Symbolic links are
  // followed as long as they stay below the root (before Linux 5.6: not at all).
  void open(const StaticFilesSettings& settings, const FilePath& file);
  // Reads the next piece of at most `bytes` bytes at `offset`.
  void read(std::uint64_t offset, std::uint64_t bytes);

  // Forgets what was read: a client that is slow to take it must not hold it.
  void release();

  // kFailed: error_number() says why; kNothing also for what may not be read.
  Found found() const { return found_; }
  int error_number() const { return error_; }
  // Of kFile.
  std::uint64_t size() const { return size_; }
  std::time_t modified() const { return modified_; }
  const std::string& etag() const { return etag_; }
  const std::string& name() const { return name_; }

  // What of the file at `offset`, up to `bytes` bytes, was read last; empty when nothing of that is there.
  std::string_view piece(std::uint64_t offset, std::uint64_t bytes) const;

 private:
  bool open_below(int root, const std::string& path);

  net::UniqueFd fd_;
  Found found_ = Found::kFailed;
  int error_ = 0;
  std::uint64_t size_ = 0;
  std::time_t modified_ = 0;
  std::string etag_;
  std::string name_;

  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::uint64_t piece_at_ = 0;
  std::size_t piece_size_ = 0;
};

}  // namespace gatehouse::integration
