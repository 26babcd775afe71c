// Text files of lines, gzip or plain: what exports write and imports read. One thread each.
#pragma once

#include "gatehouse/base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

class GzipWriter {
 public:
  static Result<std::unique_ptr<GzipWriter>> create(const std::filesystem::path& path);
  ~GzipWriter();
  Result<void> write(std::string_view text);
  // Ends the stream; on disk afterwards.
  Result<void> finish();
  // Of the file as it lies on disk; after finish(). Base64, as manifests give it.
  std::string md5_base64() const;

 private:
  struct Impl;
  explicit GzipWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class LineReader {
 public:
  // A line that is longer than an item can ever be written ends the reading.
  static constexpr std::size_t kMaxLine = 4 * 1024 * 1024;
  enum class Form : unsigned char { kPlain, kGzip };
  static Result<std::unique_ptr<LineReader>> open(const std::filesystem::path& path, Form form);
  ~LineReader();
  // False at the end. `line` has no line feed and is valid until the next call.
  Result<bool> next(std::string_view& line);
  std::uint64_t bytes_read() const;  // of the file

 private:
  struct Impl;
  explicit LineReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

std::string md5_base64(std::string_view bytes);

}  // namespace gatehouse::dynamo
