// What `gatehouse check --store` looks at: whether the tables that a configuration names are as it says.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/error.hpp"
#include "gatehouse/config/settings.hpp"

#include <string>
#include <vector>

namespace gatehouse::gateway {

// Differences that a start could not remove, one line each. Opens every store that has tables, which a running gateway's embedded
// store refuses; changes nothing.
Result<std::vector<std::string>> compare_stores(const config::Settings& settings, const Clock& clock);

}  // namespace gatehouse::gateway
