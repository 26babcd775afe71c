#include "gateway/pipeline_order.hpp"

#include "gateway/parts.hpp"
#include "gateway/plan_setup.hpp"
#include "gateway/runtime.hpp"
#include "gateway/socket_apis.hpp"

#include "gatehouse/config/body_use.hpp"
#include "gatehouse/config/needed_claims.hpp"
#include "gatehouse/middleware/cache.hpp"
#include "gatehouse/middleware/compression.hpp"
#include "gatehouse/middleware/concurrency.hpp"
#include "gatehouse/wsapi/management.hpp"

#include <algorithm>
#include <array>

namespace gatehouse::gateway {
namespace {

template <class T>
void inherit(std::optional<T>& inner, const std::optional<T>& outer) {
  if (!inner) inner = outer;
}

// For each type of its own.
void inherit(std::vector<pipeline::ErrorResponse>& inner, const std::vector<pipeline::ErrorResponse>& outer) {
  for (const auto& response : outer) {
    if (std::ranges::find(inner, response.type, &pipeline::ErrorResponse::type) == inner.end()) inner.push_back(response);
  }
}

void inherit(config::ScopedSettings& inner, const config::ScopedSettings& outer) {
  inherit(inner.cors, outer.cors);
  inherit(inner.auth, outer.auth);
  inherit(inner.scopes, outer.scopes);
  inherit(inner.claims, outer.claims);
  inherit(inner.throttle, outer.throttle);
  inherit(inner.ip, outer.ip);
  inherit(inner.policy, outer.policy);
  inherit(inner.compression, outer.compression);
  inherit(inner.cache, outer.cache);
  inherit(inner.concurrency, outer.concurrency);
  inherit(inner.body_limit, outer.body_limit);
  inherit(inner.total_timeout, outer.total_timeout);
  inherit(inner.websocket, outer.websocket);
  inherit(inner.errors, outer.errors);
  inherit(inner.error_responses, outer.error_responses);
}

// What is said of requests and their answers, which handshakes, messages and the calls of SDKs are not.
void inherit_changes(config::ScopedSettings& inner, const config::ScopedSettings& outer) {
  inherit(inner.validate, outer.validate);
  inherit(inner.request, outer.request);
  inherit(inner.mapping_limit, outer.mapping_limit);
  inherit(inner.response, outer.response);
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string describe_groups(const std::vector<std::vector<std::string>>& groups) {
  std::string text;
  for (const auto& names : groups) text += (text.empty() ? "" : ", ") + (names.size() == 1 ? names.front() : '[' + join(names) + ']');
  return text;
}

std::vector<middleware::AuthorizerGroup> find_groups(const std::vector<std::vector<std::string>>& groups, const Parts& parts) {
  std::vector<middleware::AuthorizerGroup> found;
  for (const auto& names : groups) {
    auto& group = found.emplace_back();
    for (const std::string& name : names) group.push_back(parts.authorizers.at(name));
  }
  return found;
}

std::string api_of(const EffectiveRoute& route) { return route.api ? route.api->id() : std::string("(none)"); }

// Where a setting was written: a bound of an API holds for all its routes together, in all its stages.
template <class T>
std::string scope_of(const EffectiveRoute& route, std::optional<T> config::ScopedSettings::*setting) {
  if (route.route && (route.route->scoped.*setting)) return api_of(route) + ' ' + route.label;
  if (route.api && (route.api->stage_scoped.*setting)) return route.api->name + '/' + route.api->stage;
  return route.api && (route.api->scoped.*setting) ? route.api->name : std::string("(gateway)");
}

middleware::ThrottleScopes throttle_scopes(const EffectiveRoute& route) {
  return {route.api ? route.api->name : "(none)", api_of(route), scope_of(route, &config::ScopedSettings::throttle)};
}

std::string describe_bound(const net::PermitSettings& bound) {
  return std::to_string(bound.max) + " at once" + (bound.queue > 0 ? ", " + std::to_string(bound.queue) + " waiting" : "");
}

// Where nobody is asked who they are, nothing is asked of them either.
middleware::AuthorizeSettings asked_of_caller(const EffectiveRoute& route) {
  const config::ScopedSettings& scoped = route.scoped;
  if (!route.route || !scoped.auth || scoped.auth->empty()) return {};
  return {scoped.scopes.value_or(std::vector<std::string>()), scoped.claims.value_or(std::vector<middleware::ClaimCondition>()),
          config::needed_claims(route.route->integration)};
}

// Rules with a rate of their own. Connections are counted by their messages.
std::vector<middleware::ThrottleSettings> rate_rules(const EffectiveRoute& route) {
  auto rules = route.scoped.throttle.value_or(std::vector<middleware::ThrottleSettings>());
  const bool message = route.route && is_message_route(*route.route);
  std::erase_if(rules, [message](const auto& rule) {
    return !rule.plan.empty() || (rule.per == middleware::ThrottleKey::kConnection && !message);
  });
  return rules;
}

// A handshake has passed them: messages and ends are its connection's.
bool is_of_handshake(std::string_view step) {
  constexpr std::array<std::string_view, 8> kSteps = {"compression",     "limits",         "ip",    "cors", "resource policy", "authentication",
                                                      "policy allows", "cache invalidation"};
  return std::ranges::find(kSteps, step) != kSteps.end();
}

// What has ended cannot be turned away.
bool turns_away(std::string_view step) { return step == "overload" || step == "throttle" || step == "concurrency"; }

// An API's answer to what no route matches is an answer too, and no request goes anywhere.
middleware::TransformSettings transform_of(const EffectiveRoute& route) {
  const config::ScopedSettings& scoped = route.scoped;
  middleware::TransformSettings transform;
  if (route.route && scoped.request) {
    transform.request = scoped.request->headers;
    transform.query = scoped.request->query;
  }
  transform.body_limit = scoped.mapping_limit.value_or(transform.body_limit);
  if (scoped.response) {
    transform.response = scoped.response->headers;
    transform.by_status = scoped.response->by_status;
  }
  return transform;
}

// The plan of those who have none of their own.
std::string default_plan(const config::ScopedSettings& scoped) {
  if (scoped.throttle) {
    for (const auto& rule : *scoped.throttle)
      if (!rule.plan.empty()) return rule.plan;
  }
  return {};
}

std::string describe_rates(const std::vector<middleware::ThrottleSettings>& rules) {
  std::string text;
  for (const auto& rule : rules) {
    if (!rule.plan.empty()) {
      text += (text.empty() ? "" : ", ") + ("plan " + rule.plan);
      continue;
    }
    const double per_second = rule.rate.events / std::chrono::duration<double>(rule.rate.per).count();
    char number[32];
    std::snprintf(number, sizeof number, "%g/s", per_second);
    text += (text.empty() ? "" : ", ") + std::string(number) + (rule.burst > 0 ? " burst " + std::to_string(rule.burst) : "");
  }
  return text;
}

std::string describe_throttle(const config::ScopedSettings& scoped, bool planned) {
  const std::string rates = scoped.throttle ? describe_rates(*scoped.throttle) : std::string();
  if (!planned) return rates;
  return rates + (rates.empty() ? "" : ", ") + "each key's own plan";
}

}  // namespace

EffectiveRoute effective_route(const config::Settings& settings, const config::ApiSettings* api,
                               const config::RouteSettings* route) {
  EffectiveRoute effective{settings, api, route, {}, "(no route)"};
  if (route) {
    effective.scoped = route->scoped;
    effective.label = route->socket ? route->match : route->pattern.to_string();
  }
  for (const config::ScopedSettings* const outer : {api ? &api->stage_scoped : nullptr, api ? &api->scoped : nullptr, &settings.scoped}) {
    if (!outer) continue;
    inherit(effective.scoped, *outer);
    if (!api || !api->sockets) inherit_changes(effective.scoped, *outer);
  }
  return effective;
}

// The order is security. Each line says why it stands where it stands.
std::vector<PlannedStep> pipeline_order(const EffectiveRoute& route) {
  const config::ScopedSettings& scoped = route.scoped;
  std::vector<PlannedStep> steps;

  if (route.route && std::holds_alternative<wsapi::ManagementRoute>(route.route->integration))
    steps.push_back({"management errors", "outermost: what any step refuses has the name that SDKs know", {},
                     [](const Parts&) { return wsapi::make_management_errors(); }});

  if (route.settings.access_log.enabled)
    steps.push_back({"access log", "outermost: one line for every request, whoever answered it", route.settings.access_log.to,
                     [api = api_of(route), label = route.label, log = route.settings.access_log](const Parts& parts) {
                       return middleware::make_access_log(parts.runtime.access_log(), parts.runtime.clock(), api, label, log);
                     }});

  steps.push_back({"metrics", "sees what the client sees, refusals of every later step included", {},
                   [api = api_of(route), label = route.label](const Parts& parts) {
                     return middleware::make_metrics(parts.runtime.registry(), api, label, parts.runtime.clock());
                   }});

  if (route.settings.tracing)
    steps.push_back({"tracing", "before anything that may refuse: a refusal is part of the trace too",
                     route.settings.tracing->otlp ? route.settings.tracing->otlp->url : std::string("ids only"),
                     [tracing = *route.settings.tracing](const Parts& parts) {
                       return middleware::make_tracing(tracing, parts.runtime.spans(), parts.runtime.clock());
                     }});

  // As a step and not before routing, because log, metrics and CORS fields are wanted on it; to route costs 0.1 µs.
  if (route.settings.memory.limit.kind != middleware::MemoryLimit::Kind::kNone)
    steps.push_back({"overload", "before anything costs memory: while there is too little, new requests are turned away", {},
                     [](const Parts& parts) { return middleware::make_overload(parts.runtime.memory().overload()); }});

  if (scoped.compression && scoped.compression->enabled)
    steps.push_back({"compression", "outside of all that makes, keeps or changes a body: it sees the last form, and nothing within sees a coding",
                     {}, [compression = *scoped.compression](const Parts& parts) {
                       return middleware::make_compression(compression, parts.runtime.encoders());
                     }});

  if (scoped.body_limit)
    steps.push_back({"limits", "before anything looks at the body", std::to_string(*scoped.body_limit) + " bytes of body",
                     [limit = *scoped.body_limit](const Parts&) { return middleware::make_limits(limit); }});

  if (scoped.ip && *scoped.ip != middleware::IpRules())
    steps.push_back({"ip", "who may not call learns nothing, of preflights neither", {},
                     [rules = *scoped.ip](const Parts&) { return middleware::make_ip_rules(rules); }});

  if (scoped.cors)
    steps.push_back({"cors", "before authentication, because preflights carry no credentials; on every answer, errors too",
                     join(scoped.cors->origins), [cors = *scoped.cors](const Parts&) { return middleware::make_cors(cors); }});

  const bool has_policy = route.route && scoped.policy && !scoped.policy->json.empty();
  const bool has_auth = scoped.auth && !scoped.auth->empty();
  if (has_policy)
    steps.push_back({"resource policy", "before authentication: what it denies no caller may have", {},
                     [policy = *scoped.policy, alone = has_auth ? middleware::PolicyAlone::kNo : middleware::PolicyAlone::kYes](
                         const Parts&) { return middleware::make_resource_policy(policy, alone); }});

  // Routes only: what does not exist needs no key, and says nothing but that.
  if (route.route && scoped.auth && !scoped.auth->empty())
    steps.push_back({"authentication", "before anything is counted or done in the client's name", describe_groups(*scoped.auth),
                     [groups = *scoped.auth](const Parts& parts) { return middleware::make_authenticate(find_groups(groups, parts)); }});

  if (auto asked = asked_of_caller(route); !asked.empty())
    steps.push_back({"authorization", "at once behind authentication: what is not allowed is neither counted nor done", join(asked.scopes),
                     [asked](const Parts&) { return middleware::make_authorize(asked); }});

  if (has_policy && has_auth)
    steps.push_back({"policy allows", "after authentication: the caller's own policy may allow what the resource's does not", {},
                     [](const Parts&) { return middleware::make_policy_allows(); }});

  // A connection is counted by its handshake.
  const bool planned = route.route && !is_message_route(*route.route) && scoped.auth && !scoped.auth->empty() && uses_plans(route.settings);
  if (const auto rules = rate_rules(route); planned || !rules.empty() || (scoped.throttle && !default_plan(scoped).empty()))
    steps.push_back({"throttle", "after authentication: a bucket may belong to a key, and strangers must not drain it",
                     describe_throttle(scoped, planned),
                     [rules, otherwise = default_plan(scoped), planned, scopes = throttle_scopes(route)](const Parts& parts) {
                       middleware::PlanUse plans;
                       if (planned) plans = {parts.plans.book, otherwise};
                       return middleware::make_throttle(rules, scopes, parts.runtime.buckets(), parts.runtime.clock(), plans);
                     }});

  if (scoped.concurrency && scoped.concurrency->max > 0)
    steps.push_back({"concurrency", "after all that refuses at once: a request that will not be served holds no permit",
                     describe_bound(*scoped.concurrency),
                     [bound = *scoped.concurrency, scope = scope_of(route, &config::ScopedSettings::concurrency)](const Parts& parts) {
                       return middleware::make_concurrency(bound, parts.runtime.permits().find(scope));
                     }});

  if (route.route && scoped.validate && *scoped.validate != middleware::ValidateSettings())
    steps.push_back({"validate", "after throttle: reading a body costs; before anything is done with it", {},
                     [validate = *scoped.validate](const Parts&) { return middleware::make_validate(validate); }});

  const middleware::TransformSettings transform = transform_of(route);
  if (route.route && config::uses_body(scoped, *route.route))
    steps.push_back({"body values", "right before who needs them: a body is read for what is let through", {},
                     [limit = transform.body_limit](const Parts&) { return middleware::make_body_values(limit); }});

  if (!transform.empty())
    steps.push_back({"transform", "last: changes only what is let through, and answers before anyone else sees them", {},
                     [transform](const Parts&) { return middleware::make_transform(transform); }});

  const auto* const proxy = route.route ? std::get_if<integration::ProxySettings>(&route.route->integration) : nullptr;
  if (route.route && route.settings.uses_cache)
    steps.push_back({"cache invalidation", "sees the integration's own answer to what may change something", {},
                     [](const Parts& parts) {
                       return middleware::make_cache_invalidation(parts.runtime.response_cache(), parts.runtime.clock());
                     }});

  if (proxy && scoped.cache && scoped.cache->enabled)
    steps.push_back({"cache", "innermost: only who may ask gets an answer, and it keeps the backend's own, which every step sees anew", {},
                     [route, path = proxy->path](const Parts& parts) {
                       Runtime& runtime = parts.runtime;
                       const bool compressed = route.scoped.compression && route.scoped.compression->enabled;
                       return middleware::make_cache(*route.scoped.cache, {runtime.response_cache(), runtime.cache_scopes().of(route),
                                                                           runtime.clock(), runtime.registry(), path, compressed});
                     }});

  if (route.route && is_message_route(*route.route)) {
    const bool end = route.route->socket->kind == wsapi::RouteKind::kDisconnect;
    std::erase_if(steps, [end](const PlannedStep& step) { return is_of_handshake(step.name) || (end && turns_away(step.name)); });
  }
  return steps;
}

}  // namespace gatehouse::gateway
