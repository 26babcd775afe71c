// The usage plans of one configuration, as requests are measured by them. Immutable; any thread.
#pragma once

#include "gatehouse/base/bucket_size.hpp"
#include "gatehouse/observe/metrics.hpp"
#include "gatehouse/plans/fleet_usage.hpp"
#include "gatehouse/plans/ledger.hpp"
#include "gatehouse/plans/settings.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::plans {

struct Plan {
  PlanSettings settings;
  std::uint64_t seed = 0;  // of its buckets
  std::optional<BucketSize> bucket = {};  // none: no rate
  // The limits in decimal, as every answer tells one of them.
  std::string burst_text = {};
  std::string quota_text = {};
  observe::Counter* admitted = nullptr;
  observe::Counter* exhausted = nullptr;
};

class PlanBook {
 public:
  // Without a ledger nothing is counted; without a fleet, here alone. The registry outlives it.
  PlanBook(const std::vector<PlanSettings>& plans, std::shared_ptr<const Ledger> ledger, observe::Registry& registry,
           std::shared_ptr<const FleetUsage> fleet = nullptr);

  // Null when there is none of that name.
  const Plan* find(std::string_view name) const;
  const Ledger* ledger() const { return ledger_.get(); }
  bool empty() const { return plans_.empty(); }
  // False while no quota may be judged by.
  bool may_admit() const { return fleet_ == nullptr || fleet_->may_admit(); }

 private:
  std::vector<Plan> plans_;
  FlatIndex index_;
  std::shared_ptr<const Ledger> ledger_;
  std::shared_ptr<const FleetUsage> fleet_;
};

}  // namespace gatehouse::plans
