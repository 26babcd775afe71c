#include "unit/net/support.hpp"

#include "gatehouse/net/listener.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <system_error>

namespace gatehouse::net::testing {
namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

bool run_until(Worker& worker, const std::function<bool()>& done, Duration within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (!done()) {
    if (worker.context().run_one_until(deadline) == 0) return done();
  }
  return true;
}

std::pair<UniqueFd, UniqueFd> socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) fail("socketpair");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Endpoint loopback(std::uint16_t port) { return {*IpAddress::parse("127.0.0.1"), port}; }

UniqueFd connect_to(const Endpoint& endpoint) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) fail("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) fail("connect");
  const timeval timeout{20, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  return fd;
}

std::pair<UniqueFd, UniqueFd> tcp_pair() {
  auto listening = bind_listener(loopback());
  UniqueFd client = connect_to(local_endpoint(listening->get()));
  if (!wait_readable(listening->get())) fail("no connection");
  UniqueFd server(::accept4(listening->get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!server) fail("accept4");
  const timeval timeout{20, 0};
  ::setsockopt(server.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  ::fcntl(client.get(), F_SETFL, O_NONBLOCK);
  return {std::move(client), std::move(server)};
}

bool wait_readable(int fd, Duration within) {
  pollfd wanted{fd, POLLIN, 0};
  return ::poll(&wanted, 1, static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(within).count())) ==
         1;
}

}  // namespace gatehouse::net::testing
