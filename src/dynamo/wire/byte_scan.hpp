// Finds the next byte of a JSON string that is not just copied. Inline: it is what reading and writing spend their time in.
#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <bit>
#include <cstdint>
#include <cstring>

namespace gatehouse::dynamo {

// A quotation mark, a backslash, or a control character.
constexpr bool is_special(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

// The first special byte of [at, end), or end.
inline const char* find_special(const char* at, const char* end) {
#if defined(__SSE2__)
  const __m128i quotation_mark = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i last_control = _mm_set1_epi8(0x1F);
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
    const __m128i quoting = _mm_or_si128(_mm_cmpeq_epi8(bytes, quotation_mark), _mm_cmpeq_epi8(bytes, backslash));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(control, quoting)));
    if (found != 0) return at + std::countr_zero(found);
  }
#else
  // Bytes that are zero after the exclusive or; the lowest one found is exact.
  const auto zeros = [](std::uint64_t word) { return (word - 0x0101010101010101) & ~word & 0x8080808080808080; };
  for (; end - at >= 8; at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    const std::uint64_t control = zeros(word & 0xE0E0E0E0E0E0E0E0);
    const std::uint64_t found = control | zeros(word ^ 0x2222222222222222) | zeros(word ^ 0x5C5C5C5C5C5C5C5C);
    if (found != 0) return at + std::countr_zero(found) / 8;
  }
#endif
  while (at != end && !is_special(*at)) ++at;
  return at;
}

}  // namespace gatehouse::dynamo
