// Makes the steps of the pipeline. Where each stands in the chain, and why, is gateway/pipeline_order.cpp's business.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/middleware/access_settings.hpp"
#include "gatehouse/middleware/authorizer.hpp"
#include "gatehouse/middleware/jwt_settings.hpp"
#include "gatehouse/middleware/plan_use.hpp"
#include "gatehouse/middleware/settings.hpp"
#include "gatehouse/middleware/throttle_table.hpp"
#include "gatehouse/middleware/tracing_settings.hpp"
#include "gatehouse/middleware/validate_settings.hpp"
#include "gatehouse/observe/access_log.hpp"
#include "gatehouse/observe/metrics.hpp"
#include "gatehouse/observe/spans.hpp"
#include "gatehouse/pipeline/middleware.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::middleware {

using Step = std::shared_ptr<const pipeline::Middleware>;

// One line a request, written in on_end. In JSON: `time` is then, less `duration_ms` the arrival. The query is never logged: it
// may hold keys. A client that left before it was answered is 499. For the route it is made for.
// REQUIRES: settings.format is one that LogFormat takes.
Step make_access_log(std::shared_ptr<observe::AccessLog> log, const Clock& clock, std::string_view api,
                     std::string_view route, const observe::AccessLogSettings& settings = {});
// Requests by status class, latency, upstream latency, bytes, refusals by reason, for the route it is made for.
Step make_metrics(observe::Registry& registry, std::string_view api, std::string_view route, const Clock& clock);
// Continues the caller's trace (traceparent, tracestate, X-Amzn-Trace-Id) or begins one, tells the backend, and gives the
// spans of what is sampled to `spans`; null: ids are made and passed on, nothing is exported.
Step make_tracing(const TracingSettings& settings, std::shared_ptr<observe::SpanQueue> spans, const Clock& clock);
// Sets the body limit; 413 "body_too_large" at once where Content-Length says more.
Step make_limits(std::uint64_t body_limit);
// Preflights (204, or 403 "cors_origin_refused") and fields of every answer, the gateway's own errors included; a backend's
// CORS fields are replaced. With "*" and credentials every origin but "null" is named: say so when it is configured.
Step make_cors(CorsSettings settings);
// 403 "ip_denied" for clients that `rules` do not let pass.
Step make_ip_rules(IpRules rules);
// 403 "policy_explicit_deny" for what the policy denies; where it stands alone, 403 "policy_denied" for what it does not allow.
// Sets RequestContext::resource_policy. Throws std::invalid_argument when the policy is none.
enum class PolicyAlone : std::uint8_t { kNo, kYes };
Step make_resource_policy(const PolicySettings& settings, PolicyAlone alone);
// Behind make_authenticate(): 403 "policy_denied" where neither the resource policy nor a policy of the caller's allows it.
Step make_policy_allows();
// One of `groups` must accept the request: sets RequestContext::identity. Otherwise 401 or 403 with the reason of the first
// authorizer that was shown something and refused it; where nothing was shown, with every challenge.
Step make_authenticate(std::vector<AuthorizerGroup> groups);
// Whether the caller's claims allow it: 403 "scope_missing" (with a challenge, RFC 6750 section 3.1) or "claim_mismatch" when they do
// not, "claim_missing" when what the route does cannot be done without one. A caller without claims has none of them.
Step make_authorize(AuthorizeSettings settings);
// Whose buckets a rule may ask for.
struct ThrottleScopes {
  std::string api;      // "shop"
  std::string stage;    // "shop/dev"
  std::string written;  // where the rules stand: what is said for an API holds for all its routes together
};
// The tightest of `settings` decides: 429 "throttled" with Retry-After; RateLimit-* on every answer. Buckets of clients, keys
// and fields are kept for where the rules are written; those of per: route for each route of the stage. The plan of the caller's
// key is one rule more, and its quota the last word: 429 "quota_exceeded". Where nobody can tell what the fleet took: 503
// "throttle_unavailable".
Step make_throttle(std::vector<ThrottleSettings> settings, const ThrottleScopes& scopes, std::shared_ptr<Buckets> table, const Clock& clock,
                   PlanUse plans = {});
// 400 "parameters_missing" and "schema_violation", 413 "body_too_large", 415 "content_type_unsupported". A body that was looked
// at is held for the integration.
Step make_validate(ValidateSettings settings);
// Reads a JSON body for those that take values from it ($body), and holds it for the integration. 413 "body_too_large". What is no JSON
// has no values.
Step make_body_values(std::uint64_t limit);
// request: and response: of a route, the gateway's own answers included. A value that turns out empty is no field: what was
// there under that name is gone all the same.
Step make_transform(TransformSettings settings);

}  // namespace gatehouse::middleware
