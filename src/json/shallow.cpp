#include "gatehouse/json/schema.hpp"

namespace gatehouse::json {

bool is_shallow(std::string_view text, std::size_t depth) {
  std::size_t open = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++open > depth) return false;
    } else if ((c == '}' || c == ']') && open > 0) {
      --open;
    }
  }
  return true;
}

}  // namespace gatehouse::json
