// Clients that cost little: one thread, epoll, frames made before.
#include "tool.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace gatehouse::bench {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "%s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

// A text message in one frame, masked with zeros.
std::string masked_frame(std::size_t size) {
  std::string frame(1, '\x81');
  if (size < 126) {
    frame += static_cast<char>(0x80 | size);
  } else {
    frame += '\xfe';
    frame += static_cast<char>(size >> 8);
    frame += static_cast<char>(size & 0xff);
  }
  return frame.append(4, '\0').append(size, 'x');
}

// Counts whole messages in what a server sends.
class Counter {
 public:
  std::size_t take(const char* bytes, std::size_t size) {
    std::size_t messages = 0;
    while (size > 0) {
      if (left_ == 0) {
        header_ += *bytes++;
        --size;
        if (header_.size() < 2) continue;
        const auto at = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(header_[i])); };
        const std::size_t short_length = at(1) & 127;
        const std::size_t need = short_length == 126 ? 4 : short_length == 127 ? 10 : 2;
        if (header_.size() < need) continue;
        left_ = need == 2 ? short_length : 0;
        for (std::size_t i = 2; i < need; ++i) left_ = left_ << 8 | at(i);
        header_.clear();
        if (left_ == 0) ++messages;
        continue;
      }
      const std::size_t taken = std::min(left_, size);
      bytes += taken;
      size -= taken;
      left_ -= taken;
      if (left_ == 0) ++messages;
    }
    return messages;
  }

 private:
  std::string header_;
  std::size_t left_ = 0;
};

int open_connection(const ClientOptions& options) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) give_up("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) give_up("connect");
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const std::string request = "GET " + options.path +
                              " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) give_up("handshake");
  std::string answer;
  // Byte by byte: what follows the head is the first message's.
  char byte = 0;
  while (!answer.ends_with("\r\n\r\n")) {
    if (::recv(fd, &byte, 1, 0) != 1) give_up("handshake");
    answer += byte;
  }
  if (!answer.starts_with("HTTP/1.1 101")) {
    std::fprintf(stderr, "refused: %s\n", answer.c_str());
    std::exit(1);
  }
  return fd;
}

struct Clients {
  explicit Clients(const ClientOptions& options) : epoll(::epoll_create1(EPOLL_CLOEXEC)) {
    for (std::size_t i = 0; i < options.connections; ++i) {
      fds.push_back(open_connection(options));
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fds.back(), &event) != 0) give_up("epoll_ctl");
    }
    counters.resize(fds.size());
  }

  // Calls `got(client, messages)` for what has come within 100 ms.
  template <class Got>
  void poll(Got got) {
    epoll_event events[256];
    const int ready = ::epoll_wait(epoll, events, 256, 100);
    for (int i = 0; i < ready; ++i) {
      const std::size_t client = events[i].data.u64;
      const ssize_t size = ::recv(fds[client], buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size <= 0) {
        if (!may_end) give_up("a connection was closed");
        ::epoll_ctl(epoll, EPOLL_CTL_DEL, fds[client], nullptr);
        continue;
      }
      got(client, counters[client].take(buffer.data(), static_cast<std::size_t>(size)));
    }
  }

  int epoll;
  bool may_end = false;  // the server may close first
  std::vector<int> fds;
  std::vector<Counter> counters;
  std::vector<char> buffer = std::vector<char>(256 * 1024);
};

}  // namespace

int run_load(const ClientOptions& options) {
  Clients clients(options);
  const std::string frame = masked_frame(options.size);
  const auto send = [&](std::size_t client) {
    if (::send(clients.fds[client], frame.data(), frame.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(frame.size())) give_up("send");
  };
  for (std::size_t i = 0; i < clients.fds.size(); ++i) send(i);
  std::printf("{\"open\": %zu}\n", clients.fds.size());
  std::fflush(stdout);
  const auto began = Clock::now();
  const auto until = began + std::chrono::duration<double>(options.seconds);
  std::size_t messages = 0;
  while (Clock::now() < until)
    clients.poll([&](std::size_t client, std::size_t whole) {
      for (; whole > 0; --whole, ++messages) send(client);
    });
  std::printf("{\"messages\": %zu, \"seconds\": %.3f}\n", messages, std::chrono::duration<double>(Clock::now() - began).count());
  return 0;
}

int run_hold(const ClientOptions& options) {
  const Clients clients(options);
  std::printf("{\"open\": %zu}\n", clients.fds.size());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  char byte = 0;
  for (const int fd : clients.fds)
    if (::recv(fd, &byte, 1, MSG_DONTWAIT) == 0) give_up("a connection was closed");
  return 0;
}

int run_drain(const ClientOptions& options) {
  Clients clients(options);
  clients.may_end = true;
  std::size_t left = options.messages * clients.fds.size();
  while (left > 0)
    clients.poll([&](std::size_t, std::size_t whole) { left -= std::min(left, whole); });
  std::printf("{\"drained\": %zu}\n", options.messages * clients.fds.size());
  return 0;
}

}  // namespace gatehouse::bench
