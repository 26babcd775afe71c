// The step that bounds how many requests are in progress at once.
#pragma once

#include "gatehouse/middleware/steps.hpp"
#include "gatehouse/net/permits.hpp"

#include <memory>

namespace gatehouse::middleware {

// Beyond settings.max requests with one of `permits` a request waits in line, or gets 503 "too_many_in_flight". Who writes
// the limit says which routes share the permits. REQUIRES: settings.max > 0; one such step a route.
Step make_concurrency(const net::PermitSettings& settings, std::shared_ptr<net::Permits> permits);

}  // namespace gatehouse::middleware
