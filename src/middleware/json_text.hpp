// A quoted JSON string at the end of a text. Pure function.
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::middleware {

// Invalid UTF-8 becomes U+FFFD.
void add_json_text(std::string& to, std::string_view text);

}  // namespace gatehouse::middleware
