// Types, counts, repetitions.
#include "dynamo/expr/condition_checks.hpp"

#include "dynamo/expr/source.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <algorithm>

namespace gatehouse::dynamo {
namespace {

constexpr ConditionFunction kFunctions[] = {
    {"attribute_exists", Operator::kExists, 1},   {"attribute_not_exists", Operator::kNotExists, 1},
    {"attribute_type", Operator::kHasType, 2},    {"begins_with", Operator::kBeginsWith, 2},
    {"contains", Operator::kContains, 2},         {"size", std::nullopt, 1},
    {"item_is", Operator::kItemIs, 1},  // an extension: docs/dynamodb-compatibility.md
};

// In the order in which the service lists them.
constexpr std::string_view kTypeNames = "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}";
constexpr std::string_view kAnyType = "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}";

bool is_type_name(std::string_view name) {
  for (auto type = Type::kString; type <= Type::kMap; type = static_cast<Type>(static_cast<int>(type) + 1)) {
    if (type_name(type) == name) return true;
  }
  return false;
}

// "AttributeValue: {N:5}"
std::string bound_text(Value value) {
  std::string text = "AttributeValue: {";
  text += type_name(value.type());
  text += ':';
  if (value.type() == Type::kBinary) {
    append_base64(text, value.text());
  } else {
    text += value.text();
  }
  return text += '}';
}

void check_distinct(Problems& problems, Operator op, std::span<const Operand> operands) {
  if (!operands[0].is_path()) return;
  const Path first = operands[0].path;
  for (const Operand& operand : operands.subspan(1)) {
    if (!operand.is_path() || !std::ranges::equal(operand.path, first)) continue;
    problems.problem(Pass::kOperands,
                    {"The first operand must be distinct from the remaining operands for this operator or function; "
                     "operator: ", operator_name(op), ", first operand: ", path_text(first)});
    return;
  }
}

void check_types(Problems& problems, Operator op, std::span<const Operand> operands) {
  const std::uint32_t accepted = accepted_types(op);
  for (const Operand& operand : operands) {
    const auto type = static_type(operand);
    if (!type || (type_bit(*type) & accepted) != 0) continue;
    problems.problem(Pass::kOperands, {"Incorrect operand type for operator or function; operator or function: ",
                                      operator_name(op), ", operand type: ", type_name(*type)});
    return;
  }
}

void check_bounds(Problems& problems, const Operand& lower, const Operand& upper) {
  if (!lower.value || !upper.value || lower.size || upper.size) return;
  const Type type = lower.value.type();
  if ((type_bit(type) & accepted_types(Operator::kBetween)) == 0) return;  // a fault already
  const bool same = type == upper.value.type();
  if (same && compare(lower.value, upper.value) <= 0) return;
  problems.problem(Pass::kOperands,
                  {same ? "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
                        : "The BETWEEN operator requires same data type for lower and upper bounds; ",
                   "lower bound operand: ", bound_text(lower.value), ", upper bound operand: ", bound_text(upper.value)});
}

void check_type_name(Problems& problems, const Operand& operand) {
  const auto type = static_type(operand);
  if (type != Type::kString || operand.size) {
    // An undefined placeholder was a fault before this one.
    problems.problem(Pass::kOperands, {"Incorrect operand type for operator or function; operator or function: "
                                      "attribute_type, operand type: ", type ? type_name(*type) : kAnyType});
  } else if (!is_type_name(operand.value.text())) {
    problems.problem(Pass::kOperands, {"Invalid attribute type name found; type: ", operand.value.text(), ", valid types: ",
                                      kTypeNames});
  }
}

}  // namespace

const ConditionFunction* find_condition_function(std::string_view name) {
  const auto* found = std::ranges::find(kFunctions, name, &ConditionFunction::name);
  return found == std::end(kFunctions) ? nullptr : found;
}

bool is_update_function(std::string_view name) { return name == "if_not_exists" || name == "list_append"; }

void check_call(Problems& problems, std::string_view name, std::span<const Operand> arguments, std::size_t count) {
  const ConditionFunction* function = find_condition_function(name);
  if (function == nullptr || count != function->operands) {
    problems.problem(Pass::kOperands, {"Incorrect number of operands for operator or function; operator or function: ", name,
                                       ", number of operands: ", std::to_string(count)});
    return;
  }
  if (!function->op) {
    constexpr std::uint32_t kSizeless = type_bit(Type::kNumber) | type_bit(Type::kBool) | type_bit(Type::kNull);
    const auto type = static_type(arguments[0]);
    if (!type || (type_bit(*type) & kSizeless) == 0) return;
    problems.problem(Pass::kOperands, {"Incorrect operand type for operator or function; operator or function: size, "
                                       "operand type: ", type_name(*type)});
    return;
  }
  if (function->op == Operator::kItemIs) {
    if (!arguments[0].value || arguments[0].size)
      problems.problem(Pass::kOperands, {"Operator or function requires a value; operator or function: ", name});
  } else if (function->operands == 1 && !arguments[0].is_path()) {
    problems.problem(Pass::kOperands,
                     {"Operator or function requires a document path; operator or function: ", name});
  }
  check_operands(problems, *function->op, arguments);
}

void check_operands(Problems& problems, Operator op, std::span<const Operand> operands) {
  check_distinct(problems, op, operands);
  check_types(problems, op, operands);
  if (op == Operator::kBetween) check_bounds(problems, operands[1], operands[2]);
  if (op == Operator::kHasType) check_type_name(problems, operands[1]);
}

void check_in_count(Problems& problems, std::size_t count) {
  if (count <= kMaxInOperands) return;
  problems.problem(Pass::kOperands, {"The IN operator is provided with too many operands; number of operands: ",
                                     std::to_string(count)});
}

}  // namespace gatehouse::dynamo
