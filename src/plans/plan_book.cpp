#include "gatehouse/plans/plan_book.hpp"

#include "gatehouse/base/strings.hpp"

#include <algorithm>

namespace gatehouse::plans {
PlanBook::PlanBook(const std::vector<PlanSettings>& plans, std::shared_ptr<const Ledger> ledger, observe::Registry& registry,
                   std::shared_ptr<const FleetUsage> fleet)
    : index_(plans.size()), ledger_(std::move(ledger)), fleet_(std::move(fleet)) {
  for (const PlanSettings& settings : plans) {
    // The rate is part of the seed: after a reload that changes it, times that the old one left would mean something else.
    // The same in every gateway of a fleet.
    Plan plan{settings, stable_hash64(settings.name + ' ' + std::to_string(settings.rate.events) + '/' + std::to_string(settings.rate.per.count()))};
    if (settings.burst == 0) plan.settings.burst = default_burst(settings.rate);
    if (settings.rate.events > 0) plan.bucket.emplace(settings.rate, plan.settings.burst);
    plan.burst_text = std::to_string(plan.settings.burst);
    plan.quota_text = std::to_string(settings.quota.limit);
    if (settings.quota.limit > 0) {
      plan.admitted = &registry.counter("gatehouse_quota_requests_total", "Requests that a quota counted, by usage plan.",
                                        {{"plan", settings.name}});
      plan.exhausted = &registry.counter("gatehouse_quota_exceeded_total", "Requests refused because a quota was used up, by usage plan.",
                                         {{"plan", settings.name}});
    }
    index_.add(hash64(settings.name), static_cast<std::uint32_t>(plans_.size()));
    plans_.push_back(std::move(plan));
  }
}

const Plan* PlanBook::find(std::string_view name) const {
  // Comparing with a few costs less than hashing.
  constexpr std::size_t kFew = 4;
  if (plans_.size() <= kFew) {
    const auto found = std::ranges::find_if(plans_, [name](const Plan& plan) { return plan.settings.name == name; });
    return found == plans_.end() ? nullptr : &*found;
  }
  const auto found = index_.find(hash64(name), [&](std::uint32_t i) { return plans_[i].settings.name == name; });
  return found == FlatIndex::kNone ? nullptr : &plans_[found];
}

}  // namespace gatehouse::plans
