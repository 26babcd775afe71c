// What an Authorization field of the scheme Basic says (RFC 7617). Pure functions.
#pragma once

#include "gatehouse/base/arena.hpp"

#include <optional>
#include <string_view>

namespace gatehouse::middleware {

struct BasicCredentials {
  std::string_view name, password;  // in the arena
};

// "Basic …", the scheme in any letter case.
bool is_basic(std::string_view authorization);
// Nothing when it is malformed: base64 that is none, no colon, control characters, or longer than anybody's.
// REQUIRES: is_basic(authorization).
std::optional<BasicCredentials> read_basic(std::string_view authorization, Arena& arena);

}  // namespace gatehouse::middleware
