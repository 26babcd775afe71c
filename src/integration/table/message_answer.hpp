// An answer that says one thing: {"message":"…"}. Pure function.
#pragma once

#include "gatehouse/pipeline/answer.hpp"

#include <string_view>

namespace gatehouse::integration {

// `message` is any text: it is quoted here.
pipeline::Answer message_answer(Arena& arena, int status, std::string_view reason, std::string_view message);

}  // namespace gatehouse::integration
