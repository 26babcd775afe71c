// What the service refuses although the grammar of conditions allows it, in its words. Pure but for the faults they add.
#pragma once

#include "dynamo/expr/condition_tree.hpp"
#include "dynamo/expr/problems.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace gatehouse::dynamo {

struct ConditionFunction {
  std::string_view name;
  std::optional<Operator> op;  // none: size()
  std::size_t operands;
};
// nullptr: there is no such function in conditions.
const ConditionFunction* find_condition_function(std::string_view name);
bool is_update_function(std::string_view name);

// The arguments of a function: how many, of which types.
void check_call(Problems& problems, std::string_view name, std::span<const Operand> arguments, std::size_t count);
// The operands of any other operator. kIn: `operands` may be cut off behind the first that is too many.
void check_operands(Problems& problems, Operator op, std::span<const Operand> operands);
void check_in_count(Problems& problems, std::size_t count);

}  // namespace gatehouse::dynamo
