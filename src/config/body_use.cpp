#include "gatehouse/config/body_use.hpp"

#include <algorithm>
#include <variant>

namespace gatehouse::config {

bool uses_body(const RouteSettings& route) {
  const auto uses = [](const middleware::FieldChange& change) { return change.value.uses_body(); };
  const auto* const proxy = std::get_if<integration::ProxySettings>(&route.integration);
  return (proxy != nullptr && proxy->path && proxy->path->uses_body()) || std::ranges::any_of(route.transform.request, uses) ||
         std::ranges::any_of(route.transform.query, uses);
}

}  // namespace gatehouse::config
