// The downstream side: turns accepted connections into sessions and keeps count of them. One per listener and worker.
#pragma once

#include "gatehouse/base/ip.hpp"
#include "gatehouse/base/overload.hpp"
#include "gatehouse/http/exchange.hpp"
#include "gatehouse/http/settings.hpp"
#include "gatehouse/net/stream.hpp"
#include "gatehouse/net/worker.hpp"

#include <atomic>
#include <cstdint>
#include <memory>

namespace gatehouse::http {

// Connections of one listener over all workers: the bounds that settings name. Thread-safe.
class ConnectionLimits {
 public:
  // While `overload` refuses connections, none is admitted.
  explicit ConnectionLimits(std::shared_ptr<const Overload> overload = nullptr);
  ~ConnectionLimits();
  enum class Verdict : std::uint8_t { kAdmitted, kListenerFull, kClientFull, kOverloaded };
  // `per_client` 0: not counted by client. Every kAdmitted needs one release() with the same arguments.
  Verdict admit(const IpAddress& client, std::uint32_t limit, std::uint32_t per_client);
  void release(const IpAddress& client, std::uint32_t per_client);
  std::uint32_t open() const { return open_.load(std::memory_order_relaxed); }

 private:
  struct Clients;
  std::shared_ptr<const Overload> overload_;
  std::atomic<std::uint32_t> open_{0};
  std::unique_ptr<Clients> clients_;
};

// All methods on the worker's thread.
class Server {
 public:
  // `settings`, `trusted_proxies` and `handler` may be swapped by update(); sessions see the new ones at their next request.
  Server(net::Worker& worker, std::shared_ptr<ConnectionLimits> limits, Handler& handler, ServerSettings settings,
         IpSet trusted_proxies);
  ~Server();  // closes every connection at once

  void accept(net::UniqueFd connection, const Endpoint& peer);
  void update(ServerSettings settings, IpSet trusted_proxies);
  // Stops keep-alive: idle connections close now (those that have not asked for anything yet get a second to do so), the
  // others after their answer (`Connection: close`).
  void drain();
  // Those that are closing are counted until they are gone; upgraded ones are not.
  std::size_t connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::http
