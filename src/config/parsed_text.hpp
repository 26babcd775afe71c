// Texts that a type of another module reads itself: T::parse() says what is wrong, and text() is what it was made of.
#pragma once

#include "kinds.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::config {

template <class T>
bool parse_text(std::string_view text, T& value, Complaint& complaint) {
  auto parsed = T::parse(text);
  if (!parsed) {
    complaint.message = parsed.error().message();
    return false;
  }
  value = std::move(*parsed);
  return true;
}

template <class T>
std::string print_text(const T& value) {
  return value.text();
}

// With $variables of its own, which are not the environment's.
template <class T>
constexpr Text<T> template_text(std::string_view name, std::string_view what, std::array<std::string_view, 3> examples) {
  return {name, what, "", examples, parse_text<T>, print_text<T>, false, Dollars::kTemplate};
}

}  // namespace gatehouse::config
