// A key condition is a condition whose tree may hold AND and comparisons of one attribute with values only.
#include "gatehouse/dynamo/expr/key_condition.hpp"

#include "dynamo/expr/arena_list.hpp"
#include "dynamo/expr/condition_parser.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace gatehouse::dynamo {
namespace {

KeyComparison turned(KeyComparison comparison) {
  switch (comparison) {
    case KeyComparison::kLess: return KeyComparison::kGreater;
    case KeyComparison::kLessOrEqual: return KeyComparison::kGreaterOrEqual;
    case KeyComparison::kGreater: return KeyComparison::kLess;
    case KeyComparison::kGreaterOrEqual: return KeyComparison::kLessOrEqual;
    default: return comparison;
  }
}

std::optional<KeyComparison> comparison_of(Operator op) {
  switch (op) {
    case Operator::kEqual: return KeyComparison::kEqual;
    case Operator::kLess: return KeyComparison::kLess;
    case Operator::kLessOrEqual: return KeyComparison::kLessOrEqual;
    case Operator::kGreater: return KeyComparison::kGreater;
    case Operator::kGreaterOrEqual: return KeyComparison::kGreaterOrEqual;
    case Operator::kBetween: return KeyComparison::kBetween;
    case Operator::kBeginsWith: return KeyComparison::kBeginsWith;
    default: return std::nullopt;
  }
}

Fault refused(Operator op) {
  return validation("Invalid operator used in KeyConditionExpression: " + std::string(operator_name(op)));
}

// Which of the operands is the attribute.
Outcome<std::size_t> find_attribute(const ConditionNode& node) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < node.operands.size(); ++i) {
    const Operand& operand = node.operands[i];
    if (operand.size) return validation("KeyConditionExpressions cannot contain nested operations");
    if (operand.path.empty()) continue;
    if (found) {
      return validation("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition");
    }
    if (operand.path.size() > 1) return validation("KeyConditionExpressions cannot have conditions on nested attributes");
    found = i;
  }
  if (!found) return validation("Invalid condition in KeyConditionExpression: No key attribute specified");
  return *found;
}

Outcome<KeyTerm> term_of(const ConditionNode& node, KeyComparison comparison) {
  const bool first_only = comparison == KeyComparison::kBetween || comparison == KeyComparison::kBeginsWith;
  if (first_only && !node.operands[0].is_path() && !node.operands[0].size) {
    return validation("Invalid condition in KeyConditionExpression: " + std::string(operator_name(node.op)) +
                      " operator must have the key attribute as its first operand");
  }
  const auto at = find_attribute(node);
  if (at.has_error()) return at.error();
  const Operand& value = node.operands[*at == 0 ? 1 : 0];
  KeyTerm term{node.operands[*at].path.front().name, *at == 0 ? comparison : turned(comparison), value.value, {}};
  if (comparison == KeyComparison::kBetween) term.second = node.operands[2].value;
  return term;
}

Outcome<void> collect(const ConditionNode& node, ArenaList<KeyTerm>& to) {
  if (node.op == Operator::kAnd) {
    if (auto outcome = collect(*node.left, to); !outcome) return outcome;
    return collect(*node.right, to);
  }
  const auto comparison = comparison_of(node.op);
  if (!comparison) return refused(node.op);
  const auto term = term_of(node, *comparison);
  if (term.has_error()) return term.error();
  const auto same = [&](const KeyTerm& other) { return other.attribute == term->attribute; };
  if (std::ranges::any_of(to.view(), same)) {
    return validation("KeyConditionExpressions must only contain one condition per key");
  }
  to.push_back(*term);
  return {};
}

}  // namespace

Outcome<KeyCondition> KeyCondition::parse(std::string_view text, Bindings& bindings, Arena& arena) {
  Source source(text, ExpressionKind::kKeyCondition, bindings, arena);
  const ConditionNode* root = ConditionParser(source).parse();
  if (const auto outcome = source.finish(); outcome.has_error()) return outcome.error();
  ArenaList<KeyTerm> terms(arena);
  if (const auto outcome = collect(*root, terms); outcome.has_error()) return outcome.error();
  return KeyCondition{terms.view()};
}

}  // namespace gatehouse::dynamo
