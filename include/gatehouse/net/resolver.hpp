// Names to addresses with their time to live. One resolver per worker; callbacks run on it.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/base/ip.hpp"
#include "gatehouse/base/units.hpp"
#include "gatehouse/net/worker.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::net {

struct Resolved {
  std::vector<IpAddress> addresses;  // at least one
  Duration ttl{};
};

class Resolver {
 public:
  using Callback = std::function<void(Result<Resolved>)>;
  virtual ~Resolver() = default;
  // An IP literal answers with an unbounded ttl; /etc/hosts before DNS. The callback never runs inside resolve(), and not
  // after the resolver's destruction. Fails with kTimeout, kNotFound or kUnavailable (no server answers properly), source
  // kUpstream, reason "dns_…".
  virtual void resolve(const std::string& host, Callback callback) = 0;
};

struct ResolverOptions {
  Duration timeout = std::chrono::seconds(5);  // for a whole lookup
  std::vector<Endpoint> servers;               // empty: those of /etc/resolv.conf
};

// c-ares on the worker's reactor and timers. REQUIRES: made, used and destroyed on the worker's thread, or before it runs or
// after it ended.
std::unique_ptr<Resolver> make_resolver(Worker& worker, ResolverOptions options = {});

}  // namespace gatehouse::net
