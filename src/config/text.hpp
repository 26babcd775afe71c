// What the file's bytes must be before YAML sees them, and how pieces of it are shown in messages. Pure functions.
#pragma once

#include <compare>
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

// 'text' for a message: on one line, at most 60 bytes of it.
std::string in_quotes(std::string_view text);

}  // namespace gatehouse::config
