// How variables are named within texts: $context.request_id, $item.address.city, $request.body.action. Pure functions.
#pragma once

#include <cstddef>
#include <string_view>

namespace gatehouse::pipeline {

constexpr bool is_word_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}
constexpr bool is_name_char(char c) { return is_word_char(c) || c == '-'; }

// "item.address.city", cut off the front of `text`: dots only where a name goes on behind them.
constexpr std::string_view take_dotted(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() &&
         (is_name_char(text[size]) || (text[size] == '.' && size > 0 && size + 1 < text.size() && is_name_char(text[size + 1]))))
    ++size;
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(size);
  return taken;
}

}  // namespace gatehouse::pipeline
