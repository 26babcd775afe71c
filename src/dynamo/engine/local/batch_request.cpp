#include "batch_request.hpp"

#include <algorithm>

namespace gatehouse::dynamo {

void check_batch_constraints(Constraints& constraints, bool given, std::size_t tables, std::string_view return_capacity) {
  ItemRequest shown;
  if (!return_capacity.empty()) shown.given.add(Member::kReturnConsumedCapacity);
  shown.return_capacity = return_capacity;
  constraints.return_capacity(shown);
  if (!given) constraints.fail("null", "requestItems", "Member must not be null");
  if (given && tables == 0) constraints.fail("'{}'", "requestItems", "Member must have length greater than or equal to 1");
}

void check_batch_table_name(Constraints& constraints, std::string_view name) {
  if (name.starts_with("arn:")) return;
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
  });
  if (plain && name.size() >= 3 && name.size() <= 255) return;
  constraints.fail("'{" + std::string(name) + "=...}'", "requestItems",
                   "Map keys must satisfy constraint: [Member must have length less than or equal to 255, Member must have length "
                   "greater than or equal to 3, Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]");
}

Outcome<void> check_distinct_rows(std::vector<std::string_view>& row_keys) {
  std::sort(row_keys.begin(), row_keys.end());
  if (std::adjacent_find(row_keys.begin(), row_keys.end()) != row_keys.end())
    return validation("Provided list of item keys contains duplicates");
  return boost::system::in_place_value;
}

}  // namespace gatehouse::dynamo
