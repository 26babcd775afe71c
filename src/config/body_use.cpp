#include "gatehouse/config/body_use.hpp"

#include <algorithm>
#include <variant>

namespace gatehouse::config {

bool uses_body(const ScopedSettings& scoped, const RouteSettings& route) {
  const auto uses = [](const middleware::FieldChange& change) { return change.value.uses_body(); };
  const auto* const proxy = std::get_if<integration::ProxySettings>(&route.integration);
  if (proxy != nullptr && proxy->path && proxy->path->uses_body()) return true;
  return scoped.request && (std::ranges::any_of(scoped.request->headers, uses) || std::ranges::any_of(scoped.request->query, uses));
}

}  // namespace gatehouse::config
