#include "index_entry.hpp"

#include "row_key.hpp"

#include <algorithm>
#include <span>

namespace gatehouse::dynamo {
namespace {

bool has(std::span<const KeyPart> parts, std::string_view attribute) {
  return std::any_of(parts.begin(), parts.end(), [&](const KeyPart& part) { return part.attribute == attribute; });
}

}  // namespace

bool is_projected(const Table& table, const TableIndex& index, std::string_view attribute) {
  if (index.projected == IndexSettings::Projected::kAll) return true;
  if (table.is_key(attribute) || has(index.partition, attribute) || has(index.sort, attribute)) return true;
  return index.projected == IndexSettings::Projected::kInclude &&
         std::find(index.include.begin(), index.include.end(), attribute) != index.include.end();
}

void append_index_entry(std::string& to, const Table& table, const TableIndex& index, const Map& item) {
  ValueWriter writer(to);
  ValueWriter::Open open = writer.begin_item();
  for (const Attribute attribute : item) {
    if (!is_projected(table, index, attribute.name)) continue;
    writer.name(open, attribute.name);
    writer.value(attribute.value);
  }
  writer.end_item(open);
}

Outcome<void> IndexEntry::make(const Table& table, const TableIndex& index, const std::optional<Mutation::Image>& item,
                               Origin origin) {
  exists_ = false;
  if (!item) return boost::system::in_place_value;
  key_.clear();
  const Outcome<bool> keyed = append_index_key(key_, table, index, item->map);
  if (!keyed) {
    if (origin == Origin::kRequest) return keyed.error();
    return boost::system::in_place_value;
  }
  if (!*keyed) return boost::system::in_place_value;
  exists_ = true;
  if (index.projected == IndexSettings::Projected::kAll) {
    value_ = item->encoded;
  } else {
    projected_.clear();
    append_index_entry(projected_, table, index, item->map);
    value_ = projected_;
  }
  return boost::system::in_place_value;
}

}  // namespace gatehouse::dynamo
