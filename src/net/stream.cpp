// The plain stream, and what all streams share.
#include "gatehouse/net/stream.hpp"

#include <linux/sock_diag.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <system_error>

namespace gatehouse::net {

void Stream::note(std::uint32_t events) {
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) hangup_ = true;
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) may_read_ = true;
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) may_write_ = true;
}

// The kernel counts what it keeps with its own overhead, which at the segment size of an Ethernet is nearly as much as the
// data: half of the room that it has left is sure.
std::size_t Stream::send_room() const {
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t size = sizeof(memory);
  if (::getsockopt(fd_.get(), SOL_SOCKET, SO_MEMINFO, memory.data(), &size) != 0) return 0;
  const std::uint32_t limit = memory[SK_MEMINFO_SNDBUF];
  const std::uint32_t queued = memory[SK_MEMINFO_WMEM_QUEUED];
  return queued < limit ? (limit - queued) / 2 : 0;
}

void Stream::shutdown_write() { ::shutdown(fd_.get(), SHUT_WR); }

std::string Stream::last_error() const {
  return last_errno_ == 0 ? std::string() : std::generic_category().message(last_errno_);
}

namespace {

// The C library's recv() and send() are cancellation points: with more than one thread, two locked instructions around
// every call, for a cancellation that nobody ever asks for. Sanitizers must see the calls themselves.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
ssize_t system_receive(int fd, std::span<char> into) { return ::recv(fd, into.data(), into.size(), 0); }
ssize_t system_send(int fd, const void* from, std::size_t size) { return ::send(fd, from, size, MSG_NOSIGNAL); }
#else
ssize_t system_receive(int fd, std::span<char> into) {
  return ::syscall(SYS_recvfrom, fd, into.data(), into.size(), 0, nullptr, nullptr);
}
ssize_t system_send(int fd, const void* from, std::size_t size) {
  return ::syscall(SYS_sendto, fd, from, size, MSG_NOSIGNAL, nullptr, 0);
}
#endif

class PlainStream final : public Stream {
 public:
  using Stream::Stream;

  IoResult read(std::span<char> into) override {
    while (true) {
      const ssize_t got = system_receive(fd_.get(), into);
      if (got > 0) {
        const auto bytes = static_cast<std::size_t>(got);
        // Less than asked for: the socket is drained, unless the end of the stream waits behind the data.
        if (bytes < into.size()) may_read_ = hangup_;
        return {IoStatus::kOk, bytes, 0};
      }
      if (got == 0) return {into.empty() ? IoStatus::kOk : IoStatus::kEnd, 0, 0};
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return failed(errno);
      may_read_ = false;
      return {IoStatus::kBlocked, 0, 0};
    }
  }

  IoResult write(std::span<const iovec> from) override {
    std::size_t asked = 0;
    for (const iovec& piece : from) asked += piece.iov_len;
    while (true) {
      const ssize_t sent = send_some(from, asked);
      if (sent >= 0) {
        const auto bytes = static_cast<std::size_t>(sent);
        if (bytes < asked) may_write_ = false;
        return {IoStatus::kOk, bytes, 0};
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return failed(errno);
      may_write_ = false;
      return {IoStatus::kBlocked, 0, 0};
    }
  }

 private:
  // What is short leaves in one piece: to copy it costs less than to have the system look at a list of pieces.
  static constexpr std::size_t kGathered = 2048;

  ssize_t send_some(std::span<const iovec> from, std::size_t bytes) {
    if (from.size() == 1) return system_send(fd_.get(), from[0].iov_base, bytes);
    if (bytes <= kGathered) return send_gathered(from, bytes);
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(from.data());
    message.msg_iovlen = std::min<std::size_t>(from.size(), IOV_MAX);
    return ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
  }

  ssize_t send_gathered(std::span<const iovec> from, std::size_t bytes) {
    char all[kGathered];
    char* at = all;
    for (const iovec& piece : from) {
      if (piece.iov_len != 0) std::memcpy(at, piece.iov_base, piece.iov_len);
      at += piece.iov_len;
    }
    return system_send(fd_.get(), all, bytes);
  }

  IoResult failed(int error) {
    last_errno_ = error;
    return {IoStatus::kFailed, 0, error};
  }
};

}  // namespace

std::unique_ptr<Stream> make_plain_stream(UniqueFd fd) { return std::make_unique<PlainStream>(std::move(fd)); }

}  // namespace gatehouse::net
