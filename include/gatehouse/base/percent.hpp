// Percent-encoding (RFC 3986 section 2.1). Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

// nullopt on an invalid escape. '+' stays '+'.
std::optional<std::string> percent_decode(std::string_view text);
// As in application/x-www-form-urlencoded: '+' is a space; an invalid escape is kept as it stands.
std::string form_decode(std::string_view text);
// Encodes everything but unreserved characters.
std::string percent_encode(std::string_view text);
// -1 when `c` is no hexadecimal digit.
int hex_value(char c);

}  // namespace gatehouse
