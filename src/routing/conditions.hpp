// Header and query conditions of routes: whether they hold, and which of two routes asks for more. Pure functions.
#pragma once

#include "gatehouse/http/fields.hpp"
#include "gatehouse/pipeline/route_pattern.hpp"

#include <string_view>

namespace gatehouse::routing {

inline bool has_conditions(const pipeline::RoutePattern& pattern) {
  return !pattern.headers.empty() || !pattern.query.empty();
}

// Names of fields compare in any letter case, values exactly; one of several fields or parameters of a name is enough.
bool conditions_hold(const pipeline::RoutePattern& pattern, const http::Fields* fields, std::string_view query);

// A strict order: more conditions first, then more that name a value; then by their text, so that the order of routes in
// a file does not matter.
bool asks_for_more(const pipeline::RoutePattern& a, const pipeline::RoutePattern& b);

}  // namespace gatehouse::routing
