// Looks into a raw query string (application/x-www-form-urlencoded) without copying it where it can. Pure functions.
#pragma once

#include "gatehouse/base/arena.hpp"

#include <optional>
#include <string_view>

namespace gatehouse::pipeline {

// The next `name=value` of `query`, still encoded, which is cut off its front. A parameter without '=' has an empty value.
struct QueryParameter {
  std::string_view name, value;
};
std::optional<QueryParameter> take_parameter(std::string_view& query);

// Whether `encoded`, form-decoded, is `text`.
bool equals_decoded(std::string_view encoded, std::string_view text);

// The value, still encoded, of the first parameter with that name.
std::optional<std::string_view> find_parameter(std::string_view query, std::string_view name);

// `query` less every parameter with that name, the others as they stand; no data when none is left. A copy in the arena,
// unless there is nothing to leave out.
std::string_view without_parameter(std::string_view query, std::string_view name, Arena& arena);

}  // namespace gatehouse::pipeline
