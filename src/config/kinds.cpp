#include "kinds.hpp"

namespace gatehouse::config {

bool Boolean::read(const Cursor& at, bool& value) const {
  const auto text = at.text(expected());
  if (!text) return false;
  if (*text == "true" || *text == "false") {
    value = *text == "true";
    return true;
  }
  const std::string lower = to_lower(*text);
  std::string fix;
  // What older YAML took for booleans.
  if (lower == "yes" || lower == "on" || lower == "true") fix = "write true";
  if (lower == "no" || lower == "off" || lower == "false") fix = "write false";
  at.wrong(expected(), *text, {"", std::move(fix)});
  return false;
}

}  // namespace gatehouse::config
