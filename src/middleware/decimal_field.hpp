// Numbers in fields of an answer. Pure functions.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/base/strings.hpp"

#include <cstdint>
#include <string_view>

namespace gatehouse::middleware {

inline std::string_view decimal(Arena& arena, std::uint64_t value) {
  constexpr std::size_t kDigits = 20;
  char* const text = static_cast<char*>(arena.allocate(kDigits, 1));
  return {text, static_cast<std::size_t>(write_u64(text, value) - text)};
}

}  // namespace gatehouse::middleware
