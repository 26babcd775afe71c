// Classes of bytes in HTTP/1 heads and the scans that find the first byte that ends or breaks a piece of one: 16 bytes at
// a time where SSE2 is there, by table elsewhere and near the end. Never reads outside [at, end). Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace gatehouse::http::scan {

enum Class : std::uint8_t {
  kTokenByte = 1,   // RFC 9110 section 5.6.2
  kPathByte = 2,    // of a request target before '?'
  kQueryByte = 4,   // behind it
  kHostByte = 8,    // of a registered name, without '%'
  kValueByte = 16,  // of a field value or reason: tab, space, visible, obs-text
  kVisible = 32,
  kPlainNameByte = 64,  // a kTokenByte other than '_'
};

consteval std::array<std::uint8_t, 256> classify_bytes() {
  constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";
  constexpr std::string_view kHostMarks = "-._~!$&'()*+,;=";
  // RFC 3986 has no place for these in a path, and the URL Standard has every client encode them there; a raw '\' is a '/'
  // to some backends. '|' stays: browsers send it. '?' ends the path.
  constexpr std::string_view kNotInPath = "\"#<>?\\^`{}";
  std::array<std::uint8_t, 256> classes{};
  for (int i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool visible = i > 0x20 && i < 0x7f;
    std::uint8_t bits = 0;
    if (alphanumeric || (visible && kTokenMarks.find(c) != std::string_view::npos)) bits |= kTokenByte;
    if (visible && kNotInPath.find(c) == std::string_view::npos) bits |= kPathByte;
    // Browsers send all visible bytes but '"', '<', '>' and '#' raw in a query, and hand-written clients the first three.
    if (visible && c != '#') bits |= kQueryByte;
    if (alphanumeric || (visible && kHostMarks.find(c) != std::string_view::npos)) bits |= kHostByte;
    if (visible) bits |= kVisible;
    if ((bits & kTokenByte) != 0 && c != '_') bits |= kPlainNameByte;
    if (c == '\t' || (i >= 0x20 && i != 0x7f)) bits |= kValueByte;
    classes[static_cast<std::size_t>(i)] = bits;
  }
  return classes;
}

inline constexpr std::array<std::uint8_t, 256> kClasses = classify_bytes();

inline bool is(char c, std::uint8_t classes) { return (kClasses.data()[static_cast<unsigned char>(c)] & classes) != 0; }

// The first byte that is not of `classes`, or `end`.
inline const char* skip(const char* at, const char* end, std::uint8_t classes) {
  for (; end - at >= 4; at += 4) {
    if (!is(at[0], classes)) return at;
    if (!is(at[1], classes)) return at + 1;
    if (!is(at[2], classes)) return at + 2;
    if (!is(at[3], classes)) return at + 3;
  }
  while (at != end && is(*at, classes)) ++at;
  return at;
}

#if defined(__SSE2__)
inline __m128i load16(const char* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }
inline __m128i is_control(__m128i bytes) {
  const __m128i last_control = _mm_set1_epi8(0x1f);
  return _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
}
// Signed comparison: bytes from 0x80 on are below zero.
inline __m128i is_invisible(__m128i bytes) {
  return _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x21)), _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)));
}
// Letters, digits and '-': what nearly all names are made of.
inline __m128i is_usual_in_names(__m128i bytes) {
  const auto within = [](__m128i a, char first, char last) {
    return _mm_and_si128(_mm_cmpgt_epi8(a, _mm_set1_epi8(static_cast<char>(first - 1))),
                         _mm_cmplt_epi8(a, _mm_set1_epi8(static_cast<char>(last + 1))));
  };
  const __m128i letters = within(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 'z');
  const __m128i others = _mm_or_si128(within(bytes, '0', '9'), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-')));
  return _mm_or_si128(letters, others);
}
inline unsigned mask_of(__m128i lanes) { return static_cast<unsigned>(_mm_movemask_epi8(lanes)); }
#endif

// The first control byte, tab and DEL among them, or `end`.
inline const char* find_control(const char* at, const char* end) {
#if defined(__SSE2__)
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = load16(at);
    const __m128i stops = _mm_or_si128(is_control(bytes), _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)));
    const int mask = _mm_movemask_epi8(stops);
    if (mask != 0) return at + static_cast<unsigned>(__builtin_ctz(static_cast<unsigned>(mask)));
  }
#endif
  while (at != end && is(*at, kValueByte) && *at != '\t') ++at;
  return at;
}

// The first byte that cannot stand in a field value, or `end`.
inline const char* find_value_end(const char* at, const char* end) {
  for (at = find_control(at, end); at != end && *at == '\t';) at = find_control(at + 1, end);
  return at;
}

// The first ':' or byte below 0x20, or `end`.
inline const char* find_colon(const char* at, const char* end) {
#if defined(__SSE2__)
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = load16(at);
    const __m128i stops = _mm_or_si128(is_control(bytes), _mm_cmpeq_epi8(bytes, _mm_set1_epi8(':')));
    const int mask = _mm_movemask_epi8(stops);
    if (mask != 0) return at + static_cast<unsigned>(__builtin_ctz(static_cast<unsigned>(mask)));
  }
#endif
  while (at != end && *at != ':' && static_cast<unsigned char>(*at) >= 0x20) ++at;
  return at;
}

// The first byte that is no kPathByte, or `end`.
inline const char* find_path_end(const char* at, const char* end) {
#if defined(__SSE2__)
  while (end - at >= 16) {
    const __m128i bytes = load16(at);
    // Stops at every byte that ends a path and at few others, which the table lets pass: '=', '|', '~'.
    const auto equals = [](__m128i a, char b) { return _mm_cmpeq_epi8(a, _mm_set1_epi8(b)); };
    const auto with = [bytes](char bits) { return _mm_or_si128(bytes, _mm_set1_epi8(bits)); };
    const __m128i outside =
        _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x21)), _mm_cmpgt_epi8(bytes, _mm_set1_epi8('z')));
    const __m128i marks = _mm_or_si128(equals(with(1), '#'), equals(with(3), '?'));  // " #   < = > ?
    const __m128i others = _mm_or_si128(equals(with(2), '^'), equals(bytes, '`'));   // \ ^   `
    const int mask = _mm_movemask_epi8(_mm_or_si128(outside, _mm_or_si128(marks, others)));
    at += mask == 0 ? 16 : __builtin_ctz(static_cast<unsigned>(mask));
    if (mask == 0) continue;
    if (!is(*at, kPathByte)) return at;
    ++at;
  }
#endif
  return skip(at, end, kPathByte);
}

// The first byte that is not visible ASCII, or `end`.
inline const char* find_invisible(const char* at, const char* end) {
#if defined(__SSE2__)
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = load16(at);
    const int mask = _mm_movemask_epi8(is_invisible(bytes));
    if (mask != 0) return at + static_cast<unsigned>(__builtin_ctz(static_cast<unsigned>(mask)));
  }
#endif
  return skip(at, end, kVisible);
}

// The first byte that is no kQueryByte, or `end`.
inline const char* find_query_end(const char* at, const char* end) {
#if defined(__SSE2__)
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = load16(at);
    const __m128i stops = _mm_or_si128(is_invisible(bytes), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('#')));
    const int mask = _mm_movemask_epi8(stops);
    if (mask != 0) return at + static_cast<unsigned>(__builtin_ctz(static_cast<unsigned>(mask)));
  }
#endif
  return skip(at, end, kQueryByte);
}

}  // namespace gatehouse::http::scan
