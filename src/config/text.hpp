// What the file's bytes must be before YAML sees them, and how pieces of it are shown in messages. Pure functions.
#pragma once

#include "gatehouse/base/strings.hpp"

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::config {

// From 1; columns count bytes. Line 0: no place in the text.
struct Position {
  int line = 0;
  int column = 0;
  auto operator<=>(const Position&) const = default;
};

Position position_of(std::string_view text, std::size_t offset);

struct BadByte {
  std::size_t offset;
  std::string_view why;
};

// The first byte that is no part of valid UTF-8 (RFC 3629), or a control character other than tab and line ends: YAML 1.2
// section 5.1 forbids them, and yaml-cpp takes some for the end of the file.
std::optional<BadByte> find_bad_byte(std::string_view text);

// Foreign text for a message: line ends, control characters and what is no UTF-8 are escaped, and what goes beyond about
// `most` bytes is left out.
std::string one_line(std::string_view text, std::size_t most);
inline constexpr std::size_t kMostShown = 60;
std::string in_quotes(std::string_view text);

// "did you mean 'orders'?", or nothing when no candidate is near.
template <class Range>
std::string did_you_mean(std::string_view word, const Range& candidates) {
  constexpr std::size_t kLongest = 64;  // the comparison takes time in proportion to the length
  const std::string_view near = word.size() > kLongest ? std::string_view() : nearest(word, candidates);
  return near.empty() ? std::string() : "did you mean " + in_quotes(near) + "?";
}

}  // namespace gatehouse::config
