// '*' and '?' as policies have them. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

// Linear in `text` for each '*', whatever the pattern.
bool matches(std::string_view pattern, std::string_view text);
bool matches_any(const std::vector<std::string>& patterns, std::string_view text);

}  // namespace gatehouse::dynamo
