// A strict UTF-8 walk and the quoting of foreign text.
#include "text.hpp"

#include <algorithm>
#include <cstdint>

namespace gatehouse::config {
namespace {

bool is_continuation(unsigned char byte) { return (byte & 0xc0) == 0x80; }

// The size of the UTF-8 sequence at the front, or 0 when there is none. RFC 3629: no surrogates, nothing overlong.
std::size_t sequence_size(std::string_view text) {
  const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  const unsigned char first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return is_continuation(byte(1)) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool second = first == 0xe0   ? byte(1) >= 0xa0 && byte(1) <= 0xbf
                        : first == 0xed ? byte(1) >= 0x80 && byte(1) <= 0x9f
                                        : is_continuation(byte(1));
    return second && is_continuation(byte(2)) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool second = first == 0xf0   ? byte(1) >= 0x90 && byte(1) <= 0xbf
                        : first == 0xf4 ? byte(1) >= 0x80 && byte(1) <= 0x8f
                                        : is_continuation(byte(1));
    return second && is_continuation(byte(2)) && is_continuation(byte(3)) ? 4 : 0;
  }
  return 0;
}

bool is_control(unsigned char c) { return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f; }

}  // namespace

Position position_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line_start = before.rfind('\n');
  return {static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<int>(line_start == std::string_view::npos ? offset : offset - line_start - 1) + 1};
}

std::optional<BadByte> find_bad_byte(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = sequence_size(text.substr(at));
    if (size == 0) return BadByte{at, "is not valid UTF-8"};
    if (size == 1 && is_control(static_cast<unsigned char>(text[at]))) return BadByte{at, "holds a control character"};
    at += size;
  }
  return std::nullopt;
}

std::string one_line(std::string_view text, std::size_t most) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (out.size() >= most) return out + "...";
    const std::size_t size = sequence_size(text.substr(at));
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte == '\n') {
      out += "\\n";
    } else if (byte == '\t') {
      out += "\\t";
    } else if (size == 0 || (size == 1 && (is_control(byte) || byte == '\r'))) {
      out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      out += text.substr(at, size);
    }
    at += std::max<std::size_t>(size, 1);
  }
  return out;
}

std::string in_quotes(std::string_view text) { return "'" + one_line(text, kMostShown) + "'"; }

}  // namespace gatehouse::config
