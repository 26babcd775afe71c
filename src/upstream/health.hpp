// Active checks of one backend's targets: each is asked now and then, on a connection of its own, and is healthy or not for
// all workers. One thread.
#pragma once

#include "gatehouse/net/task.hpp"
#include "gatehouse/net/task_group.hpp"
#include "gatehouse/net/worker.hpp"
#include "gatehouse/upstream/backend.hpp"
#include "target_pool.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace gatehouse::upstream {

class HealthChecker {
 public:
  // Runs until it is destroyed, which must be before what it refers to.
  HealthChecker(net::Worker& worker, Backend& backend, std::span<const std::unique_ptr<TargetPool>> targets);

 private:
  net::TaskGroup tasks_;
};

// The Host that a target is asked for: as for requests, but without a client's to preserve.
std::string health_host(const BackendSettings& settings, const TargetSettings& target);

}  // namespace gatehouse::upstream
