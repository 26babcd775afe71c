// Building and searching the ring.
#include "hash_ring.hpp"

#include "gatehouse/base/strings.hpp"

#include <numeric>

namespace gatehouse::upstream {
namespace {

constexpr std::uint64_t kPointsPerWeight = 160;
// 16 bytes each; beyond it weights are scaled down.
constexpr std::uint64_t kMostPoints = 256 * 1024;

// The finaliser of splitmix64: neighbouring numbers end up far apart.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// How many points a target of `weight` gets.
std::uint64_t points_of(std::uint64_t weight, std::uint64_t divisor, std::uint64_t total) {
  if (weight == 0) return 0;
  const std::uint64_t points = kPointsPerWeight * (weight / divisor);
  if (total <= kMostPoints) return points;
  return std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(static_cast<double>(points) * kMostPoints / static_cast<double>(total)));
}

}  // namespace

HashRing::HashRing(std::span<const TargetSettings> targets) {
  std::uint64_t divisor = 0;
  std::uint64_t weights = 0;
  for (const TargetSettings& target : targets) {
    divisor = std::gcd(divisor, std::uint64_t{target.weight});
    weights += target.weight;
  }
  if (divisor == 0) return;
  const std::uint64_t total = kPointsPerWeight * (weights / divisor);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const std::uint64_t identity = stable_hash64(targets[i].url);
    const std::uint64_t count = points_of(targets[i].weight, divisor, total);
    for (std::uint64_t n = 0; n < count; ++n)
      points_.push_back({mix(identity + n * 0x9e3779b97f4a7c15), static_cast<std::uint32_t>(i)});
  }
  std::sort(points_.begin(), points_.end(), [](const Point& a, const Point& b) { return a.at < b.at; });
}

std::size_t HashRing::first_behind(std::uint64_t key) const {
  const std::uint64_t at = mix(key);
  const auto found = std::lower_bound(points_.begin(), points_.end(), at,
                                      [](const Point& point, std::uint64_t value) { return point.at < value; });
  return found == points_.end() ? 0 : static_cast<std::size_t>(found - points_.begin());
}

}  // namespace gatehouse::upstream
