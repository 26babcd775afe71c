#include "gateway/plan_setup.hpp"

#include <algorithm>
#include <set>

namespace gatehouse::gateway {
namespace {

void add_defaults(const std::optional<std::vector<middleware::ThrottleSettings>>& rules, std::set<std::string>& plans) {
  if (!rules) return;
  for (const auto& rule : *rules)
    if (!rule.plan.empty()) plans.insert(rule.plan);
}

std::vector<std::string> default_plans(const config::Settings& settings) {
  std::set<std::string> plans;
  add_defaults(settings.scoped.throttle, plans);
  for (const auto& api : settings.apis) {
    add_defaults(api.scoped.throttle, plans);
    add_defaults(api.stage_scoped.throttle, plans);
    for (const auto& route : api.routes) add_defaults(route.scoped.throttle, plans);
  }
  return {plans.begin(), plans.end()};
}

// Authorizers with the same store have the same keys: the shortest time between two looks holds for both.
void add_key_store(plans::PlanSetup& setup, const middleware::ApiKeySettings& keys, const StoresByName& stores) {
  const auto known = std::ranges::find(setup.key_stores, keys.store, &plans::KeyStoreSetup::store);
  if (known != setup.key_stores.end()) {
    known->refresh = std::min(known->refresh, keys.refresh);
  } else {
    setup.key_stores.push_back({keys.store, stores.at(keys.store), keys.refresh});
  }
}

// A remote store is common to the gateways that use it, and tells each what the others added. One of its own knows of nobody else.
std::optional<plans::FleetSettings> fleet_of(const config::Settings& settings, const std::string& usage_store) {
  const bool quotas = std::ranges::any_of(settings.usage_plans, [](const plans::PlanSettings& plan) { return plan.quota.limit > 0; });
  const auto store = std::ranges::find(settings.stores, usage_store, &dynamo::StoreSettings::name);
  if (!settings.shared || !quotas || store == settings.stores.end() || store->kind == dynamo::EngineKind::kRemote) return std::nullopt;
  const bool closed = settings.shared->on_failure == middleware::OnFailure::kClosed;
  return plans::FleetSettings{settings.shared->redis, settings.shared->prefix, settings.shared->every, closed};
}

}  // namespace

plans::PlanSetup plan_setup(const config::Settings& settings, const StoresByName& stores) {
  plans::PlanSetup setup;
  setup.plans = settings.usage_plans;
  setup.defaults = default_plans(settings);
  for (const auto& authorizer : settings.authorizers) {
    const auto* const keys = std::get_if<middleware::ApiKeySettings>(&authorizer.kind);
    if (keys == nullptr) continue;
    for (const auto& key : keys->keys) setup.written_keys.emplace_back(key.id, key.plan);
    if (!keys->store.empty()) add_key_store(setup, *keys, stores);
  }
  setup.usage = settings.usage;
  if (setup.usage.kept && setup.usage.store.empty()) setup.usage.store = "main";
  if (setup.usage.kept) {
    setup.usage_engine = stores.at(setup.usage.store);
    setup.fleet = fleet_of(settings, setup.usage.store);
  }
  return setup;
}

bool uses_plans(const config::Settings& settings) {
  if (settings.usage.kept || !settings.usage_plans.empty()) return true;
  return std::ranges::any_of(settings.authorizers, [](const auto& authorizer) {
    const auto* const keys = std::get_if<middleware::ApiKeySettings>(&authorizer.kind);
    return keys != nullptr && !keys->store.empty();
  });
}

}  // namespace gatehouse::gateway
