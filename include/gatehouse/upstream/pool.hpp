// One worker's connections to one backend: picks a target, gives an idle connection or opens one, keeps names resolved.
// One thread.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/http/client.hpp"
#include "gatehouse/net/resolver.hpp"
#include "gatehouse/net/worker.hpp"
#include "gatehouse/upstream/backend.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace gatehouse::upstream {

class Pool {
 public:
  Pool(net::Worker& worker, std::shared_ptr<Backend> backend, net::Resolver& resolver);
  // Closes what is idle; attempts in progress finish first: their share of the pool outlives it.
  ~Pool();

  Backend& backend();
  std::size_t idle_connections() const;
  std::size_t open_connections() const;
  // Starts the active health checks of this backend on this worker: call it on one worker only.
  void run_health_checks();

 private:
  friend class Attempt;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

enum class AttemptState : std::uint8_t { kPending, kReady, kFailed };

// One try at one target. Lives in the request's frame; destroying it gives the connection back, or closes it when the
// call is not complete.
class Attempt {
 public:
  Attempt(Pool& pool, net::Waiter& waiter);
  ~Attempt();
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  // Picks a target and leases a connection. `hash` matters when the backend balances by hash; targets in `tried` (bit i =
  // target i, up to 64) are left out while others are usable. The pool may still have to resolve, connect or queue.
  void start(std::uint64_t hash, std::uint64_t tried, TimePoint deadline);
  // kFailed: error() says why: breaker open, no healthy target, queue full (kUnavailable); connect timeout (kTimeout);
  // refused, reset, TLS (kRefused, kReset, kProtocol), DNS (kNotFound). All before anything was sent.
  AttemptState poll();
  const Error& error() const;

  // REQUIRES: kReady.
  http::UpstreamCall& call();
  // The target picked. REQUIRES: start() did not fail at once with kUnavailable.
  std::size_t target() const;
  bool reused_connection() const;
  std::uint64_t connect_nanoseconds() const;

  // Says how it ended and gives the connection back, or closes it. Once; the destructor says kAbandoned otherwise.
  void finish(AttemptOutcome outcome);

 private:
  friend class Pool;
  struct Wait;
  std::shared_ptr<Pool::Impl> pool_;
  net::Waiter& waiter_;
};

}  // namespace gatehouse::upstream
