#include "gatehouse/pipeline/json_text.hpp"

#include <algorithm>
#include <cstddef>

namespace gatehouse::pipeline {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD
constexpr std::size_t kLongestEscape = 6;                  // \u001f

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\' && c != '<';
}

// The bytes of the well-formed sequence (RFC 3629) that `text` begins with, or 0.
std::size_t sequence(std::string_view text) {
  const auto at = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&at](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) { return at(i) >= low && at(i) <= high; };
  const unsigned lead = at(0);
  if (lead >= 0xc2 && lead <= 0xdf) return follows(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef)
    return follows(1, lead == 0xe0 ? 0xa0 : 0x80, lead == 0xed ? 0x9f : 0xbf) && follows(2) ? 3 : 0;
  if (lead >= 0xf0 && lead <= 0xf4)
    return follows(1, lead == 0xf0 ? 0x90 : 0x80, lead == 0xf4 ? 0x8f : 0xbf) && follows(2) && follows(3) ? 4 : 0;
  return 0;
}

char* write_escape(char* to, char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  *to++ = '\\';
  if (c == '"' || c == '\\') {
    *to++ = c;
    return to;
  }
  const auto byte = static_cast<unsigned char>(c);
  for (const char digit : {'u', '0', '0', kDigits[byte >> 4], kDigits[byte & 15]}) *to++ = digit;
  return to;
}

}  // namespace

std::string_view json_escaped(std::string_view text, Arena& arena) {
  if (std::ranges::all_of(text, is_plain)) return text;
  char* const begin = static_cast<char*>(arena.allocate(text.size() * kLongestEscape, 1));
  char* to = begin;
  while (!text.empty()) {
    const char c = text.front();
    if (static_cast<unsigned char>(c) >= 0x80) {
      const std::size_t size = sequence(text);
      const std::string_view piece = size > 0 ? text.substr(0, size) : kReplacement;
      to += piece.copy(to, piece.size());
      text.remove_prefix(std::max<std::size_t>(size, 1));
      continue;
    }
    if (is_plain(c)) {
      *to++ = c;
    } else {
      to = write_escape(to, c);
    }
    text.remove_prefix(1);
  }
  return {begin, static_cast<std::size_t>(to - begin)};
}

}  // namespace gatehouse::pipeline
