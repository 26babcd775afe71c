// What a configuration says about keys and plans, for the service that keeps them. Pure function.
#pragma once

#include "gateway/stores.hpp"

#include "gatehouse/config/settings.hpp"
#include "gatehouse/plans/service.hpp"

namespace gatehouse::gateway {

plans::PlanSetup plan_setup(const config::Settings& settings, const StoresByName& stores);
// Whether anybody may be measured by a plan, or counted.
bool uses_plans(const config::Settings& settings);

}  // namespace gatehouse::gateway
