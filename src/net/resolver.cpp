// c-ares with its sockets in the worker's reactor and its timeouts in the worker's wheel.
#include "gatehouse/net/resolver.hpp"

#include <ares.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cstring>
#include <list>
#include <mutex>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace gatehouse::net {
namespace {

constexpr int kTries = 2;
// An answer that must not be cached (TTL 0), or one of /etc/hosts, which has none.
constexpr Duration kShortestTtl = std::chrono::seconds(1);

Error lookup_error(int status, const std::string& host) {
  const std::string message = "cannot resolve " + host + ": " + ::ares_strerror(status);
  switch (status) {
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME: return {ErrorKind::kNotFound, ErrorSource::kUpstream, "dns_not_found", message};
    case ARES_ETIMEOUT: return {ErrorKind::kTimeout, ErrorSource::kUpstream, "dns_timeout", message, Retry::kAllowed};
    default: return {ErrorKind::kUnavailable, ErrorSource::kUpstream, "dns_failed", message, Retry::kAllowed};
  }
}

Result<Resolved> to_result(int status, const ares_addrinfo* found, const std::string& host) {
  if (status != ARES_SUCCESS) return lookup_error(status, host);
  Resolved resolved;
  resolved.ttl = Duration::max();
  for (const auto* node = found->nodes; node != nullptr; node = node->ai_next) {
    if (node->ai_family != AF_INET && node->ai_family != AF_INET6) continue;
    const IpAddress address = IpAddress::from(*node->ai_addr);
    const bool known =
        std::find(resolved.addresses.begin(), resolved.addresses.end(), address) != resolved.addresses.end();
    if (!known) resolved.addresses.push_back(address);
    resolved.ttl = std::min<Duration>(resolved.ttl, std::chrono::seconds(node->ai_ttl));
  }
  if (resolved.addresses.empty()) return lookup_error(ARES_ENODATA, host);
  resolved.ttl = std::max(resolved.ttl, kShortestTtl);
  return resolved;
}

void check(int status, const char* what) {
  if (status != ARES_SUCCESS) throw std::runtime_error(std::string(what) + ": " + ::ares_strerror(status));
}

class AresResolver final : public Resolver, private Timer {
 public:
  AresResolver(Worker& worker, const ResolverOptions& options) : worker_(worker), timeout_(options.timeout) {
    static std::once_flag initialised;
    std::call_once(initialised, [] { check(::ares_library_init(ARES_LIB_INIT_ALL), "ares_library_init"); });
    ares_options settings{};
    char lookups[] = "fb";
    settings.lookups = lookups;
    settings.tries = kTries;
    settings.timeout =
        static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(timeout_).count() / kTries);
    settings.timeout = std::max(settings.timeout, 1);
    settings.sock_state_cb = &AresResolver::socket_changed;
    settings.sock_state_cb_data = this;
    check(::ares_init_options(&channel_, &settings,
                              ARES_OPT_LOOKUPS | ARES_OPT_TRIES | ARES_OPT_TIMEOUTMS | ARES_OPT_SOCK_STATE_CB),
          "ares_init_options");
    use_servers(options.servers);
  }

  ~AresResolver() override {
    // Ends every query with ARES_EDESTRUCTION and closes every socket through socket_changed().
    ::ares_destroy(channel_);
  }

  void resolve(const std::string& host, Callback callback) override {
    if (const auto literal = IpAddress::parse(host)) {
      deliver(std::move(callback), Resolved{{*literal}, Duration::max()});
      return;
    }
    Query& query = queries_.emplace_back(*this, host, std::move(callback));
    query.self = std::prev(queries_.end());
    worker_.timers().arm(query, std::chrono::steady_clock::now() + timeout_);
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    ::ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, &AresResolver::answered, &query);
    wait_for_timeout();
  }

 private:
  // Lives until c-ares lets go of it, which may be after its caller was told of the timeout.
  struct Query final : Timer {
    Query(AresResolver& resolver, std::string name, Callback call)
        : owner(resolver), host(std::move(name)), callback(std::move(call)) {}

    void on_timer() override { owner.deliver(std::exchange(callback, nullptr), lookup_error(ARES_ETIMEOUT, host)); }

    AresResolver& owner;
    std::string host;
    Callback callback;
    std::list<Query>::iterator self;
  };

  struct Socket final : IoHandler {
    Socket(AresResolver& resolver, int socket) : owner(resolver), fd(socket) {}
    void on_io(std::uint32_t events) override { owner.process(fd, events); }
    AresResolver& owner;
    int fd;
    bool wants_write = false;
  };

  void use_servers(const std::vector<Endpoint>& servers) {
    if (servers.empty()) return;
    std::vector<ares_addr_port_node> nodes(servers.size());
    for (std::size_t i = 0; i < servers.size(); ++i) {
      const auto& bytes = servers[i].address.bytes();
      const bool v4 = servers[i].address.is_v4();
      nodes[i].next = i + 1 < nodes.size() ? &nodes[i + 1] : nullptr;
      nodes[i].family = v4 ? AF_INET : AF_INET6;
      std::memcpy(&nodes[i].addr, bytes.data() + (v4 ? 12 : 0), v4 ? 4 : 16);
      nodes[i].udp_port = nodes[i].tcp_port = servers[i].port;
    }
    check(::ares_set_servers_ports(channel_, nodes.data()), "ares_set_servers_ports");
  }

  // The callback may destroy its resolver, so it never runs under one of c-ares's calls.
  void deliver(Callback callback, Result<Resolved> result) {
    if (!callback) return;
    worker_.post([alive = std::weak_ptr<char>(alive_), callback = std::move(callback), result = std::move(result)] {
      if (!alive.expired()) callback(result);
    });
  }

  static void answered(void* argument, int status, int, ares_addrinfo* found) {
    auto& query = *static_cast<Query*>(argument);
    AresResolver& self = query.owner;
    if (status != ARES_EDESTRUCTION) self.deliver(std::move(query.callback), to_result(status, found, query.host));
    if (found != nullptr) ::ares_freeaddrinfo(found);
    self.queries_.erase(query.self);
  }

  // c-ares says what it waits for; neither means that it is about to close the socket.
  static void socket_changed(void* argument, ares_socket_t fd, int readable, int writable) {
    auto& self = *static_cast<AresResolver*>(argument);
    auto at = self.sockets_.find(fd);
    if (readable == 0 && writable == 0) {
      if (at == self.sockets_.end()) return;
      self.worker_.reactor().remove(fd, *at->second);
      self.sockets_.erase(at);
      return;
    }
    if (at == self.sockets_.end()) {
      at = self.sockets_.emplace(fd, std::make_unique<Socket>(self, fd)).first;
      self.worker_.reactor().add(fd, *at->second);
    } else {
      self.worker_.reactor().rearm(fd, *at->second);
    }
    at->second->wants_write = writable != 0;
  }

  void process(int fd, std::uint32_t events) {
    constexpr std::uint32_t kBroken = EPOLLERR | EPOLLHUP;
    const bool readable = (events & (EPOLLIN | EPOLLRDHUP | kBroken)) != 0;
    const bool writable = (events & (EPOLLOUT | kBroken)) != 0 && sockets_.at(fd)->wants_write;
    if (!readable && !writable) return;
    ::ares_process_fd(channel_, readable ? fd : ARES_SOCKET_BAD, writable ? fd : ARES_SOCKET_BAD);
    // c-ares does not promise to read until nothing is left. It may have closed the socket, too.
    const auto at = sockets_.find(fd);
    if ((events & EPOLLIN) != 0 && at != sockets_.end()) worker_.reactor().rearm(fd, *at->second);
    wait_for_timeout();
  }

  void wait_for_timeout() {
    timeval left{};
    if (::ares_timeout(channel_, nullptr, &left) == nullptr) {
      worker_.timers().disarm(*this);
      return;
    }
    const Duration wait = std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);
    worker_.timers().arm(*this, std::chrono::steady_clock::now() + wait);
  }

  void on_timer() override {
    ::ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    wait_for_timeout();
  }

  Worker& worker_;
  Duration timeout_;
  ares_channel channel_ = nullptr;
  std::list<Query> queries_;
  std::unordered_map<int, std::unique_ptr<Socket>> sockets_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace

std::unique_ptr<Resolver> make_resolver(Worker& worker, ResolverOptions options) {
  return std::make_unique<AresResolver>(worker, options);
}

}  // namespace gatehouse::net
