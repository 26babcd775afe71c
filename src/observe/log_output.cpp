#include "log_output.hpp"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace gatehouse::observe {

LogOutput::LogOutput(LogOutput&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), way_(other.way_), is_file_(other.is_file_) {}

LogOutput& LogOutput::operator=(LogOutput&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(way_, other.way_);
  std::swap(is_file_, other.is_file_);
  return *this;
}

LogOutput::~LogOutput() {
  if (fd_ >= 0) ::close(fd_);
}

Result<LogOutput> LogOutput::open(const std::string& to) {
  if (to == "stdout" || to == "stderr") {
    LogOutput shared = share(to == "stdout" ? STDOUT_FILENO : STDERR_FILENO);
    if (shared.fd_ >= 0) return shared;
  } else {
    // Non-blocking for the case that it is a named pipe.
    const int fd = ::open(to.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0640);
    if (fd >= 0) return LogOutput(fd, Way::kDirect, true);
  }
  const std::string why = std::generic_category().message(errno);
  return Error(ErrorKind::kUnavailable, ErrorSource::kGateway, "access_log_unavailable",
               "cannot open the access log '" + to + "': " + why);
}

LogOutput LogOutput::share(int standard_stream) {
  struct stat facts{};
  if (::fstat(standard_stream, &facts) != 0) return {-1, Way::kDirect, false};
  if (S_ISFIFO(facts.st_mode) || S_ISCHR(facts.st_mode)) {
    // O_NONBLOCK belongs to the open file, which the shell and others may share: open it once more for ourselves. Not so a
    // regular file: the two would not know of each other's position.
    const std::string name = "/proc/self/fd/" + std::to_string(standard_stream);
    const int own = ::open(name.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (own >= 0) return {own, Way::kDirect, false};
  }
  const int copy = ::fcntl(standard_stream, F_DUPFD_CLOEXEC, 3);
  if (S_ISSOCK(facts.st_mode)) return {copy, Way::kSocket, false};
  return {copy, S_ISREG(facts.st_mode) ? Way::kDirect : Way::kPolled, false};
}

LogOutput::Written LogOutput::write(std::span<const iovec> pieces) {
  while (true) {
    ssize_t written = -1;
    if (way_ == Way::kSocket) {
      msghdr message{};
      message.msg_iov = const_cast<iovec*>(pieces.data());
      message.msg_iovlen = pieces.size();
      written = ::sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } else if (way_ == Way::kDirect) {
      written = ::writev(fd_, pieces.data(), static_cast<int>(pieces.size()));
    } else {
      // A pipe that is writable takes this much at once (pipe(7)).
      pollfd room{fd_, POLLOUT, 0};
      if (::poll(&room, 1, 0) == 0) return {Status::kBlocked, 0, 0};
      written = ::write(fd_, pieces[0].iov_base, std::min(pieces[0].iov_len, std::size_t{PIPE_BUF}));
    }
    if (written > 0) return {Status::kOk, static_cast<std::size_t>(written), 0};
    if (written == 0 || errno == EAGAIN || errno == EWOULDBLOCK) return {Status::kBlocked, 0, 0};
    if (errno != EINTR) return {Status::kFailed, 0, errno};
  }
}

}  // namespace gatehouse::observe
