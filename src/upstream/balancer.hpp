// Picks a target for each attempt of one worker. One thread.
#pragma once

#include "gatehouse/upstream/backend.hpp"
#include "hash_ring.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace gatehouse::upstream {

class Balancer {
 public:
  // `worker` shifts the start of the rotation, so that workers do not all begin with the same target.
  Balancer(Backend& backend, unsigned worker);

  // Leaves out targets that are not usable, and those in `tried` (bit i = target i) as long as another is usable.
  std::optional<std::size_t> pick(std::uint64_t hash, std::uint64_t tried);

 private:
  bool may_take(std::size_t target, std::uint64_t tried) const;
  std::optional<std::size_t> pick_untried(std::uint64_t hash, std::uint64_t tried);
  std::optional<std::size_t> round_robin(std::uint64_t tried);
  std::optional<std::size_t> least_requests(std::uint64_t tried);
  std::optional<std::size_t> by_hash(std::uint64_t hash, std::uint64_t tried);

  Backend& backend_;
  std::size_t count_;
  std::vector<std::int64_t> credit_;  // round robin: what each target has saved up
  std::size_t scan_from_ = 0;         // least requests: among equals the turn goes round
  std::optional<HashRing> ring_;
};

}  // namespace gatehouse::upstream
