// Path normalisation before routing (RFC 3986 section 6.2.2): what is matched is what is forwarded. Pure functions.
#pragma once

#include "gatehouse/base/arena.hpp"

#include <optional>
#include <string_view>

namespace gatehouse::routing {

// Dot segments resolved (never above the root), "//" made one, escapes of unreserved characters decoded, what may not stand
// in a path escaped, the hexadecimal digits of escapes in upper case; %2F and %5C stay as they are and never separate
// segments. Escaped dot segments count as dot segments. nullopt (answer 400) on an invalid escape, on %00, on a raw
// backslash, and on a dot segment set off by %2F or %5C ("..%2Fadmin"): a backend that decodes first would climb.
// Returns `path` itself when nothing has to change; else at most three times as long, in `arena`.
std::optional<std::string_view> normalise_path(std::string_view path, Arena& arena);

}  // namespace gatehouse::routing
