// The grammar of WHERE. Parentheses may be doubled here.
#include "dynamo/expr/partiql_where.hpp"

#include <new>
#include <optional>

namespace gatehouse::dynamo {
namespace {

constexpr unsigned kOrLevel = 1;
constexpr unsigned kAndLevel = 2;

std::optional<Operator> comparison_of(std::string_view symbol) {
  if (symbol == "=") return Operator::kEqual;
  if (symbol == "<>" || symbol == "!=") return Operator::kNotEqual;
  if (symbol == "<") return Operator::kLess;
  if (symbol == "<=") return Operator::kLessOrEqual;
  if (symbol == ">") return Operator::kGreater;
  if (symbol == ">=") return Operator::kGreaterOrEqual;
  return std::nullopt;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

}  // namespace

const ConditionNode* WhereParser::parse() { return as_condition(parse_chain(0, kOrLevel)); }

const ConditionNode* WhereParser::as_condition(const Part& part) {
  if (!part.good) return nullptr;
  if (part.condition != nullptr) return part.condition;
  if (source_.at(PartiqlKind::kUnknown)) source_.fail_syntax();
  source_.fail("The arguments to AND/OR must be Expressions");
  return nullptr;
}

WhereParser::Part WhereParser::combined(Operator op, const ConditionNode* left, const ConditionNode* right) {
  source_.count_operator();
  void* at = source_.arena().allocate(sizeof(ConditionNode), alignof(ConditionNode));
  return {true, {}, new (at) ConditionNode{op, left, right, {}}};
}

WhereParser::Part WhereParser::condition(Operator op, std::span<const Operand> operands) {
  source_.count_operator();
  check_operands(source_, op, operands);
  void* at = source_.arena().allocate(sizeof(ConditionNode), alignof(ConditionNode));
  return {true, {}, new (at) ConditionNode{op, nullptr, nullptr, operands}};
}

WhereParser::Part WhereParser::negated(bool negate, const Part& part) {
  return part.good && negate ? combined(Operator::kNot, part.condition, nullptr) : part;
}

WhereParser::Part WhereParser::parse_chain(unsigned depth, unsigned lowest) {
  Part left = parse_not(depth);
  while (left.good && (source_.at_word("or") || source_.at_word("and"))) {
    const bool is_or = source_.at_word("or");
    if ((is_or ? kOrLevel : kAndLevel) < lowest) break;
    const ConditionNode* first = as_condition(left);
    if (first == nullptr) return {};
    source_.advance();
    const ConditionNode* second = as_condition(is_or ? parse_chain(depth + 1, kAndLevel) : parse_not(depth + 1));
    if (second == nullptr) return {};
    left = combined(is_or ? Operator::kOr : Operator::kAnd, first, second);
  }
  return left;
}

WhereParser::Part WhereParser::parse_not(unsigned depth) {
  if (source_.too_deep(depth)) return {};
  if (!source_.accept_word("not")) return parse_predicate(depth);
  const ConditionNode* inner = as_condition(parse_not(depth + 1));
  if (inner == nullptr) return {};
  return combined(Operator::kNot, inner, nullptr);
}

WhereParser::Part WhereParser::parse_predicate(unsigned depth) {
  const Part first = parse_term(depth);
  if (!first.good || first.condition != nullptr) return first;
  const Operand& operand = first.operand;
  if (source_.at(PartiqlKind::kSymbol)) {
    if (const auto op = comparison_of(source_.token().text)) return parse_comparison(operand, *op, depth);
    return no_arithmetic() ? first : Part{};
  }
  if (source_.accept_word("is")) return parse_is(operand);
  if (source_.at_word("like")) {
    source_.fail("Unsupported operator in Condition Expression. Operator: like");
    return {};
  }
  const bool negate = source_.accept_word("not");
  if (source_.accept_word("in")) return negated(negate, parse_in(operand, depth));
  if (source_.accept_word("between")) return negated(negate, parse_between(operand, depth));
  if (negate) source_.fail_syntax();
  return negate ? Part{} : first;
}

WhereParser::Part WhereParser::parse_term(unsigned depth) {
  if (source_.too_deep(depth)) return {};
  if (source_.accept_symbol("(")) {
    const Part inner = parse_chain(depth + 1, kOrLevel);
    if (!inner.good || !source_.expect_symbol(")")) return {};
    return inner;
  }
  if (source_.at_call()) return parse_call(depth);
  Part part;
  if (source_.at_literal()) {
    part.operand.value = source_.parse_literal();
    part.good = static_cast<bool>(part.operand.value);
    return part;
  }
  part.operand.path = source_.parse_path();
  part.good = !part.operand.path.empty();
  return part;
}

WhereParser::Part WhereParser::parse_call(unsigned depth) {
  const std::string name = lower_case(source_.token().text);
  const ConditionFunction* function = find_condition_function(name);
  if (function == nullptr) {
    source_.fail(is_update_function(name) || name == "set_add" || name == "set_delete"
                     ? "The function is not allowed in a condition expression; function: " + name
                     : "Unrecognized function: " + name);
    return {};
  }
  source_.advance();
  source_.advance();
  ArenaList<Operand> arguments(source_.arena());
  std::size_t count = 0;
  if (!parse_operands(arguments, ")", depth, count)) return {};
  check_call(source_, function->name, arguments.view(), count);
  source_.count_operator();
  if (!function->op) {
    Part part{true, arguments[0], nullptr};
    part.operand.size = true;
    return part;
  }
  void* at = source_.arena().allocate(sizeof(ConditionNode), alignof(ConditionNode));
  return {true, {}, new (at) ConditionNode{*function->op, nullptr, nullptr, arguments.view()}};
}

// IS [NOT] MISSING, IS [NOT] NULL
WhereParser::Part WhereParser::parse_is(const Operand& operand) {
  const bool negate = source_.accept_word("not");
  const bool null = source_.at_word("null");
  if (!null && !source_.at_word("missing")) {
    source_.fail_syntax();
    return {};
  }
  source_.advance();
  if (!operand.is_path()) {
    source_.fail("Operator or function requires a document path; operator or function: IS");
    return {};
  }
  const std::span<Operand> operands = source_.arena().array<Operand>(null ? 2 : 1);
  operands[0] = operand;
  if (!null) return condition(negate ? Operator::kExists : Operator::kNotExists, operands);
  std::string encoded;
  ValueWriter(encoded).string("NULL");
  operands[1] = Operand{{}, Value::at(source_.arena().copy(encoded).data()), false};
  return negated(negate, condition(Operator::kHasType, operands));
}

// (…, …) or […, …]
WhereParser::Part WhereParser::parse_in(const Operand& operand, unsigned depth) {
  const bool brackets = source_.at_symbol("[");
  if (!brackets && !source_.at_symbol("(")) {
    source_.fail(
        "IN operator must have a left hand argument of type Variable Reference and right hand argument of type Seq with at "
        "least one member");
    return {};
  }
  source_.advance();
  ArenaList<Operand> operands(source_.arena());
  operands.push_back(operand);
  std::size_t count = 0;
  if (!parse_operands(operands, brackets ? "]" : ")", depth, count)) return {};
  const Part part = condition(Operator::kIn, operands.view());
  check_in_count(source_, count);
  return part;
}

WhereParser::Part WhereParser::parse_between(const Operand& operand, unsigned depth) {
  const std::span<Operand> operands = source_.arena().array<Operand>(3);
  operands[0] = operand;
  if (!parse_operand(operands[1], depth) || !source_.expect_word("and") || !parse_operand(operands[2], depth)) return {};
  return condition(Operator::kBetween, operands);
}

WhereParser::Part WhereParser::parse_comparison(const Operand& operand, Operator op, unsigned depth) {
  source_.advance();
  const std::span<Operand> operands = source_.arena().array<Operand>(2);
  operands[0] = operand;
  if (!parse_operand(operands[1], depth)) return {};
  return condition(op, operands);
}

bool WhereParser::parse_operand(Operand& to, unsigned depth) {
  const Part part = parse_term(depth + 1);
  if (!part.good) return false;
  if (part.condition != nullptr) return source_.fail("The operands of an operator must be paths or values");
  to = part.operand;
  return no_arithmetic();
}

bool WhereParser::no_arithmetic() {
  for (const std::string_view symbol : {"+", "-", "*", "||"}) {
    if (!source_.at_symbol(symbol)) continue;
    return source_.fail("Unsupported operator in Condition Expression. Operator: " + std::string(symbol));
  }
  return true;
}

bool WhereParser::parse_operands(ArenaList<Operand>& to, std::string_view end, unsigned depth, std::size_t& count) {
  do {
    Operand operand;
    if (!parse_operand(operand, depth)) return false;
    if (++count <= kMaxInOperands + 1) to.push_back(operand);
  } while (source_.accept_symbol(","));
  return source_.expect_symbol(end);
}

}  // namespace gatehouse::dynamo
