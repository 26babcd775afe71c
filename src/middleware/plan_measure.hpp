// Usage plans within the throttle step: which plan measures a request, and its quota. Immutable; any worker.
#pragma once

#include "gatehouse/middleware/plan_use.hpp"
#include "gatehouse/pipeline/context.hpp"

#include <atomic>
#include <cstdint>
#include <optional>

namespace gatehouse::middleware {

class PlanMeasure {
 public:
  PlanMeasure(PlanUse use, const Clock& clock);

  // The caller's own plan, or the one for those who have none; null: nothing is measured.
  const plans::Plan* plan_of(const pipeline::Identity& identity) const;
  // Nobody may pass by a plan that the configuration does not have (any more).
  bool is_lost(const pipeline::Identity& identity, const plans::Plan* plan) const { return plan == nullptr && !identity.plan.empty() && use_.book != nullptr; }
  // Counts the request of a key; 429 "quota_exceeded" when its quota is used up, 503
  // "throttle_unavailable" when nobody can tell. Last of all: nothing that comes to nothing is counted.
  std::optional<pipeline::Answer> count(pipeline::RequestContext& context, const plans::Plan* plan, TimePoint now) const;

 private:
  plans::Day today(TimePoint now) const;
  static std::optional<pipeline::Answer> refuse_unknown(pipeline::RequestContext& context);
  std::optional<pipeline::Answer> refuse(pipeline::RequestContext& context, const plans::Plan& plan, Duration left) const;

  PlanUse use_;
  const plans::Plan* otherwise_ = nullptr;
  const Clock& clock_;
  // The day, for as long as it needs no look at the wall clock: what that costs is more than all the rest of counting.
  mutable std::atomic<plans::Day> day_{0};
  mutable std::atomic<std::int64_t> day_until_{0};  // steady clock, ns
};

}  // namespace gatehouse::middleware
