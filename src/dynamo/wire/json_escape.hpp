// Which bytes JSON escapes, and how. Pure functions.
#pragma once

#include <cstddef>
#include <string_view>

namespace gatehouse::dynamo {

inline constexpr std::size_t kMaxEscape = 6;  // \u001f

// How many bytes at the beginning need no escape.
std::size_t clean_prefix(std::string_view text);
// REQUIRES: `c` needs one. `to` has room for kMaxEscape bytes. Returns the end.
char* write_escape(char* to, char c);

}  // namespace gatehouse::dynamo
