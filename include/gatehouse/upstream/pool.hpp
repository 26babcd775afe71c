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

struct PooledConnection;

class Pool {
 public:
  Pool(net::Worker& worker, std::shared_ptr<Backend> backend, net::Resolver& resolver);
  // Closes what is idle; attempts in progress finish first: their share of the pool outlives it.
  ~Pool();

  Backend& backend();
  std::size_t idle_connections() const;
  // Idle, in use and being opened.
  std::size_t open_connections() const;
  // Starts the active health checks of this backend on this worker, if it has any: call it on one worker only.
  void run_health_checks();

 private:
  friend class Attempt;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

enum class AttemptState : std::uint8_t { kPending, kReady, kFailed };

// One try at one target. Lives in the request's frame; destroying it in any state gives the connection back, or closes it
// when the call is not complete.
class Attempt {
 public:
  Attempt(Pool& pool, net::Waiter& waiter);
  ~Attempt();
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  // Picks a target and leases a connection. `hash` matters when the backend balances by hash; targets in `tried` (bit i =
  // target i, up to 64) are left out while others are usable. With an idle connection the attempt is ready at once; else
  // the pool may have to queue, resolve and connect, each for at most the connect timeout and never beyond `deadline`
  // (TimePoint::max() for none). Called once.
  void start(std::uint64_t hash, std::uint64_t tried, TimePoint deadline);
  // kFailed: error() says why, and nothing was sent. Reasons: upstream_no_healthy_target, upstream_breaker_open,
  // upstream_pool_full, no_socket_left (kUnavailable); upstream_queue_timeout, upstream_connect_timeout, dns_timeout
  // (kTimeout); upstream_connect_refused, upstream_unreachable (kRefused); upstream_connect_reset (kReset);
  // upstream_tls_failed (kProtocol); dns_not_found, dns_failed (kNotFound).
  AttemptState poll() const { return state_; }
  // REQUIRES: kFailed.
  const Error& error() const { return *error_; }

  // REQUIRES: kReady.
  http::UpstreamCall& call() { return *call_; }
  // True when a target was picked: not when there was none, or the breaker is open.
  bool has_target() const { return picked_; }
  // REQUIRES: has_target().
  std::size_t target() const { return target_; }
  bool reused_connection() const { return reused_; }
  // How long it took to resolve and connect; 0 for a connection that was there.
  std::uint64_t connect_nanoseconds() const { return connect_nanoseconds_; }

  // Says how it ended and gives the connection back, or closes it; call() is gone then. Once; the destructor says
  // kAbandoned otherwise. An attempt that failed has reported that itself.
  void finish(AttemptOutcome outcome);

 private:
  struct Wait;
  void ready(std::unique_ptr<PooledConnection> connection);
  void fail(Error error, AttemptOutcome outcome);
  void report(AttemptOutcome outcome);

  std::shared_ptr<Pool::Impl> pool_;
  net::Waiter& waiter_;
  std::unique_ptr<PooledConnection> connection_;
  http::UpstreamCall* call_ = nullptr;
  std::unique_ptr<Wait> wait_;  // only when no connection was idle
  std::optional<Error> error_;
  std::size_t target_ = 0;
  std::uint64_t connect_nanoseconds_ = 0;
  AttemptState state_ = AttemptState::kPending;
  bool picked_ = false;
  bool reported_ = false;
  bool reused_ = false;
};

}  // namespace gatehouse::upstream
