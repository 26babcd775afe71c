// Path normalisation before routing (RFC 3986 section 6.2.2): what is matched is what is forwarded. Pure functions.
#pragma once

#include "gatehouse/base/arena.hpp"

#include <optional>
#include <string_view>

namespace gatehouse::routing {

// Dot segments resolved (never above the root), "//" made one, escapes of unreserved characters decoded, the hexadecimal
// digits of the others in upper case; %2F and %5C stay as they are and never separate segments. Escaped dot segments count
// as dot segments. nullopt on an invalid escape (answer 400), on %00, and on a raw backslash.
// Returns `path` itself when nothing has to change. REQUIRES: `path` begins with '/'.
std::optional<std::string_view> normalise_path(std::string_view path, Arena& arena);

}  // namespace gatehouse::routing
