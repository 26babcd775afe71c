// The plain stream, and what all streams share.
#include "gatehouse/net/stream.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <system_error>

namespace gatehouse::net {

void Stream::note(std::uint32_t events) {
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) hangup_ = true;
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) may_read_ = true;
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) may_write_ = true;
}

void Stream::shutdown_write() { ::shutdown(fd_.get(), SHUT_WR); }

std::string Stream::last_error() const {
  return last_errno_ == 0 ? std::string() : std::generic_category().message(last_errno_);
}

namespace {

class PlainStream final : public Stream {
 public:
  using Stream::Stream;

  IoResult read(std::span<char> into) override {
    while (true) {
      const ssize_t got = ::recv(fd_.get(), into.data(), into.size(), 0);
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
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(from.data());
    message.msg_iovlen = std::min<std::size_t>(from.size(), IOV_MAX);
    std::size_t asked = 0;
    for (std::size_t i = 0; i < message.msg_iovlen; ++i) asked += from[i].iov_len;
    while (true) {
      const ssize_t sent = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
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
  IoResult failed(int error) {
    last_errno_ = error;
    return {IoStatus::kFailed, 0, error};
  }
};

}  // namespace

std::unique_ptr<Stream> make_plain_stream(UniqueFd fd) { return std::make_unique<PlainStream>(std::move(fd)); }

}  // namespace gatehouse::net
