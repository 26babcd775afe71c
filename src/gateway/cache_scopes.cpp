#include "gateway/cache_scopes.hpp"

#include <algorithm>

namespace gatehouse::gateway {

std::shared_ptr<const middleware::CacheScope> CacheScopes::of(const EffectiveRoute& route) {
  config::RouteSettings settings = *route.route;
  settings.position.clear();  // where it stands in the file means nothing
  upstream::BackendSettings backend;
  if (const auto* const proxy = std::get_if<integration::ProxySettings>(&settings.integration)) {
    const auto& all = route.settings.backends;
    const auto found = std::find_if(all.begin(), all.end(), [proxy](const auto& one) { return one.name == proxy->backend; });
    if (found != all.end()) backend = *found;
  }
  // Routes with the same pattern differ in their conditions.
  std::string name = route.api->id() + '\n' + settings.match;
  for (const auto& condition : settings.pattern.headers) name += '\n' + condition.name + '=' + condition.value;
  for (const auto& condition : settings.pattern.query) name += "\n?" + condition.name + '=' + condition.value;

  Known& known = known_[name];
  const bool same = known.scope && known.route == settings && known.scoped == route.scoped && known.backend == backend;
  if (same) return known.scope;
  auto scope = std::make_shared<middleware::CacheScope>(middleware::CacheScope{++last_, route.api->id(), route.label});
  known = {std::move(settings), route.scoped, std::move(backend), std::move(scope)};
  return known.scope;
}

}  // namespace gatehouse::gateway
