// Which routes take values from the body of a request ($body). Pure functions.
#pragma once

#include "gatehouse/config/settings.hpp"

namespace gatehouse::config {

bool uses_body(const RouteSettings& route);

}  // namespace gatehouse::config
