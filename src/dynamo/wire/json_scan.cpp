// Numbers, strings and escapes.
#include "dynamo/wire/json_scan.hpp"

#include "dynamo/wire/byte_scan.hpp"
#include "gatehouse/base/percent.hpp"

#include <cstdint>

namespace gatehouse::dynamo {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// At least one digit; nullptr otherwise.
const char* scan_digits(const char* at, const char* end) {
  if (at == end || !is_digit(*at)) return nullptr;
  while (at != end && is_digit(*at)) ++at;
  return at;
}

constexpr std::uint32_t kNoUnit = 0x10000;

// Four hexadecimal digits.
std::uint32_t code_unit(std::string_view digits) {
  if (digits.size() < 4) return kNoUnit;
  std::uint32_t unit = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const int value = hex_value(digits[i]);
    if (value < 0) return kNoUnit;
    unit = unit << 4 | static_cast<std::uint32_t>(value);
  }
  return unit;
}

char* put_utf8(char* to, std::uint32_t point) {
  const auto put = [&to](std::uint32_t byte) { *to++ = static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6);
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  }
  return to;
}

// Behind "\u". Cuts the digits off, and the second half of a surrogate pair.
bool take_code_point(std::string_view& text, std::uint32_t& point) {
  point = code_unit(text);
  if (point == kNoUnit || (point >= 0xDC00 && point <= 0xDFFF)) return false;
  text.remove_prefix(4);
  if (point < 0xD800 || point > 0xDBFF) return true;
  if (!text.starts_with("\\u")) return false;
  const std::uint32_t low = code_unit(text.substr(2));
  if (low < 0xDC00 || low > 0xDFFF) return false;
  text.remove_prefix(6);
  point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
  return true;
}

// What the character behind a backslash stands for; 0 when there is no such escape ('u' is none of these).
char short_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/': return c;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
  }
}

}  // namespace

const char* scan_number(const char* at, const char* end) {
  if (at != end && *at == '-') ++at;
  if (at != end && *at == '0') {
    ++at;
  } else {
    at = scan_digits(at, end);
  }
  if (at != nullptr && at != end && *at == '.') at = scan_digits(at + 1, end);
  if (at != nullptr && at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end && (*at == '-' || *at == '+')) ++at;
    at = scan_digits(at, end);
  }
  return at;
}

const char* scan_string(const char* at, const char* end) {
  while (true) {
    at = find_special(at, end);
    if (at == end) return nullptr;
    if (*at == '"') return at;
    if (*at != '\\' || end - at < 2) return nullptr;
    at += 2;
  }
}

char* unescape(char* to, std::string_view text, bool& escape) {
  while (true) {
    const std::size_t clean =
        static_cast<std::size_t>(find_special(text.data(), text.data() + text.size()) - text.data());
    if (clean != 0) std::memcpy(to, text.data(), clean);
    to += clean;
    if (clean == text.size()) return to;
    // A backslash and something behind it: scan_string() has seen to it.
    const char kind = text[clean + 1];
    text.remove_prefix(clean + 2);
    std::uint32_t point = static_cast<unsigned char>(short_escape(kind));
    if (point == 0 && (kind != 'u' || !take_code_point(text, point))) return nullptr;
    escape = escape || (point < 0x80 && is_special(static_cast<char>(point)));
    to = put_utf8(to, point);
  }
}

}  // namespace gatehouse::dynamo
