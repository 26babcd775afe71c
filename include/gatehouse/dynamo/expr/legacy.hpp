// The parameters of before expressions (2014), as the same trees. `json` is the raw JSON of the member; it was read once and is
// well-formed. Source: DynamoDB Developer Guide, "Legacy conditional parameters".
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/expr/condition.hpp"
#include "gatehouse/dynamo/expr/key_condition.hpp"
#include "gatehouse/dynamo/expr/update.hpp"

#include <string_view>

namespace gatehouse::dynamo {

// `conditional_operator`: "AND", "OR" or empty.
Outcome<Condition> parse_expected(std::string_view json, std::string_view conditional_operator, Arena& arena);
// QueryFilter and ScanFilter; `parameter`: which one, as messages spell it.
Outcome<Condition> parse_legacy_filter(std::string_view json, std::string_view conditional_operator, Arena& arena,
                                       std::string_view parameter = "queryFilter");
Outcome<KeyCondition> parse_key_conditions(std::string_view json, Arena& arena);
Outcome<Update> parse_attribute_updates(std::string_view json, Arena& arena);

}  // namespace gatehouse::dynamo
