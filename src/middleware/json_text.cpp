#include "json_text.hpp"

#include "json_line.hpp"

namespace gatehouse::middleware {

void add_json_text(std::string& to, std::string_view text) {
  constexpr std::size_t kLongestEscape = 6;
  to += '"';
  const std::size_t at = to.size();
  const std::size_t room = text.size() * kLongestEscape;
  to.resize(at + room + kLongestEscape);
  char* const end = json::write_text(to.data() + at, text.data(), text.size(), room);
  to.resize(static_cast<std::size_t>(end - to.data()));
  to += '"';
}

}  // namespace gatehouse::middleware
