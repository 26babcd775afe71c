// What a pool and its attempts share. One thread.
#pragma once

#include "balancer.hpp"
#include "gatehouse/upstream/pool.hpp"
#include "health.hpp"
#include "target_pool.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace gatehouse::upstream {

struct Pool::Impl {
  Impl(net::Worker& on, std::shared_ptr<Backend> of, net::Resolver& resolver);

  net::Worker& worker;
  std::shared_ptr<Backend> backend;
  Balancer balancer;
  std::vector<std::unique_ptr<TargetPool>> targets;
  std::optional<HealthChecker> health;
};

}  // namespace gatehouse::upstream
