// Small text and hashing helpers that several modules need. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
bool iequals(std::string_view a, std::string_view b);
std::string to_lower(std::string_view text);
std::string_view trim(std::string_view text);  // spaces and tabs

// Decimal digits only, no sign, no overflow; nullopt otherwise.
std::optional<std::uint64_t> parse_u64(std::string_view text);

// Writes `value` in decimal, at most 20 bytes; returns the end.
char* write_u64(char* to, std::uint64_t value);

// A fast 64-bit hash seeded at process start: for tables keyed by what clients send.
std::uint64_t hash64(std::string_view text, std::uint64_t seed = 0);
// ASCII letters compare as lower case.
std::uint64_t hash64_nocase(std::string_view text, std::uint64_t seed = 0);
// The same value wherever the seed is the same, which has to be a secret: for keys that several processes share.
std::uint64_t keyed_hash64(std::string_view text, std::uint64_t seed);
// The same value in every process and release: for consistent hashing.
std::uint64_t stable_hash64(std::string_view text);

// Of `candidates`, the one nearest to `word` by edit distance; empty when none is near.
template <class Range>
std::string_view nearest(std::string_view word, const Range& candidates);
std::size_t edit_distance(std::string_view a, std::string_view b);

template <class Range>
std::string_view nearest(std::string_view word, const Range& candidates) {
  std::string_view best;
  std::size_t best_distance = word.size() / 3 + 2;
  for (std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace gatehouse
