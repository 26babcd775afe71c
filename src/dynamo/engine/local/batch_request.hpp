// What both batch operations check of their RequestItems. Pure functions.
#pragma once

#include "item_request.hpp"

#include "gatehouse/dynamo/wire/fault.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

// RequestItems is there and not empty; ReturnConsumedCapacity (empty: not given).
void check_batch_constraints(Constraints& constraints, bool given, std::size_t tables, std::string_view return_capacity);
void check_batch_table_name(Constraints& constraints, std::string_view name);

// "Provided list of item keys contains duplicates". Sorts `row_keys`.
Outcome<void> check_distinct_rows(std::vector<std::string_view>& row_keys);

}  // namespace gatehouse::dynamo
