#include "gatehouse/pipeline/path_escapes.hpp"

#include "gatehouse/base/percent.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace gatehouse::pipeline {
namespace {

enum class Byte : std::uint8_t {
  kPlain,  // may stand in a path as it is
  kSlash,
  kEscape,   // '%'
  kRefused,  // NUL, and the backslash, which some backends take for a slash
  kForeign,  // what RFC 3986 does not allow in a path: escaped
};

// RFC 3986 sections 2.3 and 3.3: pchar without "%", and the slash.
constexpr std::array<Byte, 256> kBytes = [] {
  std::array<Byte, 256> bytes{};
  bytes.fill(Byte::kForeign);
  for (unsigned c = '0'; c <= '9'; ++c) bytes[c] = Byte::kPlain;
  for (unsigned c = 'a'; c <= 'z'; ++c) bytes[c] = bytes[c - 'a' + 'A'] = Byte::kPlain;
  for (const char c : std::string_view("-._~!$&'()*+,;=:@")) bytes[static_cast<unsigned char>(c)] = Byte::kPlain;
  bytes['/'] = Byte::kSlash;
  bytes['%'] = Byte::kEscape;
  bytes['\\'] = Byte::kRefused;
  bytes[0] = Byte::kRefused;
  return bytes;
}();

Byte kind_of(char c) { return kBytes[static_cast<unsigned char>(c)]; }

bool is_unreserved(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

char* write_escape(char* to, unsigned char byte) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  *to++ = '%';
  *to++ = kDigits[byte >> 4];
  *to++ = kDigits[byte & 15];
  return to;
}

// The byte that the escape at the front of `text` stands for; -1 when it is none, or stands for NUL.
int decode_escape(std::string_view text) {
  if (text.size() < 3) return -1;
  const int high = hex_value(text[1]);
  const int low = hex_value(text[2]);
  if (high < 0 || low < 0) return -1;
  const int byte = high * 16 + low;
  return byte == 0 ? -1 : byte;
}

// In a normalised segment with escaped slashes or backslashes: whether one of the pieces between them is a dot segment.
bool hides_dot_segment(std::string_view segment) {
  while (true) {
    std::size_t at = 0;
    while (at < segment.size() && !segment.substr(at).starts_with("%2F") && !segment.substr(at).starts_with("%5C"))
      ++at;
    if (is_dot_segment(segment.substr(0, at))) return true;
    if (at == segment.size()) return false;
    segment.remove_prefix(at + 3);
  }
}

}  // namespace

bool is_plain_path(std::string_view path) {
  const char* const end = path.data() + path.size();
  for (const char* at = path.data(); at != end; ++at) {
    const Byte kind = kind_of(*at);
    if (kind == Byte::kPlain) continue;
    if (kind != Byte::kSlash) return false;
    if (at + 1 != end && (at[1] == '.' || at[1] == '/')) return false;
  }
  return true;
}

char* normalise_segment(std::string_view segment, char* to) {
  char* const begin = to;
  bool separators = false;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    const char c = segment[i];
    switch (kind_of(c)) {
      case Byte::kPlain: *to++ = c; break;
      case Byte::kRefused: return nullptr;
      case Byte::kSlash:
      case Byte::kForeign: to = write_escape(to, static_cast<unsigned char>(c)); break;
      case Byte::kEscape: {
        const int byte = decode_escape(segment.substr(i));
        if (byte < 0) return nullptr;
        const auto decoded = static_cast<unsigned char>(byte);
        if (is_unreserved(decoded)) {
          *to++ = static_cast<char>(decoded);
        } else {
          to = write_escape(to, decoded);
          separators = separators || decoded == '/' || decoded == '\\';
        }
        i += 2;
        break;
      }
    }
  }
  if (separators && hides_dot_segment({begin, static_cast<std::size_t>(to - begin)})) return nullptr;
  return to;
}

bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (is_dot_segment(path.substr(0, slash))) return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
  return false;
}

}  // namespace gatehouse::pipeline
