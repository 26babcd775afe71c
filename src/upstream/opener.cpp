// Non-blocking connects, one address at a time: each gets its share of what is left until the deadline, so that one that
// does not answer leaves time for the others.
#include "opener.hpp"

#include "gatehouse/net/socket_address.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace gatehouse::upstream {
namespace {

// Of a name with very many addresses.
constexpr std::size_t kMostAddresses = 8;

Error upstream_error(ErrorKind kind, std::string_view reason, std::string message) {
  return {kind, ErrorSource::kUpstream, reason, std::move(message), Retry::kAllowed};
}

Error connect_error(int error, std::string message) {
  message += ": " + std::generic_category().message(error);
  switch (error) {
    case ECONNREFUSED: return upstream_error(ErrorKind::kRefused, "upstream_connect_refused", std::move(message));
    case ETIMEDOUT: return upstream_error(ErrorKind::kTimeout, "upstream_connect_timeout", std::move(message));
    case ECONNRESET: return upstream_error(ErrorKind::kReset, "upstream_connect_reset", std::move(message));
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EADDRNOTAVAIL: return {ErrorKind::kUnavailable, ErrorSource::kGateway, "no_socket_left", std::move(message)};
    default: return upstream_error(ErrorKind::kRefused, "upstream_unreachable", std::move(message));
  }
}

}  // namespace

Opener::Opener(net::Worker& worker, Addresses& addresses, const TargetSettings& target,
               const net::TlsClientContext* tls, Owner& owner)
    : worker_(worker), addresses_(addresses), target_(target), tls_(tls), owner_(owner) {}

Opener::~Opener() { drop_connection(); }

void Opener::start(TimePoint deadline) {
  deadline_ = deadline;
  const auto known = addresses_.get();
  if (!known.empty()) return begin(known);
  if (const Error* const error = addresses_.failure()) return on_lookup(error);
  phase_ = Phase::kResolving;
  addresses_.wait(*this);
  worker_.timers().arm(*this, deadline_);
}

void Opener::on_lookup(const Error* error) {
  worker_.timers().disarm(*this);
  if (error == nullptr) return begin(addresses_.get());
  // A name without a working server is as good as unknown: another target may be better off.
  const ErrorKind kind = error->kind() == ErrorKind::kTimeout ? ErrorKind::kTimeout : ErrorKind::kNotFound;
  fail(upstream_error(kind, error->reason(), error->message()));
}

void Opener::begin(std::span<const IpAddress> known) {
  const std::size_t start = addresses_.next_start();
  const std::size_t count = std::min(known.size(), kMostAddresses);
  to_try_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) to_try_.push_back(known[(start + i) % known.size()]);
  try_next();
}

void Opener::try_next() {
  phase_ = Phase::kConnecting;
  const IpAddress& address = to_try_[tried_++];
  const auto addresses_left = static_cast<std::int64_t>(to_try_.size() - tried_ + 1);
  const Duration left = std::max(deadline_ - worker_.now(), Duration::zero());
  worker_.timers().arm(*this, worker_.now() + left / addresses_left);
  if (!connect_to(address)) return;
  if (!worker_.reactor().add(fd_.get(), *this)) address_failed(errno, "watching the socket");
}

// False when it failed at once, which is dealt with then.
bool Opener::connect_to(const IpAddress& address) {
  fd_.reset(::socket(address.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd_) {
    address_failed(errno, "socket");
    return false;
  }
  const int on = 1;
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  sockaddr_storage to;
  const socklen_t size = net::to_sockaddr({address, target_.port}, to);
  // A connect that succeeds at once is reported by the reactor as soon as it watches the socket.
  if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&to), size) == 0 || errno == EINPROGRESS) return true;
  address_failed(errno, "connect");
  return false;
}

void Opener::on_io(std::uint32_t events) {
  if (phase_ == Phase::kHandshake) {
    stream_->note(events);
    return shake_hands();
  }
  if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0) return;
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return address_failed(error, "connect");
  connected();
}

void Opener::connected() {
  if (tls_ == nullptr) {
    stream_ = net::make_plain_stream(std::move(fd_));
  } else {
    stream_ = tls_->connect(std::move(fd_), target_.host);
  }
  phase_ = Phase::kHandshake;
  shake_hands();
}

void Opener::shake_hands() {
  const net::IoResult result = stream_->handshake();
  if (result.status == net::IoStatus::kBlocked) return;
  if (result.status != net::IoStatus::kOk) {
    return address_failed(upstream_error(ErrorKind::kProtocol, "upstream_tls_failed",
                                         describe("TLS handshake") + ": " + stream_->last_error()));
  }
  worker_.timers().disarm(*this);
  worker_.reactor().remove(stream_->fd(), *this);
  phase_ = Phase::kIdle;
  owner_.on_open(std::move(stream_), to_try_[tried_ - 1]);
}

void Opener::on_timer() {
  if (phase_ == Phase::kResolving)
    return fail(upstream_error(ErrorKind::kTimeout, "dns_timeout", "cannot resolve " + target_.host + " in time"));
  address_failed(ETIMEDOUT, phase_ == Phase::kHandshake ? "TLS handshake" : "connect");
}

void Opener::address_failed(int error, const char* what) { address_failed(connect_error(error, describe(what))); }

void Opener::address_failed(Error error) {
  drop_connection();
  if (tried_ < to_try_.size()) return try_next();
  addresses_.connect_failed();
  fail(std::move(error));
}

void Opener::fail(Error error) {
  worker_.timers().disarm(*this);
  addresses_.forget(*this);
  phase_ = Phase::kIdle;
  owner_.on_open_failed(std::move(error));
}

void Opener::drop_connection() {
  const int fd = stream_ != nullptr ? stream_->fd() : fd_.get();
  if (fd >= 0) worker_.reactor().remove(fd, *this);
  stream_.reset();
  fd_.reset();
}

std::string Opener::describe(const char* what) const {
  return target_.url + " (" + Endpoint{to_try_[tried_ - 1], target_.port}.to_string() + "): " + what;
}

}  // namespace gatehouse::upstream
