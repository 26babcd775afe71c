// A real redis-server on a port of its own, that can be killed, frozen and started again. Keeps nothing.
#pragma once

#include "gatehouse/net/listener.hpp"
#include "gatehouse/redis/settings.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netinet/in.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace gatehouse::redis {

class RealRedis {
 public:
  RealRedis() {
    const auto free = net::bind_listener({*IpAddress::parse("127.0.0.1"), 0});
    port_ = net::local_endpoint(free->get()).port;
  }
  ~RealRedis() { kill(); }
  RealRedis(const RealRedis&) = delete;
  RealRedis& operator=(const RealRedis&) = delete;

  Settings settings() const {
    Settings settings;
    settings.host = "127.0.0.1";
    settings.port = port_;
    settings.timeout = std::chrono::seconds(5);
    return settings;
  }

  // Listens when this returns.
  void start() {
    const std::string port = std::to_string(port_);
    std::vector<std::string> words{"redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", "/tmp"};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    const int error = ::posix_spawnp(&process_, "redis-server", &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::runtime_error("redis-server cannot be started");
    while (!listens()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  void kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
  }
  // Takes what is sent to it and does nothing, until thaw().
  void freeze() { ::kill(process_, SIGSTOP); }
  void thaw() { ::kill(process_, SIGCONT); }

 private:
  bool listens() const {
    if (::waitpid(process_, nullptr, WNOHANG) != 0) throw std::runtime_error("redis-server ended");
    const net::UniqueFd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port_);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }

  std::uint16_t port_ = 0;
  pid_t process_ = 0;
};

}  // namespace gatehouse::redis
