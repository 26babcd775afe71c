// A strict scan of JSON (RFC 8259) for the values at a few paths, without a tree: what lies beside the paths is checked and
// skipped. Pure functions, bounded in nesting, linear in time.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/wsapi/selection.hpp"

#include <span>
#include <string_view>

namespace gatehouse::wsapi {

// Sets values[i] to the value at paths[i] as it stands in `json`, or to nothing where there is none. False when `json` is no JSON, is
// nested deeper than RouteSelection::kMaxNesting, or has a name that a path goes through twice in one object. REQUIRES: at most
// kMaxVariables paths.
bool find_values(std::string_view json, std::span<const RouteSelection::Path> paths, std::span<std::string_view> values);

// A value out of find_values() as text: strings without quotes and escapes, numbers, true and false as they stand, everything
// else empty. Copies only what has escapes. A lone surrogate becomes U+FFFD.
std::string_view json_text_of(std::string_view value, Arena& arena);

}  // namespace gatehouse::wsapi
