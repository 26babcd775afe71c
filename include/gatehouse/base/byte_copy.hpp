// memcpy for the short runs that names and values are: a call and its dispatch would cost more than the copying.
#pragma once

#include <cstddef>
#include <cstring>

namespace gatehouse {

// The first and the last kWidth bytes, which may overlap: all of what is kWidth to 2 * kWidth bytes long.
template <std::size_t kWidth>
[[gnu::always_inline]] inline void copy_ends(char* to, const char* from, std::size_t size) {
  struct Piece {
    char bytes[kWidth];
  };
  Piece first;
  Piece last;
  std::memcpy(&first, from, kWidth);
  std::memcpy(&last, from + size - kWidth, kWidth);
  std::memcpy(to, &first, kWidth);
  std::memcpy(to + size - kWidth, &last, kWidth);
}

// Returns the end of what was written. The ranges do not overlap.
[[gnu::always_inline]] inline char* copy_bytes(char* to, const char* from, std::size_t size) {
  if (size > 32) {
    std::memcpy(to, from, size);
  } else if (size >= 16) {
    copy_ends<16>(to, from, size);
  } else if (size >= 8) {
    copy_ends<8>(to, from, size);
  } else if (size >= 4) {
    copy_ends<4>(to, from, size);
  } else if (size >= 2) {
    copy_ends<2>(to, from, size);
  } else if (size == 1) {
    *to = *from;
  }
  return to + size;
}

// How much more than it returns copy_roomy() may write.
inline constexpr std::size_t kCopySlack = 32;

// The same where `to` has room for kCopySlack bytes more and `from` may be read up to `limit`: without a branch for the size.
[[gnu::always_inline]] inline char* copy_roomy(char* to, const char* from, std::size_t size, const char* limit) {
  if (size <= kCopySlack && static_cast<std::size_t>(limit - from) >= kCopySlack) [[likely]] {
    std::memcpy(to, from, kCopySlack);
    return to + size;
  }
  return copy_bytes(to, from, size);
}

}  // namespace gatehouse
