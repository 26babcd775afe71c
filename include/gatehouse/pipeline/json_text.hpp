// Text as the inside of a JSON string. Pure functions.
#pragma once

#include "gatehouse/base/arena.hpp"

#include <string_view>

namespace gatehouse::pipeline {

// Quotes, backslashes, control characters and DEL escaped, and '<' too, so that a browser that guesses sees no markup; bytes
// that are no UTF-8 become U+FFFD. `text` itself when nothing needs it.
std::string_view json_escaped(std::string_view text, Arena& arena);

}  // namespace gatehouse::pipeline
