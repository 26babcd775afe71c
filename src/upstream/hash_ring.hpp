// Consistent hashing: each target owns 160 points per weight on a ring, a key belongs to the next point. When a target goes,
// only its own keys move; a ring rather than rendezvous hashing because a lookup stays O(log n) with hundreds of targets.
// Points depend on the targets' URLs alone: the same in every worker, process and release. Immutable.
#pragma once

#include "gatehouse/upstream/settings.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace gatehouse::upstream {

class HashRing {
 public:
  explicit HashRing(std::span<const TargetSettings> targets);

  // The target of `key`, or the next one on the ring that `may_take` accepts. REQUIRES: it accepts one of nonzero weight.
  template <class Predicate>
  std::size_t pick(std::uint64_t key, Predicate may_take) const {
    auto point = first_behind(key);
    while (!may_take(points_[point].target)) point = point + 1 == points_.size() ? 0 : point + 1;
    return points_[point].target;
  }

 private:
  struct Point {
    std::uint64_t at;
    std::uint32_t target;
  };
  std::size_t first_behind(std::uint64_t key) const;

  std::vector<Point> points_;
};

}  // namespace gatehouse::upstream
