// Text as the inside of a JSON string: quotes, backslashes, control bytes (C1 too) and DEL escaped, so that a line stays a line and is
// harmless on a terminal; what is no UTF-8 becomes U+FFFD. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse {

// Whether '<' is escaped too, so that a browser that guesses sees no markup.
enum class JsonMarkup : std::uint8_t { kKept, kEscaped };

inline constexpr std::size_t kLongestJsonEscape = 6;  // \u001b

// Writes at most `limit` bytes and cuts nothing in its middle; returns the end.
char* write_json_text(char* to, std::string_view text, std::size_t limit, JsonMarkup markup = JsonMarkup::kKept);

// At the end of `to`, in quotes.
void append_json_string(std::string& to, std::string_view text);

}  // namespace gatehouse
