#include "kinds.hpp"

namespace gatehouse::config {

bool Boolean::take(const Cursor&, std::string_view text, bool& value, Complaint& complaint) const {
  if (text == "true" || text == "false") {
    value = text == "true";
    return true;
  }
  const std::string lower = to_lower(text);
  // What older YAML took for booleans.
  if (lower == "yes" || lower == "on" || lower == "true") complaint.fix = "write true";
  if (lower == "no" || lower == "off" || lower == "false") complaint.fix = "write false";
  return false;
}

}  // namespace gatehouse::config
