// What the service refuses although the grammar allows it, in its words.
#include "dynamo/expr/condition_parser.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <algorithm>
#include <array>

namespace gatehouse::dynamo {
namespace {

struct Function {
  std::string_view name;
  Operator op;  // of size(): not used
  std::size_t operands;
};

constexpr Function kFunctions[] = {
    {"attribute_exists", Operator::kExists, 1},
    {"attribute_not_exists", Operator::kNotExists, 1},
    {"attribute_type", Operator::kHasType, 2},
    {"begins_with", Operator::kBeginsWith, 2},
    {"contains", Operator::kContains, 2},
    {"size", Operator::kEqual, 1},
};

const Function* find_function(std::string_view name) {
  const auto* found = std::ranges::find(kFunctions, name, &Function::name);
  return found == std::end(kFunctions) ? nullptr : found;
}

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

}  // namespace

void check_function(Source& source, std::string_view name) {
  source.count_operator();
  if (find_function(name) != nullptr) return;
  if (name == "if_not_exists" || name == "list_append") {
    source.problem(Pass::kWords, {"The function is not allowed in a condition expression; function: ", name});
  } else {
    source.problem(Pass::kWords, {"Invalid function name; function: ", name});
  }
}

ConditionParser::Part ConditionParser::call_of(std::string_view name, std::span<const Operand> arguments,
                                               std::size_t count) {
  Part part(Part::Kind::kCall);
  part.function = name;
  const Function* function = find_function(name);
  if (function == nullptr || count != function->operands) {
    source_.problem(Pass::kOperands, {"Incorrect number of operands for operator or function; operator or function: ", name,
                                      ", number of operands: ", std::to_string(count)});
    if (name != "size") part.condition = node(Operator::kExists, {});
    part.operand.size = true;
    return part;
  }
  if (name == "size") {
    constexpr std::uint32_t kSizeless = type_bit(Type::kNumber) | type_bit(Type::kBool) | type_bit(Type::kNull);
    const auto type = static_type(arguments[0]);
    if (type && (type_bit(*type) & kSizeless) != 0) {
      source_.problem(Pass::kOperands, {"Incorrect operand type for operator or function; operator or function: size, "
                                        "operand type: ", type_name(*type)});
    }
    part.operand = arguments[0];
    part.operand.size = true;
    return part;
  }
  if (function->operands == 1 && !arguments[0].is_path()) {
    source_.problem(Pass::kOperands,
                    {"Operator or function requires a document path; operator or function: ", name});
  }
  check_operands(function->op, arguments);
  if (function->op == Operator::kHasType) check_type_name(arguments[1]);
  part.condition = node(function->op, arguments);
  return part;
}

void ConditionParser::check_operands(Operator op, std::span<const Operand> operands) {
  check_distinct(operator_name(op), operands);
  check_types(op, operands);
}

void ConditionParser::check_distinct(std::string_view op, std::span<const Operand> operands) {
  if (!operands[0].is_path()) return;
  const Path first = operands[0].path;
  for (const Operand& operand : operands.subspan(1)) {
    if (!operand.is_path() || !std::ranges::equal(operand.path, first)) continue;
    source_.problem(Pass::kOperands,
                    {"The first operand must be distinct from the remaining operands for this operator or function; "
                     "operator: ", op, ", first operand: ", path_text(first)});
    return;
  }
}

void ConditionParser::check_types(Operator op, std::span<const Operand> operands) {
  const std::uint32_t accepted = accepted_types(op);
  for (const Operand& operand : operands) {
    const auto type = static_type(operand);
    if (!type || (type_bit(*type) & accepted) != 0) continue;
    source_.problem(Pass::kOperands, {"Incorrect operand type for operator or function; operator or function: ",
                                      operator_name(op), ", operand type: ", type_name(*type)});
    return;
  }
}

void ConditionParser::check_bounds(const Operand& lower, const Operand& upper) {
  if (!lower.value || !upper.value || lower.size || upper.size) return;
  const Type type = lower.value.type();
  if ((type_bit(type) & accepted_types(Operator::kBetween)) == 0) return;  // a fault already
  const bool same = type == upper.value.type();
  if (same && compare(lower.value, upper.value) <= 0) return;
  source_.problem(Pass::kOperands,
                  {same ? "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
                        : "The BETWEEN operator requires same data type for lower and upper bounds; ",
                   "lower bound operand: ", bound_text(lower.value), ", upper bound operand: ", bound_text(upper.value)});
}

void ConditionParser::check_type_name(const Operand& operand) {
  const auto type = static_type(operand);
  if (type != Type::kString || operand.size) {
    // An undefined placeholder was a fault before this one.
    source_.problem(Pass::kOperands, {"Incorrect operand type for operator or function; operator or function: "
                                      "attribute_type, operand type: ", type ? type_name(*type) : kAnyType});
  } else if (!is_type_name(operand.value.text())) {
    source_.problem(Pass::kOperands, {"Invalid attribute type name found; type: ", operand.value.text(), ", valid types: ",
                                      kTypeNames});
  }
}

}  // namespace gatehouse::dynamo
