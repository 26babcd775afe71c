// Looks into a raw query string (application/x-www-form-urlencoded) without copying it. Pure functions.
#pragma once

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

}  // namespace gatehouse::pipeline
