// Field sections as a parser would have left them, and what a serialiser would make of them after edits: for tests of what
// stands above the codec. One thread.
#pragma once

#include "gatehouse/base/strings.hpp"
#include "gatehouse/http/field_edits.hpp"
#include "gatehouse/http/fields.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::testing {

using FieldList = std::vector<std::pair<std::string, std::string>>;

// The first value of that name, whatever its letter case.
inline std::optional<std::string> find_field(const FieldList& fields, std::string_view name) {
  for (const auto& [field, value] : fields) {
    if (iequals(field, name)) return value;
  }
  return std::nullopt;
}

inline std::size_t count_fields(const FieldList& fields, std::string_view name) {
  std::size_t count = 0;
  for (const auto& [field, value] : fields) count += iequals(field, name) ? 1 : 0;
  return count;
}

class FakeFields {
 public:
  FakeFields() = default;
  explicit FakeFields(const FieldList& list) { assign(list); }
  FakeFields(const FakeFields&) = delete;
  FakeFields& operator=(const FakeFields&) = delete;

  void assign(const FieldList& list) {
    text_.clear();
    refs_.clear();
    std::uint64_t present = 0;
    const std::string connection = to_lower(find_field(list, "connection").value_or(""));
    for (const auto& [name, value] : list) {
      const http::FieldId id = http::field_id(name);
      const auto at = static_cast<std::uint32_t>(text_.size());
      const bool named = id == http::FieldId::kOther &&
                         (", " + connection + ",").find(" " + to_lower(name) + ",") != std::string::npos;
      text_ += name + ": " + value + "\r\n";
      refs_.push_back({at, static_cast<std::uint32_t>(at + name.size() + 2), static_cast<std::uint32_t>(value.size()),
                       static_cast<std::uint32_t>(text_.size() - at), static_cast<std::uint16_t>(name.size()), id,
                       named});
      present |= http::bit(id);
    }
    fields_ = http::Fields(text_.data(), refs_.data(), static_cast<std::uint32_t>(refs_.size()), present);
  }
  const http::Fields& fields() const { return fields_; }

 private:
  std::string text_;
  std::vector<http::FieldRef> refs_;
  http::Fields fields_;
};

// The fields that leave: `base` less the hop-by-hop ones and framing, less and plus `edits`.
inline FieldList apply_edits(const http::Fields* base, const http::FieldEdits* edits) {
  constexpr std::uint64_t kFraming = http::bit(http::FieldId::kContentLength) | http::bit(http::FieldId::kHost);
  FieldList sent;
  const std::uint64_t removed = (edits ? edits->removed_known() : 0) | http::kHopByHop | kFraming;
  for (std::uint32_t i = 0; base && i < base->size(); ++i) {
    const http::Field field = (*base)[i];
    if (base->ref(i).named_by_connection) continue;
    if (field.id == http::FieldId::kOther ? edits && edits->removes_other(field.name)
                                          : (removed & http::bit(field.id)) != 0)
      continue;
    sent.emplace_back(field.name, field.value);
  }
  for (const auto* added = edits ? edits->added() : nullptr; added; added = added->next)
    sent.emplace_back(added->name(), added->value);
  return sent;
}

}  // namespace gatehouse::testing
