// The bytes of encoded attribute values, as docs/storage-format.md ("Items") gives them: what value.hpp's views and the
// JSON codec share. Nothing here checks bounds: is_valid_item() does that once. Pure functions.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gatehouse::dynamo::encoding {

static_assert(std::endian::native == std::endian::little, "lengths are stored little-endian");

inline constexpr char kItemVersion = 1;

// The first byte of a value. Equal to Type.
enum Tag : unsigned char {
  kTagString,
  kTagNumber,
  kTagBinary,
  kTagBool,
  kTagNull,
  kTagStringSet,
  kTagNumberSet,
  kTagBinarySet,
  kTagList,
  kTagMap,
};
inline constexpr unsigned kTags = kTagMap + 1;

// Lengths are below 2^31: a request body has at most 16 MB.
inline constexpr std::uint32_t kMaxVarintBytes = 5;
// A container's head: u32 length of what follows the head, u32 count.
inline constexpr std::size_t kContainerHead = 8;

// Seven bits a byte, lowest first; the high bit says that more follow.
inline const char* read_varint_slow(const char* at, std::uint32_t& to) {
  std::uint32_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at++);
    value |= static_cast<std::uint32_t>(byte & 0x7F) << shift;
    if (byte < 0x80) break;
  }
  to = value;
  return at;
}

inline const char* read_varint(const char* at, std::uint32_t& to) {
  const auto byte = static_cast<unsigned char>(*at);
  if (byte >= 0x80) [[unlikely]]
    return read_varint_slow(at, to);
  to = byte;
  return at + 1;
}

// `to` has room for kMaxVarintBytes. Returns the end.
inline char* write_varint(char* to, std::uint32_t value) {
  for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
  *to++ = static_cast<char>(value);
  return to;
}

inline std::uint32_t load_u32(const char* at) {
  std::uint32_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

inline void store_u32(char* at, std::uint32_t value) { std::memcpy(at, &value, sizeof value); }

// A name, an element, or what follows the tag of a string or binary: varint (length << 1 | escape), bytes.
struct Text {
  const char* begin;
  std::uint32_t size;
  bool escape;  // holds a byte that JSON must escape
  const char* end() const { return begin + size; }
  std::string_view view() const { return {begin, size}; }
};

inline Text text(const char* at) {
  std::uint32_t head;
  at = read_varint(at, head);
  return {at, head >> 1, (head & 1) != 0};
}

// Of a value that is a number.
inline std::string_view number(const char* at) { return {at + 2, static_cast<unsigned char>(at[1])}; }

struct Container {
  const char* begin;
  std::uint32_t size;
  std::uint32_t count;
  const char* end() const { return begin + size; }
};

// `at`: behind the tag of a set, list or map, or behind an item's version.
inline Container container(const char* at) { return {at + kContainerHead, load_u32(at), load_u32(at + 4)}; }

inline const char* value_end(const char* at) {
  switch (static_cast<Tag>(*at)) {
    case kTagString:
    case kTagBinary: return text(at + 1).end();
    case kTagNumber: return at + 2 + static_cast<unsigned char>(at[1]);
    case kTagBool: return at + 2;
    case kTagNull: return at + 1;
    default: return container(at + 1).end();
  }
}

// Whether JSON must escape something in it: a control character, a quotation mark or a backslash.
bool needs_escape(std::string_view text);

}  // namespace gatehouse::dynamo::encoding
