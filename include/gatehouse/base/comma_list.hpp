// Comma-separated lists, as header fields have them (RFC 9110 section 5.6.1). Pure functions.
#pragma once

#include "gatehouse/base/strings.hpp"

#include <algorithm>
#include <string_view>

namespace gatehouse {

// Takes the next element off `list`, without the blanks around it; empty ones are skipped. False at the list's end.
inline bool next_element(std::string_view& list, std::string_view& element) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    element = trim(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (!element.empty()) return true;
  }
  return false;
}

}  // namespace gatehouse
