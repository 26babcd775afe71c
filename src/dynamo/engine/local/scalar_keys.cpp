#include "scalar_keys.hpp"

#include <algorithm>
#include <string>

namespace gatehouse::dynamo {
namespace {

Fault not_scalar(std::string_view role, std::string_view attribute) {
  std::string message = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: ";
  return validation(message.append(role).append(": ").append(attribute));
}

}  // namespace

Outcome<void> check_scalar_keys(const Table& table, std::span<const std::string_view> nested) {
  const auto leads_into = [&](const KeyPart& part) { return std::ranges::find(nested, part.attribute) != nested.end(); };
  if (leads_into(table.partition)) return not_scalar("Key", table.partition.attribute);
  if (table.sort && leads_into(*table.sort)) return not_scalar("Key", table.sort->attribute);
  for (const TableIndex& index : table.indexes) {
    for (const auto* parts : {&index.partition, &index.sort})
      for (const KeyPart& part : *parts)
        if (leads_into(part)) return not_scalar("IndexKey", part.attribute);
  }
  return boost::system::in_place_value;
}

}  // namespace gatehouse::dynamo
