// The texts that depend on what was sent.
#include "dynamo/wire/value_messages.hpp"

#include "dynamo/wire/base64.hpp"

namespace gatehouse::dynamo::says {

std::string number_message(NumberProblem problem, std::string_view number) {
  switch (problem) {
    case NumberProblem::kTooPrecise: return "Attempting to store more than 38 significant digits in a Number";
    case NumberProblem::kOverflow:
      return "Number overflow. Attempting to store a number with magnitude larger than supported range";
    case NumberProblem::kUnderflow:
      return "Number underflow. Attempting to store a number with magnitude smaller than supported range";
    case NumberProblem::kMalformed:
    case NumberProblem::kNone: break;
  }
  const std::string message = "The parameter cannot be converted to a numeric value";
  return number.empty() ? message : message + ": " + std::string(number);
}

std::string base64_message(std::string_view text) {
  if (text.size() % 4 != 0) {
    return "Base64 encoded length is expected a multiple of 4 bytes but found: " + std::to_string(text.size());
  }
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  for (const char c : text.substr(0, text.size() - padding)) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter || (c >= '0' && c <= '9') || c == '+' || c == '/') continue;
    return "Invalid base 64 character: '" + std::string(1, c < 0x20 || c > 0x7E ? '?' : c) + "'";
  }
  return "Invalid last non-pad Base64 character dectected";  // as the service spells it
}

std::string empty_set_message(Type type) {
  switch (type) {
    case Type::kStringSet: return std::string(kInvalid) + "An string set  may not be empty";
    case Type::kNumberSet: return std::string(kInvalid) + "An number set  may not be empty";
    default: return std::string(kInvalid) + "Binary sets should not be empty";
  }
}

std::string duplicates_message(Type type, std::span<const std::string_view> elements) {
  if (type == Type::kNumberSet) return "Input collection contains duplicates";
  std::string list;
  for (const std::string_view element : elements) {
    if (!list.empty()) list += ", ";
    if (type == Type::kBinarySet) {
      const std::size_t before = list.size();
      list.resize(before + base64_size(element.size()));
      encode_base64(list.data() + before, element);
    } else {
      list += element;
    }
  }
  return std::string(kInvalid) + "Input collection [" + list + "]" + (type == Type::kBinarySet ? "of type BS" : "") +
         " contains duplicates.";
}

}  // namespace gatehouse::dynamo::says
