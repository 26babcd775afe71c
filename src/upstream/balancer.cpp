// Three ways to pick.
#include "balancer.hpp"

namespace gatehouse::upstream {

Balancer::Balancer(Backend& backend, unsigned worker)
    : backend_(backend), count_(backend.settings().targets.size()), credit_(count_), scan_from_(worker) {
  if (backend.settings().balance.kind == Balance::kHash) ring_.emplace(backend.settings().targets);
  if (backend.settings().balance.kind == Balance::kRoundRobin && count_ > 1) {
    for (unsigned i = 0; i < worker; ++i) round_robin(0);
  }
}

bool Balancer::may_take(std::size_t target, std::uint64_t tried) const {
  return (target >= 64 || (tried >> target & 1) == 0) && backend_.usable(target);
}

std::optional<std::size_t> Balancer::pick(std::uint64_t hash, std::uint64_t tried) {
  const auto picked = pick_untried(hash, tried);
  return picked || tried == 0 ? picked : pick_untried(hash, 0);
}

std::optional<std::size_t> Balancer::pick_untried(std::uint64_t hash, std::uint64_t tried) {
  if (count_ == 1) return may_take(0, tried) ? std::optional<std::size_t>(0) : std::nullopt;
  switch (backend_.settings().balance.kind) {
    case Balance::kRoundRobin: return round_robin(tried);
    case Balance::kLeastRequests: return least_requests(tried);
    case Balance::kHash: return by_hash(hash, tried);
  }
  return std::nullopt;
}

// Smooth weighted round robin: each turn every target saves its weight, and the richest one pays for all. Weights 5, 1, 1
// give a a b a c a a, never five in a row.
std::optional<std::size_t> Balancer::round_robin(std::uint64_t tried) {
  std::optional<std::size_t> best;
  std::int64_t total = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    if (!may_take(i, tried)) continue;
    const std::int64_t weight = backend_.settings().targets[i].weight;
    total += weight;
    credit_[i] += weight;
    if (!best || credit_[i] > credit_[*best]) best = i;
  }
  if (best) credit_[*best] -= total;
  return best;
}

// The smallest number of requests in flight per weight, over all workers. All targets are looked at: there are few, and
// the counts are exact, so that the power of two choices has nothing to offer.
std::optional<std::size_t> Balancer::least_requests(std::uint64_t tried) {
  const auto targets = backend_.targets();
  std::optional<std::size_t> best;
  std::uint64_t best_load = 0;
  std::uint64_t best_weight = 1;
  for (std::size_t n = 0; n < count_; ++n) {
    const std::size_t i = (scan_from_ + n) % count_;
    if (!may_take(i, tried)) continue;
    const std::uint64_t load = std::uint64_t{targets[i].in_flight.load(std::memory_order_relaxed)} + 1;
    const std::uint64_t weight = backend_.settings().targets[i].weight;
    if (best && load * best_weight >= best_load * weight) continue;
    best = i;
    best_load = load;
    best_weight = weight;
  }
  ++scan_from_;
  return best;
}

std::optional<std::size_t> Balancer::by_hash(std::uint64_t hash, std::uint64_t tried) {
  bool any = false;
  for (std::size_t i = 0; i < count_ && !any; ++i) any = may_take(i, tried);
  if (!any) return std::nullopt;
  return ring_->pick(hash, [&](std::size_t target) { return may_take(target, tried); });
}

}  // namespace gatehouse::upstream
