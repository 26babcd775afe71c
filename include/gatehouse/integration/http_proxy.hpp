// The proxy integration: a route's requests go to a backend and its answers come back. Built once per configuration, shared
// by all workers.
#pragma once

#include "gatehouse/integration/settings.hpp"
#include "gatehouse/net/worker.hpp"
#include "gatehouse/pipeline/integration.hpp"
#include "gatehouse/upstream/backend.hpp"
#include "gatehouse/upstream/pool.hpp"

#include <memory>

namespace gatehouse::integration {

// One backend's pools, one per worker. Made and owned by the gateway, which also sees to it that each pool lives and dies
// on its worker.
class BackendPools {
 public:
  virtual ~BackendPools() = default;
  // On the worker's thread.
  virtual upstream::Pool& on(const net::Worker& worker) const = 0;
  virtual upstream::Backend& backend() const = 0;
};

std::shared_ptr<const pipeline::Integration> make_http_proxy(ProxySettings settings,
                                                             std::shared_ptr<const BackendPools> pools);

}  // namespace gatehouse::integration
