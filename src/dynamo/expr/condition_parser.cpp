// The grammar. Checks of what was parsed: condition_checks.cpp.
#include "dynamo/expr/condition_parser.hpp"

#include <new>

namespace gatehouse::dynamo {
namespace {

constexpr unsigned kOrLevel = 1;
constexpr unsigned kAndLevel = 2;

std::optional<Operator> comparison_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::kEqual: return Operator::kEqual;
    case TokenKind::kNotEqual: return Operator::kNotEqual;
    case TokenKind::kLess: return Operator::kLess;
    case TokenKind::kLessOrEqual: return Operator::kLessOrEqual;
    case TokenKind::kGreater: return Operator::kGreater;
    case TokenKind::kGreaterOrEqual: return Operator::kGreaterOrEqual;
    default: return std::nullopt;
  }
}

void check_name(Source& source, std::string_view function) {
  source.count_operator();
  if (find_condition_function(function) != nullptr) return;
  source.problem(Pass::kWords, {is_update_function(function)
                                    ? "The function is not allowed in a condition expression; function: "
                                    : "Invalid function name; function: ",
                                function});
}

}  // namespace

const ConditionNode* ConditionParser::parse() {
  if (source_.failed()) return nullptr;
  const Part part = parse_chain(0, kOrLevel);
  const ConditionNode* root = as_condition(part);
  return root != nullptr && source_.expect_end() ? root : nullptr;
}

const ConditionNode* ConditionParser::node(Operator op, const ConditionNode* left, const ConditionNode* right) {
  source_.count_operator();
  return new (source_.arena().allocate(sizeof(ConditionNode), alignof(ConditionNode))) ConditionNode{op, left, right, {}};
}

const ConditionNode* ConditionParser::node(Operator op, std::span<const Operand> operands) {
  void* at = source_.arena().allocate(sizeof(ConditionNode), alignof(ConditionNode));
  return new (at) ConditionNode{op, nullptr, nullptr, operands};
}

// Nothing that the service accepts is that deep: either parentheses stand around parentheses, or there are too many operators.
bool ConditionParser::too_deep(unsigned depth) {
  if (depth < kMaxExpressionDepth) return false;
  source_.fail(source_.at(TokenKind::kNot) ? "The expression contains too many operators; operator count: " +
                                                 std::to_string(kMaxOperators + 1)
                                           : "The expression has redundant parentheses;");
  return true;
}

// Operators of one level lean to the left; AND binds tighter than OR.
ConditionParser::Part ConditionParser::parse_chain(unsigned depth, unsigned lowest) {
  Part left = parse_unary(depth);
  while (left.kind != Part::Kind::kNone && (source_.at(TokenKind::kOr) || source_.at(TokenKind::kAnd))) {
    const bool is_or = source_.at(TokenKind::kOr);
    if ((is_or ? kOrLevel : kAndLevel) < lowest) break;
    const ConditionNode* first = as_condition(left);
    if (first == nullptr) return {};
    source_.advance();
    const ConditionNode* second = as_condition(is_or ? parse_chain(depth + 1, kAndLevel) : parse_unary(depth + 1));
    if (second == nullptr) return {};
    left = Part(node(is_or ? Operator::kOr : Operator::kAnd, first, second));
  }
  return left;
}

ConditionParser::Part ConditionParser::parse_unary(unsigned depth) {
  if (too_deep(depth)) return {};
  if (source_.at(TokenKind::kNot)) return parse_not(depth);
  const Part first = source_.at(TokenKind::kOpen) ? parse_parentheses(depth) : parse_atom(depth);
  if (first.kind == Part::Kind::kNone || first.kind == Part::Kind::kCondition) return first;
  if (const auto op = comparison_of(source_.token().kind)) return parse_comparison(first, *op, depth);
  if (source_.at(TokenKind::kBetween)) return parse_between(first, depth);
  if (source_.at(TokenKind::kIn)) return parse_in(first, depth);
  return first;
}

ConditionParser::Part ConditionParser::parse_not(unsigned depth) {
  source_.advance();
  const ConditionNode* negated = as_condition(parse_unary(depth + 1));
  if (negated == nullptr) return {};
  return Part(node(Operator::kNot, negated, nullptr));
}

ConditionParser::Part ConditionParser::parse_parentheses(unsigned depth) {
  source_.advance();
  Part inner = parse_chain(depth + 1, kOrLevel);
  if (inner.kind == Part::Kind::kNone || !source_.expect(TokenKind::kClose)) return {};
  inner.redundant |= inner.in_parentheses;
  inner.in_parentheses = true;
  if (inner.redundant && inner.kind != Part::Kind::kOperand) {
    source_.fail("The expression has redundant parentheses;");
    return {};
  }
  return inner;
}

// A path, a value or a function.
ConditionParser::Part ConditionParser::parse_atom(unsigned depth) {
  if (source_.at_call()) return parse_call(depth);
  Part part(Part::Kind::kOperand);
  if (source_.at(TokenKind::kValue)) {
    part.operand.value = source_.parse_value();
    return part;
  }
  part.operand.path = source_.parse_path();
  return part.operand.path.empty() ? Part{} : part;
}

ConditionParser::Part ConditionParser::parse_call(unsigned depth) {
  const std::string_view name = source_.token().text;
  check_name(source_, name);
  source_.advance();
  source_.advance();
  ArenaList<Operand> arguments(source_.arena());
  std::size_t count = 0;
  if (!parse_arguments(arguments, depth, count)) return {};
  return call_of(name, arguments.view(), count);
}

ConditionParser::Part ConditionParser::call_of(std::string_view name, std::span<const Operand> arguments,
                                               std::size_t count) {
  check_call(source_, name, arguments, count);
  Part part(Part::Kind::kCall);
  part.function = name;
  const ConditionFunction* function = find_condition_function(name);
  if (function != nullptr && !function->op) {
    part.operand = arguments[0];
    part.operand.size = true;
  } else {
    part.condition = node(function != nullptr ? *function->op : Operator::kExists, arguments);
  }
  return part;
}

// Up to the closing parenthesis, which is consumed. Keeps no more of them than any operator may have.
bool ConditionParser::parse_arguments(ArenaList<Operand>& to, unsigned depth, std::size_t& count) {
  do {
    Operand operand;
    if (!parse_operand(operand, depth + 1)) return false;
    if (++count <= kMaxInOperands + 1) to.push_back(operand);
  } while (source_.accept(TokenKind::kComma));
  return source_.expect(TokenKind::kClose);
}

bool ConditionParser::parse_operand(Operand& to, unsigned depth) {
  if (too_deep(depth)) return false;
  if (!source_.at(TokenKind::kOpen)) return as_operand(parse_atom(depth), to);
  source_.advance();
  const bool nested = source_.at(TokenKind::kOpen);
  if (!parse_operand(to, depth + 1) || !source_.expect(TokenKind::kClose)) return false;
  return !nested || source_.fail("The expression has redundant parentheses;");
}

ConditionParser::Part ConditionParser::parse_comparison(const Part& first, Operator op, unsigned depth) {
  source_.advance();
  const std::span<Operand> operands = source_.arena().array<Operand>(2);
  if (!as_operand(first, operands[0]) || !parse_operand(operands[1], depth)) return {};
  source_.count_operator();
  check_operands(source_, op, operands);
  return Part(node(op, operands));
}

ConditionParser::Part ConditionParser::parse_between(const Part& first, unsigned depth) {
  source_.advance();
  const std::span<Operand> operands = source_.arena().array<Operand>(3);
  if (!as_operand(first, operands[0]) || !parse_operand(operands[1], depth)) return {};
  if (!source_.expect(TokenKind::kAnd) || !parse_operand(operands[2], depth)) return {};
  source_.count_operator();
  check_operands(source_, Operator::kBetween, operands);
  return Part(node(Operator::kBetween, operands));
}

ConditionParser::Part ConditionParser::parse_in(const Part& first, unsigned depth) {
  source_.advance();
  ArenaList<Operand> operands(source_.arena());
  Operand operand;
  std::size_t count = 0;
  if (!as_operand(first, operand) || !source_.expect(TokenKind::kOpen)) return {};
  operands.push_back(operand);
  if (!parse_arguments(operands, depth, count)) return {};
  source_.count_operator();
  check_operands(source_, Operator::kIn, operands.view());
  check_in_count(source_, count);
  return Part(node(Operator::kIn, operands.view()));
}

bool ConditionParser::as_operand(const Part& part, Operand& to) {
  if (part.kind == Part::Kind::kNone) return false;
  if (part.kind == Part::Kind::kCondition) return source_.fail_syntax();
  if (part.redundant) return source_.fail("The expression has redundant parentheses;");
  if (part.kind == Part::Kind::kCall && part.condition != nullptr) {
    source_.problem(Pass::kWords, {"The function is not allowed to be used this way in an expression; function: ",
                                   part.function});
  }
  to = part.operand;
  return true;
}

// nullptr: a syntax error at the current token, which is where an operator is missing.
const ConditionNode* ConditionParser::as_condition(const Part& part) {
  if (part.kind == Part::Kind::kOperand) source_.fail_syntax();
  if (part.kind == Part::Kind::kNone || part.kind == Part::Kind::kOperand) return nullptr;
  if (part.condition != nullptr) return part.condition;
  source_.problem(Pass::kWords, {"The function is not allowed to be used this way in an expression; function: ",
                                 part.function});
  return node(Operator::kExists, {});
}

}  // namespace gatehouse::dynamo
