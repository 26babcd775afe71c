// A server that says what the test tells it.
#pragma once

#include "gatehouse/net/listener.hpp"
#include "gatehouse/net/unique_fd.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace gatehouse::redis {

// Accepts one connection after another and runs `serve(socket)` for each.
class Peer {
 public:
  explicit Peer(std::function<void(int)> serve)
      : socket_(*net::bind_listener({*IpAddress::parse("127.0.0.1"), 0})), port_(net::local_endpoint(socket_.get()).port) {
    ::fcntl(socket_.get(), F_SETFL, 0);
    thread_ = std::thread([this, serve = std::move(serve)] {
      while (true) {
        const int connection = ::accept(socket_.get(), nullptr, nullptr);
        if (connection < 0) return;
        serve(connection);
        ::close(connection);
      }
    });
  }
  ~Peer() {
    ::shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::uint16_t port() const { return port_; }

  // Reads until `text` has come; what came before it included. Empty: the end came first.
  static std::string read_until(int connection, const std::string& text) {
    std::string got;
    while (got.find(text) == std::string::npos) {
      char buffer[4096];
      const ssize_t size = ::recv(connection, buffer, sizeof buffer, 0);
      if (size <= 0) return {};
      got.append(buffer, static_cast<std::size_t>(size));
    }
    return got;
  }
  static void say(int connection, std::string_view text) { ::send(connection, text.data(), text.size(), MSG_NOSIGNAL); }
  static void wait_for_end(int connection) {
    char byte = 0;
    while (::recv(connection, &byte, 1, 0) > 0) {
    }
  }

 private:
  net::UniqueFd socket_;
  std::uint16_t port_;
  std::thread thread_;
};

}  // namespace gatehouse::redis
