// What the service says of bad attribute values, word for word (its double blanks and misspellings included). Pure functions.
#pragma once

#include "gatehouse/dynamo/wire/number.hpp"
#include "gatehouse/dynamo/wire/value.hpp"

#include <span>
#include <string>
#include <string_view>

namespace gatehouse::dynamo::says {

inline constexpr std::string_view kEmptyValue =
    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
inline constexpr std::string_view kManyTypes =
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes";
inline constexpr std::string_view kTooDeep =
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit";
inline constexpr std::string_view kInvalid = "One or more parameter values were invalid: ";
inline constexpr std::string_view kAttributeValue = "class com.amazonaws.dynamodb.v20120810.AttributeValue";

std::string number_message(NumberProblem problem, std::string_view number);
// What is wrong with text that decode_base64() does not take.
std::string base64_message(std::string_view text);
std::string empty_set_message(Type type);
// `elements`: in the order they came.
std::string duplicates_message(Type type, std::span<const std::string_view> elements);

}  // namespace gatehouse::dynamo::says
