// What a configuration says about feeds, for those who read and deliver. Pure function.
#pragma once

#include "gateway/stores.hpp"

#include "gatehouse/config/settings.hpp"
#include "gatehouse/wsapi/feeds.hpp"

#include <vector>

namespace gatehouse::gateway {

std::vector<wsapi::FeedSetup> feed_setup(const config::Settings& settings, const StoresByName& stores);

}  // namespace gatehouse::gateway
