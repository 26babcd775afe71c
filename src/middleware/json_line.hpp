// Writes one line of JSON into room that the caller has: no allocation, no bounds check but on texts. What comes from
// outside is escaped so that a line stays a line and harmless on a terminal. Plain object, one thread.
#pragma once

#include "gatehouse/base/ip.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/base/units.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gatehouse::middleware {

namespace json {

using Bytes16 = signed char __attribute__((vector_size(16)));
using Words2 = std::uint64_t __attribute__((vector_size(16)));

// Lanes that are not 0 must be escaped or checked: control bytes and, negative as signed, everything beyond ASCII; quotes,
// backslashes, DEL.
inline Bytes16 special(Bytes16 bytes) { return (bytes < 0x20) | (bytes == '"') | (bytes == '\\') | (bytes == 0x7f); }

inline bool any(Bytes16 lanes) {
  const auto words = reinterpret_cast<Words2>(lanes);
  return (words[0] | words[1]) != 0;
}

template <class Word>
Word load(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof(word));
  return word;
}

// Copies `text` when nothing in it is special. The last block overlaps the one before; there is no loop over single bytes.
// False: what stands at `to` is to be written again.
inline bool copy_plain(char* to, std::string_view text) {
  const char* const from = text.data();
  const std::size_t size = text.size();
  if (size >= 16) {
    auto block = load<Bytes16>(from + size - 16);
    std::memcpy(to + size - 16, &block, 16);
    Bytes16 found = special(block);
    for (std::size_t i = 0; i + 16 < size; i += 16) {
      block = load<Bytes16>(from + i);
      std::memcpy(to + i, &block, 16);
      found |= special(block);
    }
    return !any(found);
  }
  if (size >= 8) {
    const Words2 words = {load<std::uint64_t>(from), load<std::uint64_t>(from + size - 8)};
    std::memcpy(to, from, 8);
    std::memcpy(to + size - 8, from + size - 8, 8);
    return !any(special(reinterpret_cast<Bytes16>(words)));
  }
  constexpr std::uint64_t kPlain = 0x3030303030303030;
  std::uint64_t word = kPlain;
  if (size >= 4) {
    word = load<std::uint32_t>(from) | static_cast<std::uint64_t>(load<std::uint32_t>(from + size - 4)) << 32;
  } else if (size > 0) {
    word ^= static_cast<std::uint64_t>(static_cast<unsigned char>(from[0] ^ 0x30)) |
            static_cast<std::uint64_t>(static_cast<unsigned char>(from[size / 2] ^ 0x30)) << 8 |
            static_cast<std::uint64_t>(static_cast<unsigned char>(from[size - 1] ^ 0x30)) << 16;
  }
  if (size >= 4) {
    std::memcpy(to, from, 4);
    std::memcpy(to + size - 4, from + size - 4, 4);
  } else {
    for (std::size_t i = 0; i < size; ++i) to[i] = from[i];
  }
  const Words2 words = {word, kPlain};
  return !any(special(reinterpret_cast<Bytes16>(words)));
}

// Control bytes (C1 too), DEL, quotes and backslashes escaped, invalid UTF-8 as U+FFFD; ends before what would go beyond
// `limit` bytes. Returns the end.
char* write_escaped(char* to, std::string_view text, std::size_t limit);

// "2025-01-31T08:30:00.123Z", 24 bytes; returns the end. Formats once a second and thread.
char* write_time(char* to, std::chrono::system_clock::time_point time);

}  // namespace json

class JsonLine {
 public:
  // REQUIRES: room for all that will be written.
  explicit JsonLine(char* to) : at_(to) {}

  // As it stands: punctuation and names.
  template <std::size_t kSize>
  JsonLine& raw(const char (&text)[kSize]) {
    std::memcpy(at_, text, kSize - 1);
    at_ += kSize - 1;
    return *this;
  }
  // The inside of a string, at most `limit` bytes of it.
  JsonLine& text(std::string_view value, std::size_t limit) {
    if (value.size() <= limit && json::copy_plain(at_, value)) [[likely]] {
      at_ += value.size();
    } else {
      at_ = json::write_escaped(at_, value, limit);
    }
    return *this;
  }
  JsonLine& number(std::uint64_t value) {
    at_ = write_u64(at_, value);
    return *this;
  }
  // 12.345; less than nothing is nothing.
  JsonLine& milliseconds(Duration value) {
    const auto microseconds = static_cast<std::uint64_t>(value < Duration::zero() ? 0 : value.count()) / 1000;
    at_ = write_u64(at_, microseconds / 1000);
    const auto rest = static_cast<unsigned>(microseconds % 1000);
    at_[0] = '.';
    at_[1] = static_cast<char>('0' + rest / 100);
    at_[2] = static_cast<char>('0' + rest / 10 % 10);
    at_[3] = static_cast<char>('0' + rest % 10);
    at_ += 4;
    return *this;
  }
  JsonLine& time(std::chrono::system_clock::time_point value) {
    at_ = json::write_time(at_, value);
    return *this;
  }
  JsonLine& address(const IpAddress& value) {
    at_ = value.write(at_);
    return *this;
  }
  char* end() const { return at_; }

 private:
  char* at_;
};

}  // namespace gatehouse::middleware
