// Which routes take values from the body of a request ($body). Pure functions.
#pragma once

#include "gatehouse/config/settings.hpp"

namespace gatehouse::config {

// `scoped`: what holds for the route, with what it inherits.
bool uses_body(const ScopedSettings& scoped, const RouteSettings& route);

}  // namespace gatehouse::config
