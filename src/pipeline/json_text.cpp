#include "gatehouse/pipeline/json_text.hpp"

#include "gatehouse/base/json_text.hpp"

#include <algorithm>
#include <cstddef>

namespace gatehouse::pipeline {
namespace {

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\' && c != '<';
}

}  // namespace

std::string_view json_escaped(std::string_view text, Arena& arena) {
  if (std::ranges::all_of(text, is_plain)) return text;
  const std::size_t room = text.size() * kLongestJsonEscape;
  char* const begin = static_cast<char*>(arena.allocate(room, 1));
  return {begin, static_cast<std::size_t>(write_json_text(begin, text, room, JsonMarkup::kEscaped) - begin)};
}

}  // namespace gatehouse::pipeline
