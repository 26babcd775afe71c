#include "unit/upstream/support.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <stdexcept>
#include <utility>

namespace gatehouse::upstream::testing {

RawBackend::RawBackend(std::string_view address, std::uint16_t port, int backlog)
    : listener_(net::bind_listener({*IpAddress::parse(address), port}, backlog).value()),
      port_(net::local_endpoint(listener_.get()).port) {}

net::UniqueFd RawBackend::accept() {
  if (!net::testing::wait_readable(listener_.get())) throw std::runtime_error("nobody connects");
  return net::UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
}

bool RawBackend::has_connection() const { return net::testing::wait_readable(listener_.get(), Duration::zero()); }

// Linux drops what comes when the queue of accepted connections is full.
void RawBackend::stop_answering() {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port_);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (int i = 0; i < 64; ++i) {
    net::UniqueFd& filler = fillers_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (::connect(filler.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0) return;
  }
  throw std::runtime_error("REQUIRES: a small backlog");
}

class ScriptedBackend::Connection final : private net::IoHandler {
 public:
  Connection(ScriptedBackend& backend, net::UniqueFd fd) : backend_(backend), fd_(std::move(fd)) {
    backend_.worker_.reactor().add(fd_.get(), *this);
  }
  ~Connection() {
    if (fd_) backend_.worker_.reactor().remove(fd_.get(), *this);
  }

 private:
  void on_io(std::uint32_t) override {
    char buffer[4096];
    ssize_t got = 0;
    while (fd_ && (got = ::recv(fd_.get(), buffer, sizeof(buffer), 0)) > 0) {
      received_.append(buffer, static_cast<std::size_t>(got));
      react();
    }
  }

  void react() {
    for (std::size_t end = 0; fd_ && (end = received_.find("\r\n\r\n")) != std::string::npos;) {
      backend_.heads_.push_back(received_.substr(0, end + 4));
      received_.erase(0, end + 4);
      const Reaction reaction = backend_.script_(backend_.heads_.back());
      // What the client does not wait for is lost.
      ::send(fd_.get(), reaction.bytes.data(), reaction.bytes.size(), MSG_NOSIGNAL);
      if (reaction.then == Then::kKeep) continue;
      backend_.worker_.reactor().remove(fd_.get(), *this);
      if (reaction.then == Then::kReset) reset(fd_);
      fd_.reset();
    }
  }

  ScriptedBackend& backend_;
  net::UniqueFd fd_;
  std::string received_;
};

ScriptedBackend::ScriptedBackend(net::Worker& worker, Script script) : worker_(worker), script_(std::move(script)) {
  auto socket = net::bind_listener(net::testing::loopback()).value();
  port_ = net::local_endpoint(socket.get()).port;
  listener_ = std::make_unique<net::Listener>(worker, std::move(socket), [this](net::UniqueFd fd, const Endpoint&) {
    connections_.push_back(std::make_unique<Connection>(*this, std::move(fd)));
  });
}

ScriptedBackend::~ScriptedBackend() = default;

net::Resolver::Callback FakeResolver::take() {
  Callback callback = std::move(asked.at(0).callback);
  asked.erase(asked.begin());
  return callback;
}

void FakeResolver::answer(const std::vector<std::string>& addresses, Duration ttl) {
  net::Resolved resolved;
  for (const std::string& address : addresses) resolved.addresses.push_back(*IpAddress::parse(address));
  resolved.ttl = ttl;
  take()(resolved);
}

void FakeResolver::fail(ErrorKind kind, std::string_view reason) {
  take()(Error(kind, ErrorSource::kUpstream, reason, "as the test says"));
}

TargetSettings target(const std::string& host, std::uint16_t port) {
  TargetSettings made;
  made.url = "http://" + host + ":" + std::to_string(port);
  made.host = host;
  made.port = port;
  return made;
}

BackendSettings settings(const std::vector<TargetSettings>& targets) {
  BackendSettings made;
  made.name = "orders";
  made.targets = targets;
  made.ejection.failures = 0;
  return made;
}

void pass(net::Worker& worker, Duration time) {
  struct Alarm final : net::Timer {
    void on_timer() override { rang = true; }
    bool rang = false;
  } alarm;
  worker.timers().arm(alarm, std::chrono::steady_clock::now() + time);
  if (!run_until(worker, [&] { return alarm.rang; })) throw std::runtime_error("time stands still");
}

std::uint16_t closed_port() { return RawBackend().port(); }

}  // namespace gatehouse::upstream::testing
