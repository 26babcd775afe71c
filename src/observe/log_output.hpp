// Where log lines go: a file, or a standard stream whatever stands behind it. Writing never blocks on a reader that has
// stopped reading, and changes nothing for other processes that share the stream. One thread.
#pragma once

#include "gatehouse/base/error.hpp"

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace gatehouse::observe {

class LogOutput {
 public:
  // `to`: "stdout", "stderr" or the name of a file, which is created or appended to.
  static Result<LogOutput> open(const std::string& to);
  LogOutput(LogOutput&& other) noexcept;
  LogOutput& operator=(LogOutput&& other) noexcept;
  ~LogOutput();

  enum class Status : std::uint8_t { kOk, kBlocked, kFailed };
  struct Written {
    Status status;
    std::size_t bytes;
    int error;  // an errno
  };
  Written write(std::span<const iovec> pieces);

  int fd() const { return fd_; }
  bool is_file() const { return is_file_; }

 private:
  enum class Way : std::uint8_t {
    kDirect,  // a file, or a descriptor of our own that does not block
    kSocket,  // each call says that it must not block
    kPolled,  // a shared pipe or terminal: asked first, then given no more than fits
  };
  LogOutput(int fd, Way way, bool is_file) : fd_(fd), way_(way), is_file_(is_file) {}
  static LogOutput share(int standard_stream);

  int fd_;
  Way way_;
  bool is_file_;
};

}  // namespace gatehouse::observe
