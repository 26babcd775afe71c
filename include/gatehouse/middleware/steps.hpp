// Makes the steps of the pipeline. Where each stands in the chain, and why, is gateway/pipeline_order.cpp's business.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/middleware/settings.hpp"
#include "gatehouse/middleware/throttle_table.hpp"
#include "gatehouse/observe/access_log.hpp"
#include "gatehouse/observe/metrics.hpp"
#include "gatehouse/pipeline/middleware.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::middleware {

using Step = std::shared_ptr<const pipeline::Middleware>;

// One JSON line a request, written in on_end. The query is never logged: it may hold keys.
Step make_access_log(std::shared_ptr<observe::AccessLog> log, const Clock& clock);
// Requests by status class, latency, upstream latency, bytes, refusals by reason, for the route it is made for.
Step make_metrics(observe::Registry& registry, std::string_view api, std::string_view route);
// Sets the body limit; 413 at once where Content-Length says more.
Step make_limits(std::uint64_t body_limit);
// Preflights and fields of every answer, the gateway's own errors included; a backend's CORS fields are replaced.
Step make_cors(CorsSettings settings);
// 401 without a key, 403 with a wrong one; sets RequestContext::identity; the key is not forwarded.
Step make_api_key(std::vector<ApiKeySettings> accepted);
// The tightest of `settings` decides: 429 with Retry-After; RateLimit-* on every answer. `scope` keeps buckets of routes
// and APIs apart ("shop GET /v1/orders"); `api` those of per: api.
Step make_throttle(std::vector<ThrottleSettings> settings, std::string api, std::string scope,
                   std::shared_ptr<ThrottleTable> table, const Clock& clock);
// request: and response: of a route.
Step make_transform(TransformSettings settings);

}  // namespace gatehouse::middleware
