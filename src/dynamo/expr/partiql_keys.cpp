// What a condition says about single attributes.
#include "dynamo/expr/partiql_where.hpp"

#include <algorithm>
#include <optional>

namespace gatehouse::dynamo {
namespace {

using Comparison = KeyCandidate::Comparison;

// Of `attribute op value`, or, when turned around, of `value op attribute`.
std::optional<Comparison> comparison_of(Operator op, bool turned) {
  switch (op) {
    case Operator::kEqual: return Comparison::kEqual;
    case Operator::kLess: return turned ? Comparison::kGreater : Comparison::kLess;
    case Operator::kLessOrEqual: return turned ? Comparison::kGreaterOrEqual : Comparison::kLessOrEqual;
    case Operator::kGreater: return turned ? Comparison::kLess : Comparison::kGreater;
    case Operator::kGreaterOrEqual: return turned ? Comparison::kLessOrEqual : Comparison::kGreaterOrEqual;
    case Operator::kIn: return turned ? std::nullopt : std::optional(Comparison::kIn);
    case Operator::kBetween: return turned ? std::nullopt : std::optional(Comparison::kBetween);
    case Operator::kBeginsWith: return turned ? std::nullopt : std::optional(Comparison::kBeginsWith);
    default: return std::nullopt;
  }
}

bool is_value(const Operand& operand) { return operand.path.empty() && !operand.size; }
bool is_attribute(const Operand& operand) { return operand.is_path() && operand.path.size() == 1; }

void add_candidate(const ConditionNode& node, Arena& arena, std::vector<KeyCandidate>& to) {
  if (node.operands.size() < 2) return;
  const bool turned = node.operands.size() == 2 && is_value(node.operands[0]);
  const Operand& attribute = node.operands[turned ? 1 : 0];
  const auto others = node.operands.subspan(turned ? 0 : 1, node.operands.size() - 1);
  const auto comparison = comparison_of(node.op, turned);
  if (!comparison || !is_attribute(attribute) || !std::ranges::all_of(others, is_value)) return;
  const std::span<Value> values = arena.array<Value>(others.size());
  std::ranges::transform(others, values.begin(), &Operand::value);
  to.push_back({attribute.path.front().name, *comparison, values});
}

void collect(const ConditionNode& node, Arena& arena, std::vector<KeyCandidate>& to) {
  if (node.op != Operator::kAnd) {
    add_candidate(node, arena, to);
    return;
  }
  collect(*node.left, arena, to);
  collect(*node.right, arena, to);
}

}  // namespace

std::vector<KeyCandidate> key_candidates(const ConditionNode& root, Arena& arena) {
  std::vector<KeyCandidate> candidates;
  collect(root, arena, candidates);
  return candidates;
}

}  // namespace gatehouse::dynamo
