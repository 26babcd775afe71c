#include "gatehouse/http/fields.hpp"

#include "fields_table.hpp"
#include "gatehouse/base/strings.hpp"

#include <algorithm>

namespace gatehouse::http {

FieldId field_id(std::string_view name) {
  const bool clean =
      std::none_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  return clean ? table::find(name.data(), name.size()) : FieldId::kOther;
}

std::string_view field_name(FieldId id) { return table::kNames[static_cast<std::size_t>(id)]; }

std::optional<std::string_view> Fields::get(FieldId id) const {
  if (!has(id)) return std::nullopt;
  for (const FieldRef& ref : refs()) {
    if (ref.id == id) return value(ref);
  }
  return std::nullopt;
}

// Comparing with the few names of the same length costs less than finding out whether it is a known one.
std::optional<std::string_view> Fields::get(std::string_view wanted) const {
  for (const FieldRef& ref : refs()) {
    if (ref.name_size == wanted.size() && iequals(name(ref), wanted)) return value(ref);
  }
  return std::nullopt;
}

std::optional<std::string_view> Fields::only(FieldId id) const {
  if (!has(id)) return std::nullopt;
  const FieldRef* found = nullptr;
  for (const FieldRef& ref : refs()) {
    if (ref.id != id) continue;
    if (found != nullptr) return std::nullopt;
    found = &ref;
  }
  return found == nullptr ? std::nullopt : std::optional(value(*found));
}

std::uint32_t Fields::count(FieldId id) const {
  if (!has(id)) return 0;
  std::uint32_t found = 0;
  for (const FieldRef& ref : refs()) found += ref.id == id ? 1 : 0;
  return found;
}

}  // namespace gatehouse::http
