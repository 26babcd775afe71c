// The control plane's HTTP: health, readiness, metrics, status, reload. Runs on the io_context it is given, one thread.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/base/ip.hpp"
#include "gatehouse/gateway/gateway.hpp"

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace gatehouse::admin {

// GET /healthz, /readyz, /metrics, /status; POST /reload, /trace-tokens, /cache/flush; what plan_pages.hpp has, and /apis/{api}/@connections.
class AdminServer {
 public:
  // Reads the configuration file again and gives it to the gateway; the error says why nothing changed.
  using Reload = std::function<Result<void>()>;

  // Listens at once; the error names the address.
  static Result<std::unique_ptr<AdminServer>> start(boost::asio::io_context& context, const Endpoint& address,
                                                    gateway::Gateway& gateway, Reload reload);
  ~AdminServer();

  Endpoint endpoint() const;

 private:
  struct Impl;
  explicit AdminServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace gatehouse::admin
