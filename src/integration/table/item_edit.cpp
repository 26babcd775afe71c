#include "item_edit.hpp"

#include <algorithm>

namespace gatehouse::integration {

using dynamo::Attribute;
using dynamo::Map;
using dynamo::Type;
using dynamo::Value;
using dynamo::ValueWriter;

namespace {

bool is_null(Value value) { return value.type() == Type::kNull; }

void write_forced(std::span<const ForcedField> forced, ValueWriter& to, ValueWriter::Open& open) {
  for (const ForcedField& field : forced) {
    to.name(open, field.name);
    to.value(field.value);
  }
}

void write_merged_map(const Map& old, const Map& patch, ValueWriter& to);

// What `patch` makes of `old`, which may be absent. A null within a new map has nothing to remove and is left out.
void write_merged_value(Value old, Value patch, ValueWriter& to) {
  if (patch.type() != Type::kMap) return to.value(patch);
  write_merged_map(old && old.type() == Type::kMap ? old.map() : Map(), patch.map(), to);
}

void merge_attributes(const Map& old, const Map& patch, std::span<const ForcedField> forced, ValueWriter& to,
                      ValueWriter::Open& open) {
  for (const Attribute& attribute : old) {
    const Value change = patch.find(attribute.name);
    if (find_forced(forced, attribute.name) != nullptr || (change && is_null(change))) continue;
    to.name(open, attribute.name);
    if (change)
      write_merged_value(attribute.value, change, to);
    else
      to.value(attribute.value);
  }
  for (const Attribute& attribute : patch) {
    if (is_null(attribute.value) || old.find(attribute.name) || find_forced(forced, attribute.name) != nullptr) continue;
    to.name(open, attribute.name);
    write_merged_value(Value(), attribute.value, to);
  }
}

void write_merged_map(const Map& old, const Map& patch, ValueWriter& to) {
  ValueWriter::Open open = to.begin_map();
  merge_attributes(old, patch, {}, to, open);
  to.end_map(open);
}

}  // namespace

const ForcedField* find_forced(std::span<const ForcedField> forced, std::string_view name) {
  const auto found = std::ranges::find(forced, name, &ForcedField::name);
  return found == forced.end() ? nullptr : &*found;
}

void write_replacement(const Map& given, std::span<const ForcedField> forced, ValueWriter& to) {
  ValueWriter::Open open = to.begin_item();
  write_forced(forced, to, open);
  for (const Attribute& attribute : given) {
    if (find_forced(forced, attribute.name) != nullptr) continue;
    to.name(open, attribute.name);
    to.value(attribute.value);
  }
  to.end_item(open);
}

void write_merged(const Map& old, const Map& patch, std::span<const ForcedField> forced, ValueWriter& to) {
  ValueWriter::Open open = to.begin_item();
  write_forced(forced, to, open);
  merge_attributes(old, patch, forced, to, open);
  to.end_item(open);
}

void write_without(const Map& item, std::span<const std::string> names, ValueWriter& to) {
  ValueWriter::Open open = to.begin_item();
  for (const Attribute& attribute : item) {
    if (std::ranges::find(names, attribute.name) != names.end()) continue;
    to.name(open, attribute.name);
    to.value(attribute.value);
  }
  to.end_item(open);
}

}  // namespace gatehouse::integration
