// Document paths: "a", "a.b[3].c", with #names resolved. Live in the request's arena.
#pragma once

#include "gatehouse/dynamo/wire/value.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace gatehouse::dynamo {

struct PathStep {
  std::string_view name;     // of a map; empty data pointer: an index
  std::uint32_t index = 0;   // of a list
  bool is_index() const { return name.data() == nullptr; }
  bool operator==(const PathStep&) const = default;
};

// Never empty; the first step is a name.
using Path = std::span<const PathStep>;

// Absent when the item has nothing there.
Value resolve(const Map& item, Path path);

}  // namespace gatehouse::dynamo
