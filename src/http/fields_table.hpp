// The known field names and a perfect hash over them, made by the compiler. Pure.
#pragma once

#include "gatehouse/http/fields.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gatehouse::http::table {

inline constexpr std::size_t kKnown = static_cast<std::size_t>(FieldId::kCount);

// As commonly written, by FieldId.
inline constexpr std::array<std::string_view, kKnown> kNames = {
    "",
    "Accept",
    "Accept-Encoding",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Method",
    "Age",
    "Allow",
    "Authorization",
    "Cache-Control",
    "Connection",
    "Content-Encoding",
    "Content-Length",
    "Content-Range",
    "Content-Type",
    "Cookie",
    "Date",
    "ETag",
    "Expect",
    "Expires",
    "Forwarded",
    "Host",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Keep-Alive",
    "Last-Modified",
    "Location",
    "Origin",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Range",
    "Referer",
    "Retry-After",
    "Server",
    "Set-Cookie",
    "TE",
    "traceparent",
    "tracestate",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "User-Agent",
    "Vary",
    "Via",
    "WWW-Authenticate",
    "X-Amzn-Trace-Id",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Proto",
    "X-Gatehouse-Trace",
    "X-Real-IP",
    "X-Request-ID",
};

// "Content-Type: ", all in pieces of one size, which is copied at once.
struct Prefix {
  char text[kLongestKnownName + 2];
};

consteval std::array<Prefix, kKnown> make_prefixes() {
  std::array<Prefix, kKnown> prefixes{};
  for (std::size_t id = 1; id < kKnown; ++id) {
    std::size_t at = 0;
    for (const char c : kNames[id]) prefixes[id].text[at++] = c;  // a longer name does not compile
    prefixes[id].text[at++] = ':';
    prefixes[id].text[at] = ' ';
  }
  return prefixes;
}
inline constexpr std::array<Prefix, kKnown> kPrefixes = make_prefixes();

// Names in lower case, in one piece of memory: 32 bytes each.
struct Lowered {
  char text[31];
  std::uint8_t size;
};

consteval std::array<Lowered, kKnown> lower_names() {
  std::array<Lowered, kKnown> lowered{};
  for (std::size_t id = 0; id < kKnown; ++id) {
    const std::string_view name = kNames[id];
    for (std::size_t i = 0; i < name.size(); ++i) lowered[id].text[i] = static_cast<char>(name[i] | 0x20);
    lowered[id].size = static_cast<std::uint8_t>(name.size());
  }
  return lowered;
}
inline constexpr std::array<Lowered, kKnown> kLowered = lower_names();

// The last four bytes and the size tell all names of at least four bytes apart.
constexpr std::uint32_t slot_of(std::uint32_t last_four, std::size_t size, std::uint32_t multiplier) {
  return ((last_four | 0x20202020U) + static_cast<std::uint32_t>(size)) * multiplier >> 24;
}

using Slots = std::array<FieldId, 256>;

consteval bool fill_slots(std::uint32_t multiplier, Slots& slots) {
  slots = {};
  for (std::size_t id = 1; id < kKnown; ++id) {
    const Lowered& name = kLowered[id];
    if (name.size < 4) continue;
    std::uint32_t last_four = 0;
    for (int i = 1; i <= 4; ++i) last_four = last_four << 8 | static_cast<unsigned char>(name.text[name.size - i]);
    FieldId& slot = slots[slot_of(last_four, name.size, multiplier)];
    if (slot != FieldId::kOther) return false;
    slot = static_cast<FieldId>(id);
  }
  return true;
}

consteval std::uint32_t find_multiplier() {
  std::uint32_t candidate = 1;
  for (Slots slots{}; !fill_slots(candidate, slots);) candidate = candidate * 1664525 + 1013904223;
  return candidate;
}
inline constexpr std::uint32_t kMultiplier = find_multiplier();

consteval Slots make_slots() {
  Slots slots{};
  fill_slots(kMultiplier, slots);
  return slots;
}
inline constexpr Slots kSlots = make_slots();

template <class Word>
bool same_word(const char* text, const char* lowered) {
  Word a, b;
  std::memcpy(&a, text, sizeof a);
  std::memcpy(&b, lowered, sizeof b);
  return (a | static_cast<Word>(0x2020202020202020U)) == b;
}

// REQUIRES: `size` is at least 4. Setting 0x20 makes a letter lower case; of other bytes only CR becomes one that a name
// has ('-'): the caller knows that there is no control byte.
inline bool equals_lowered(const char* text, const char* lowered, std::size_t size) {
  if (size < 8)
    return same_word<std::uint32_t>(text, lowered) && same_word<std::uint32_t>(text + size - 4, lowered + size - 4);
  for (std::size_t i = 0; i + 8 < size; i += 8) {
    if (!same_word<std::uint64_t>(text + i, lowered + i)) return false;
  }
  return same_word<std::uint64_t>(text + size - 8, lowered + size - 8);
}

inline FieldId find_short(const char* name, std::size_t size) {
  const auto matches = [&](FieldId id) {
    const Lowered& known = kLowered.data()[static_cast<std::size_t>(id)];
    if (known.size != size) return false;
    for (std::size_t i = 0; i < size; ++i) {
      if ((name[i] | 0x20) != known.text[i]) return false;
    }
    return true;
  };
  if (matches(FieldId::kTe)) return FieldId::kTe;
  if (matches(FieldId::kVia)) return FieldId::kVia;
  if (matches(FieldId::kAge)) return FieldId::kAge;
  return FieldId::kOther;
}

inline const Lowered& lowered(FieldId id) { return kLowered.data()[static_cast<std::size_t>(id)]; }

// The only known name that this can be. REQUIRES: `size` is at least 4.
inline FieldId candidate(const char* name, std::size_t size) {
  std::uint32_t last_four;
  std::memcpy(&last_four, name + size - 4, 4);
  return kSlots.data()[slot_of(last_four, size, kMultiplier)];
}

// REQUIRES: no byte of `name` is below 0x20.
__attribute__((always_inline)) inline FieldId find(const char* name, std::size_t size) {
  if (size < 4) return find_short(name, size);
  const FieldId id = candidate(name, size);
  const Lowered& known = lowered(id);
  return known.size == size && equals_lowered(name, known.text, size) ? id : FieldId::kOther;
}

consteval bool short_names_are_listed() {
  std::size_t count = 0;
  for (std::size_t id = 1; id < kKnown; ++id) count += kNames[id].size() < 4 ? 1 : 0;
  return count == 3;
}
static_assert(short_names_are_listed(), "find_short() names every known field of fewer than four bytes");

}  // namespace gatehouse::http::table
