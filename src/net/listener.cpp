// Binding and accepting.
#include "gatehouse/net/listener.hpp"

#include "gatehouse/base/log.hpp"
#include "gatehouse/net/socket_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace gatehouse::net {
namespace {

// A flood of new connections must not starve those that are open.
constexpr int kAcceptsPerEvent = 64;
constexpr Duration kBackOff = std::chrono::milliseconds(100);
// When a listener drains while connections come without end.
constexpr int kLongestQueue = 64 * 1024;

Endpoint from_sockaddr(const sockaddr_storage& from) {
  const auto& address = reinterpret_cast<const sockaddr&>(from);
  if (from.ss_family != AF_INET && from.ss_family != AF_INET6) return {};
  const in_port_t port = from.ss_family == AF_INET ? reinterpret_cast<const sockaddr_in&>(from).sin_port
                                                   : reinterpret_cast<const sockaddr_in6&>(from).sin6_port;
  return {IpAddress::from(address), ntohs(port)};
}

void set_flag(int fd, int level, int option) {
  const int on = 1;
  ::setsockopt(fd, level, option, &on, sizeof(on));
}

bool out_of_resources(int error) { return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM; }

}  // namespace

Result<UniqueFd> bind_listener(const Endpoint& endpoint, int backlog, PortUse use) {
  const auto failed = [&endpoint](std::string_view what) {
    const int error = errno;
    return Error(ErrorKind::kUnavailable, ErrorSource::kGateway, "listen_failed",
                 "cannot listen on " + endpoint.to_string() + ": " + std::string(what) + ": " +
                     std::generic_category().message(error));
  };
  sockaddr_storage address{};
  const socklen_t size = to_sockaddr(endpoint, address);
  UniqueFd socket(::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!socket) return failed("socket");
  set_flag(socket.get(), SOL_SOCKET, SO_REUSEADDR);
  // bind() lets a socket with this option in where all others have it too; set behind it, it only lets others in.
  if (use == PortUse::kShared) set_flag(socket.get(), SOL_SOCKET, SO_REUSEPORT);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) return failed("bind");
  if (use == PortUse::kNew) set_flag(socket.get(), SOL_SOCKET, SO_REUSEPORT);
  if (::listen(socket.get(), backlog) != 0) return failed("listen");
  return socket;
}

Endpoint local_endpoint(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return from_sockaddr(address);
}

Listener::Listener(Worker& worker, UniqueFd socket, OnAccept on_accept)
    : worker_(worker), socket_(std::move(socket)), on_accept_(std::move(on_accept)) {
  // Linux hands the option on to accepted connections: a syscall less for each.
  set_flag(socket_.get(), IPPROTO_TCP, TCP_NODELAY);
  if (!worker_.reactor().add(socket_.get(), *this)) {
    log::error("listener_not_watched", {{"error", std::generic_category().message(errno)}});
  }
}

Listener::~Listener() { close(); }

void Listener::close() {
  if (!socket_) return;
  worker_.timers().disarm(*this);
  worker_.reactor().remove(socket_.get(), *this);
  socket_.reset();
}

void Listener::drain() {
  for (int count = 0; count < kLongestQueue; ++count) {
    if (!socket_ || !accept_next()) break;
  }
  close();
}

void Listener::on_io(std::uint32_t) {
  // While it backs off, the timer decides.
  if (!armed()) accept_some();
}

void Listener::on_timer() { accept_some(); }

void Listener::accept_some() {
  for (int count = 0; count < kAcceptsPerEvent; ++count) {
    if (!socket_ || !accept_next()) return;
  }
  if (socket_) worker_.reactor().rearm(socket_.get(), *this);
}

// False when none is left, or no room for one.
bool Listener::accept_next() {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  UniqueFd connection(
      ::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (connection) {
    backing_off_ = false;
    on_accept_(std::move(connection), from_sockaddr(address));
    return true;
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
  // Else the connection broke before it was accepted (accept(2) lists such errors); the next one may be sound.
  if (!out_of_resources(errno)) return true;
  if (!backing_off_) log::warn("accept_backs_off", {{"error", std::generic_category().message(errno)}});
  backing_off_ = true;
  worker_.timers().arm(*this, worker_.now() + kBackOff);
  return false;
}

}  // namespace gatehouse::net
