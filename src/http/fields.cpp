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
  for (std::uint32_t i = 0; i < count_; ++i) {
    if (refs_[i].id == id) return std::string_view(base_ + refs_[i].value_at, refs_[i].value_size);
  }
  return std::nullopt;
}

// Comparing with the few names of the same length costs less than finding out whether it is a known one.
std::optional<std::string_view> Fields::get(std::string_view name) const {
  for (std::uint32_t i = 0; i < count_; ++i) {
    const FieldRef& ref = refs_[i];
    if (ref.name_size != name.size()) continue;
    if (iequals({base_ + ref.name_at, ref.name_size}, name))
      return std::string_view(base_ + ref.value_at, ref.value_size);
  }
  return std::nullopt;
}

std::optional<std::string_view> Fields::only(FieldId id) const {
  if (!has(id)) return std::nullopt;
  const FieldRef* found = nullptr;
  for (std::uint32_t i = 0; i < count_; ++i) {
    if (refs_[i].id != id) continue;
    if (found != nullptr) return std::nullopt;
    found = &refs_[i];
  }
  return found == nullptr ? std::nullopt : std::optional(std::string_view(base_ + found->value_at, found->value_size));
}

std::uint32_t Fields::count(FieldId id) const {
  if (!has(id)) return 0;
  std::uint32_t found = 0;
  for (std::uint32_t i = 0; i < count_; ++i) found += refs_[i].id == id ? 1 : 0;
  return found;
}

}  // namespace gatehouse::http
