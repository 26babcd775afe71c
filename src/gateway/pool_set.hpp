// One backend's pools, one per worker: each is made, used and destroyed on its worker's thread; the set is shared by the
// snapshots that name the backend.
#pragma once

#include "gatehouse/upstream/backend_pools.hpp"
#include "gatehouse/net/resolver.hpp"
#include "gatehouse/net/worker.hpp"
#include "gatehouse/observe/metrics.hpp"
#include "gatehouse/upstream/backend.hpp"
#include "gatehouse/upstream/pool.hpp"

#include <memory>
#include <vector>

namespace gatehouse::gateway {

class PoolSet final : public upstream::BackendPools {
 public:
  PoolSet(std::vector<net::Worker*> workers, std::shared_ptr<upstream::Backend> backend, observe::Registry& registry);
  // Sends each pool home to be destroyed.
  ~PoolSet() override;
  PoolSet(const PoolSet&) = delete;
  PoolSet& operator=(const PoolSet&) = delete;

  // On the worker's thread, before on(): makes its pool unless it is there.
  void open_on(net::Worker& worker, net::Resolver& resolver);
  upstream::Pool& on(const net::Worker& worker) const override { return *pools_[worker.index()]; }
  upstream::Backend& backend() const override { return *backend_; }

 private:
  void register_metrics(observe::Registry& registry);

  std::vector<net::Worker*> workers_;
  std::shared_ptr<upstream::Backend> backend_;
  std::vector<std::shared_ptr<upstream::Pool>> pools_;
  std::vector<observe::Registry::Handle> metrics_;
};

}  // namespace gatehouse::gateway
