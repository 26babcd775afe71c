// Text for the inside of a JSON string in an answer. Pure function.
#pragma once

#include "gatehouse/base/arena.hpp"

#include <string_view>

namespace gatehouse::pipeline {

// As write_json_text() has it, '<' escaped too; `text` itself when nothing needs it.
std::string_view json_escaped(std::string_view text, Arena& arena);

}  // namespace gatehouse::pipeline
