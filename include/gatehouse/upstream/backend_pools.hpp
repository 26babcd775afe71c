// One backend's pools, one per worker. Made and owned by the gateway, which also sees to it that each pool lives and dies on
// its worker.
#pragma once

#include "gatehouse/net/worker.hpp"
#include "gatehouse/upstream/backend.hpp"
#include "gatehouse/upstream/pool.hpp"

namespace gatehouse::upstream {

class BackendPools {
 public:
  virtual ~BackendPools() = default;
  // On the worker's thread.
  virtual Pool& on(const net::Worker& worker) const = 0;
  virtual Backend& backend() const = 0;
};

}  // namespace gatehouse::upstream
