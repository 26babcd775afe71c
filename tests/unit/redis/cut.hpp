// A way to a server that can be cut: what goes through it is relayed until then, and nobody is let through until it is mended.
#pragma once

#include "gatehouse/net/listener.hpp"
#include "gatehouse/net/unique_fd.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

namespace gatehouse::redis {

class Cut {
 public:
  explicit Cut(std::uint16_t to)
      : to_(to), socket_(*net::bind_listener({*IpAddress::parse("127.0.0.1"), 0})), port_(net::local_endpoint(socket_.get()).port) {
    thread_ = std::thread([this] { relay(); });
  }
  ~Cut() {
    ended_ = true;
    thread_.join();
  }
  std::uint16_t port() const { return port_; }
  void cut() { open_ = false; }
  void mend() { open_ = true; }

 private:
  using Pair = std::pair<net::UniqueFd, net::UniqueFd>;

  void relay() {
    std::vector<Pair> pairs;
    while (!ended_) {
      if (!open_) pairs.clear();
      std::vector<pollfd> watched{{socket_.get(), POLLIN, 0}};
      for (const Pair& pair : pairs) {
        watched.push_back({pair.first.get(), POLLIN, 0});
        watched.push_back({pair.second.get(), POLLIN, 0});
      }
      ::poll(watched.data(), watched.size(), 5);
      for (std::size_t i = pairs.size(); i-- > 0;) {
        const bool broken = (watched[1 + 2 * i].revents != 0 && !pass(pairs[i].first.get(), pairs[i].second.get())) ||
                            (watched[2 + 2 * i].revents != 0 && !pass(pairs[i].second.get(), pairs[i].first.get()));
        if (broken) pairs.erase(pairs.begin() + static_cast<std::ptrdiff_t>(i));
      }
      if (watched[0].revents == 0) continue;
      net::UniqueFd client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (client && open_) pairs.emplace_back(std::move(client), connect());
    }
  }
  net::UniqueFd connect() const {
    net::UniqueFd server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(to_);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(server.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to);
    return server;
  }
  static bool pass(int from, int to) {
    char buffer[65536];
    const ssize_t got = ::recv(from, buffer, sizeof buffer, MSG_DONTWAIT);
    return got > 0 && ::send(to, buffer, static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
  }

  std::uint16_t to_;
  net::UniqueFd socket_;
  std::uint16_t port_;
  std::atomic<bool> open_{true}, ended_{false};
  std::thread thread_;
};

}  // namespace gatehouse::redis
