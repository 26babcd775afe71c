// Rules about API keys and claims where nobody is asked for them: they would never let anybody pass, or hold anybody back.
#include "caller_facts.hpp"
#include "checks.hpp"
#include "gatehouse/config/needed_claims.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace gatehouse::config {
namespace {

constexpr std::string_view kNameClaims = "name an authorizer in 'auth' that finds claims, such as one with jwt";

// A rule that a scope may hold, and what it needs of the callers.
struct Rule {
  bool (*is_given)(const ScopedSettings&);  // whether the scope says anything that could be it
  bool (*is_in)(const ScopedSettings&);
  bool (*is_met)(const CallerFacts&);
  void (*complain)(const Cursor&, const ScopedSettings&);
};

bool counts_by(const ScopedSettings& scoped, middleware::ThrottleKey key) {
  return scoped.throttle && std::ranges::any_of(*scoped.throttle, [key](const auto& rule) { return rule.per == key; });
}

bool has_throttle(const ScopedSettings& scoped) { return scoped.throttle.has_value(); }

bool use_claims(const std::vector<middleware::FieldChange>& changes) {
  return std::ranges::any_of(changes, [](const auto& change) { return change.value.uses_claims(); });
}
constexpr std::string_view kUsesClaims = "uses $claims, and nobody has claims here";

const Rule kRules[] = {
    {has_throttle, [](const ScopedSettings& scoped) { return counts_by(scoped, middleware::ThrottleKey::kApiKey); },
     [](const CallerFacts& facts) { return facts.api_key; },
     [](const Cursor& at, const ScopedSettings& scoped) {
       complain_of_throttle(at, scoped, middleware::ThrottleKey::kApiKey, "nobody is asked for an API key here",
                            "name an authorizer in 'auth' that asks for one");
     }},
    {has_throttle, [](const ScopedSettings& scoped) { return counts_by(scoped, middleware::ThrottleKey::kClaim); },
     [](const CallerFacts& facts) { return facts.claims; },
     [](const Cursor& at, const ScopedSettings& scoped) {
       complain_of_throttle(at, scoped, middleware::ThrottleKey::kClaim, "nobody has claims here", kNameClaims);
     }},
    {[](const ScopedSettings& scoped) { return scoped.scopes.has_value(); },
     [](const ScopedSettings& scoped) { return scoped.scopes && !scoped.scopes->empty(); },
     [](const CallerFacts& facts) { return facts.claims; },
     [](const Cursor& at, const ScopedSettings&) { at.problem_at("scopes", "nobody has scopes here: no token is asked for", kNameClaims); }},
    {[](const ScopedSettings& scoped) { return scoped.claims.has_value(); },
     [](const ScopedSettings& scoped) { return scoped.claims && !scoped.claims->empty(); },
     [](const CallerFacts& facts) { return facts.claims; },
     [](const Cursor& at, const ScopedSettings&) { at.problem_at("claims", "nobody has claims here: no token is asked for", kNameClaims); }},
    {[](const ScopedSettings& scoped) { return scoped.request.has_value(); },
     [](const ScopedSettings& scoped) { return scoped.request && (use_claims(scoped.request->headers) || use_claims(scoped.request->query)); },
     [](const CallerFacts& facts) { return facts.claims; },
     [](const Cursor& at, const ScopedSettings&) { at.problem_at("request", kUsesClaims, kNameClaims); }},
    {[](const ScopedSettings& scoped) { return scoped.response.has_value(); },
     [](const ScopedSettings& scoped) { return scoped.response && use_claims(scoped.response->headers); },
     [](const CallerFacts& facts) { return facts.claims; },
     [](const Cursor& at, const ScopedSettings&) { at.problem_at("response", kUsesClaims, kNameClaims); }},
};

// A route's own rule must be met there, in one stage at least; that of an outer scope by one of the routes that take it over.
class RuleCheck {
 public:
  RuleCheck(const Rule& rule, const Cursor& root, const Settings& settings) : rule_(rule), root_(root), settings_(settings) {}

  void run() {
    Scope gateway;
    each_api_item(root_, settings_, [&](const Cursor& at, std::span<const ApiSettings> stages) { check_api(at, stages, gateway); });
    judge(root_, settings_.scoped, gateway);
  }

 private:
  struct Scope {
    int heirs = 0;
    bool met = false;
  };

  void judge(const Cursor& at, const ScopedSettings& scoped, const Scope& scope) const {
    if (scope.heirs > 0 && !scope.met && rule_.is_in(scoped)) rule_.complain(at, scoped);
  }

  void check_api(const Cursor& at, std::span<const ApiSettings> stages, Scope& gateway) {
    each_item(at, "routes", [&](const Cursor& route_at, std::size_t i) { check_route(route_at, stages, i); });
    Scope api_scope;
    for (const ApiSettings& stage : stages) {
      Scope own;
      Scope& scope = rule_.is_given(stage.stage_scoped) ? own : rule_.is_given(stage.scoped) ? api_scope : gateway;
      for (const RouteSettings& route : stage.routes) {
        if (route.position.empty() || rule_.is_given(route.scoped)) continue;
        ++scope.heirs;
        scope.met = scope.met || rule_.is_met(caller_facts(settings_, stage, route));
      }
      if (own.heirs > 0) judge_stage(at, stage, own);
    }
    if (!stages.empty()) judge(at, stages.front().scoped, api_scope);
  }

  // That says something, and so has an entry.
  void judge_stage(const Cursor& api_at, const ApiSettings& stage, const Scope& scope) const {
    const Cursor stages = api_at.child(*api_at.node().find("stages"));
    judge(stages.child(*stages.node().find(stage.stage)), stage.stage_scoped, scope);
  }

  // A stage may ask nobody who they are.
  void check_route(const Cursor& at, std::span<const ApiSettings> stages, std::size_t i) const {
    const auto met = [&](const ApiSettings& stage) {
      return i >= stage.routes.size() || !rule_.is_given(stage.routes[i].scoped) || !rule_.is_in(stage.routes[i].scoped) ||
             rule_.is_met(caller_facts(settings_, stage, stage.routes[i]));
    };
    if (!stages.empty() && std::ranges::none_of(stages, met)) rule_.complain(at, stages.front().routes[i].scoped);
  }

  const Rule& rule_;
  const Cursor& root_;
  const Settings& settings_;
};

bool uses_claims(const RouteSettings& route) {
  bool found = false;
  each_template(route.integration, [&found](const pipeline::ValueTemplate& value) { found = found || value.uses_claims(); });
  return found;
}

}  // namespace

void check_claims(const Cursor& root, const Settings& settings) {
  for (const Rule& rule : kRules) RuleCheck(rule, root, settings).run();
  each_api_item(root, settings, [&](const Cursor& at, std::span<const ApiSettings> stages) {
    each_item(at, "routes", [&](const Cursor& route_at, std::size_t i) {
      const auto met = [&](const ApiSettings& stage) {
        return i >= stage.routes.size() || !uses_claims(stage.routes[i]) || caller_facts(settings, stage, stage.routes[i]).claims;
      };
      if (stages.empty() || std::ranges::any_of(stages, met)) return;
      route_at.problem("the route " + std::string(kUsesClaims), kNameClaims);
    });
  });
}

}  // namespace gatehouse::config
