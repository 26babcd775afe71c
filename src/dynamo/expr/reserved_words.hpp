// The 573 words that no attribute may be called by in an expression, except through a #name. Source: DynamoDB Developer
// Guide, "Reserved words in DynamoDB". Pure function.
#pragma once

#include <string_view>

namespace gatehouse::dynamo {

bool is_reserved_word(std::string_view name);  // in any case

}  // namespace gatehouse::dynamo
