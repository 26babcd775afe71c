#include "gateway/pipeline_order.hpp"

#include "gateway/parts.hpp"
#include "gateway/runtime.hpp"

#include "gatehouse/middleware/concurrency.hpp"

#include <algorithm>

namespace gatehouse::gateway {
namespace {

template <class T>
void inherit(std::optional<T>& inner, const std::optional<T>& outer) {
  if (!inner) inner = outer;
}

void inherit(config::ScopedSettings& inner, const config::ScopedSettings& outer) {
  inherit(inner.cors, outer.cors);
  inherit(inner.auth, outer.auth);
  inherit(inner.throttle, outer.throttle);
  inherit(inner.concurrency, outer.concurrency);
  inherit(inner.body_limit, outer.body_limit);
  inherit(inner.total_timeout, outer.total_timeout);
  inherit(inner.websocket, outer.websocket);
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

std::string api_name(const EffectiveRoute& route) { return route.api ? route.api->name : std::string("(none)"); }

// Where a setting was written: a bound of an API holds for all its routes together.
template <class T>
std::string scope_of(const EffectiveRoute& route, std::optional<T> config::ScopedSettings::*setting) {
  if (route.route && (route.route->scoped.*setting)) return api_name(route) + ' ' + route.label;
  return route.api && (route.api->scoped.*setting) ? route.api->name : std::string("(gateway)");
}

std::string describe_bound(const net::PermitSettings& bound) {
  return std::to_string(bound.max) + " at once" + (bound.queue > 0 ? ", " + std::to_string(bound.queue) + " waiting" : "");
}

std::string describe_rates(const std::vector<middleware::ThrottleSettings>& rules) {
  std::string text;
  for (const auto& rule : rules) {
    const double per_second = rule.rate.events / std::chrono::duration<double>(rule.rate.per).count();
    char number[32];
    std::snprintf(number, sizeof number, "%g/s", per_second);
    text += (text.empty() ? "" : ", ") + std::string(number) + " burst " + std::to_string(rule.burst);
  }
  return text;
}

}  // namespace

EffectiveRoute effective_route(const config::Settings& settings, const config::ApiSettings* api,
                               const config::RouteSettings* route) {
  EffectiveRoute effective{settings, api, route, {}, "(no route)"};
  if (route) {
    effective.scoped = route->scoped;
    effective.label = route->pattern.to_string();
  }
  if (api) inherit(effective.scoped, api->scoped);
  inherit(effective.scoped, settings.scoped);
  return effective;
}

// The order is security. Each line says why it stands where it stands.
std::vector<PlannedStep> pipeline_order(const EffectiveRoute& route) {
  const config::ScopedSettings& scoped = route.scoped;
  std::vector<PlannedStep> steps;

  if (route.settings.access_log.enabled)
    steps.push_back({"access log", "outermost: one line for every request, whoever answered it", route.settings.access_log.to,
                     [api = api_name(route), label = route.label, log = route.settings.access_log](const Parts& parts) {
                       return middleware::make_access_log(parts.runtime.access_log(), parts.runtime.clock(), api, label, log);
                     }});

  steps.push_back({"metrics", "sees what the client sees, refusals of every later step included", {},
                   [api = api_name(route), label = route.label](const Parts& parts) {
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

  if (scoped.body_limit)
    steps.push_back({"limits", "before anything looks at the body", std::to_string(*scoped.body_limit) + " bytes of body",
                     [limit = *scoped.body_limit](const Parts&) { return middleware::make_limits(limit); }});

  if (scoped.cors)
    steps.push_back({"cors", "before authentication, because preflights carry no credentials; on every answer, errors too",
                     join(scoped.cors->origins), [cors = *scoped.cors](const Parts&) { return middleware::make_cors(cors); }});

  // Routes only: what does not exist needs no key, and says nothing but that.
  if (route.route && scoped.auth && !scoped.auth->empty())
    steps.push_back({"authentication", "before anything is counted or done in the client's name", describe_groups(*scoped.auth),
                     [groups = *scoped.auth](const Parts& parts) { return middleware::make_authenticate(find_groups(groups, parts)); }});

  if (scoped.throttle && !scoped.throttle->empty())
    steps.push_back({"throttle", "after authentication: a bucket may belong to a key, and strangers must not drain it",
                     describe_rates(*scoped.throttle),
                     [rules = *scoped.throttle, api = api_name(route), scope = scope_of(route, &config::ScopedSettings::throttle)](const Parts& parts) {
                       return middleware::make_throttle(rules, api, scope, parts.runtime.buckets(), parts.runtime.clock());
                     }});

  if (scoped.concurrency && scoped.concurrency->max > 0)
    steps.push_back({"concurrency", "after all that refuses at once: a request that will not be served holds no permit",
                     describe_bound(*scoped.concurrency),
                     [bound = *scoped.concurrency, scope = scope_of(route, &config::ScopedSettings::concurrency)](const Parts& parts) {
                       return middleware::make_concurrency(bound, parts.runtime.permits().find(scope));
                     }});

  if (route.route && (!route.route->transform.request.empty() || !route.route->transform.response.empty()))
    steps.push_back({"transform", "last: changes only what is let through, and answers before anyone else sees them", {},
                     [transform = route.route->transform](const Parts&) { return middleware::make_transform(transform); }});

  return steps;
}

}  // namespace gatehouse::gateway
