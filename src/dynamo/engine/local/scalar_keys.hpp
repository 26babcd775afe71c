// Key attributes, of tables and of indexes, are scalars: no path of a request may lead into one.
#pragma once

#include "table.hpp"

#include "gatehouse/dynamo/wire/fault.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

// `nested`: attributes that some path leads into. The fault names one of them: a key of the table before one of an index.
Outcome<void> check_scalar_keys(const Table& table, std::span<const std::string_view> nested);

// Of conditions, projections and updates.
template <class... Expressions>
Outcome<void> check_scalar_keys_in(const Table& table, const Expressions&... expressions) {
  std::vector<std::string_view> nested;
  (expressions.append_nested(nested), ...);
  if (nested.empty()) return boost::system::in_place_value;
  return check_scalar_keys(table, nested);
}

}  // namespace gatehouse::dynamo
