// Expected, QueryFilter, ScanFilter and KeyConditions.
#include "dynamo/expr/arena_list.hpp"
#include "dynamo/expr/condition_tree.hpp"
#include "dynamo/expr/legacy_reader.hpp"
#include "gatehouse/dynamo/expr/legacy.hpp"

#include <algorithm>
#include <limits>
#include <new>

namespace gatehouse::dynamo {
namespace {

constexpr std::uint32_t kScalars = type_bit(Type::kString) | type_bit(Type::kNumber) | type_bit(Type::kBinary);
constexpr std::uint32_t kTexts = type_bit(Type::kString) | type_bit(Type::kBinary);
constexpr std::uint32_t kElements = kScalars | type_bit(Type::kBool) | type_bit(Type::kNull);
constexpr std::uint32_t kAll = ~0u;
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

struct Comparison {
  std::string_view name;
  Operator op;
  std::size_t fewest;  // values
  std::size_t most;
  std::uint32_t types;
  std::optional<KeyComparison> key;  // of what an index can answer
};

constexpr Comparison kComparisons[] = {
    {"EQ", Operator::kEqual, 1, 1, kAll, KeyComparison::kEqual},
    {"NE", Operator::kNotEqual, 1, 1, kAll, {}},
    {"LE", Operator::kLessOrEqual, 1, 1, kScalars, KeyComparison::kLessOrEqual},
    {"LT", Operator::kLess, 1, 1, kScalars, KeyComparison::kLess},
    {"GE", Operator::kGreaterOrEqual, 1, 1, kScalars, KeyComparison::kGreaterOrEqual},
    {"GT", Operator::kGreater, 1, 1, kScalars, KeyComparison::kGreater},
    {"NOT_NULL", Operator::kExists, 0, 0, kAll, {}},
    {"NULL", Operator::kNotExists, 0, 0, kAll, {}},
    {"CONTAINS", Operator::kContains, 1, 1, kElements, {}},
    {"NOT_CONTAINS", Operator::kNotContains, 1, 1, kElements, {}},
    {"BEGINS_WITH", Operator::kBeginsWith, 1, 1, kTexts, KeyComparison::kBeginsWith},
    {"IN", Operator::kIn, 1, kNoLimit, kScalars, {}},
    {"BETWEEN", Operator::kBetween, 2, 2, kScalars, KeyComparison::kBetween},
};

constexpr std::string_view kAllowed =
    "IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS";

const Comparison* find_comparison(std::string_view name) {
  const auto* found = std::ranges::find(kComparisons, name, &Comparison::name);
  return found == std::end(kComparisons) ? nullptr : found;
}

Outcome<const Comparison*> comparison_of(const LegacyEntry& entry, std::string_view parameter) {
  if (entry.comparison.empty()) {
    return validation("1 validation error detected: Value null at '" + std::string(parameter) + "." +
                      std::string(entry.attribute) +
                      ".member.comparisonOperator' failed to satisfy constraint: Member must not be null");
  }
  const Comparison* comparison = find_comparison(entry.comparison);
  if (comparison == nullptr) {
    return enumeration_fault(entry.comparison, parameter, entry.attribute, "comparisonOperator", kAllowed);
  }
  return comparison;
}

// How many values, of types that the comparison knows, all of one, in the right order.
Outcome<void> check_values(const Comparison& comparison, std::span<const Value> values) {
  if (values.size() < comparison.fewest || values.size() > comparison.most) {
    return invalid_parameter("Invalid number of argument(s) for the " + std::string(comparison.name) +
                             " ComparisonOperator");
  }
  if (values.empty()) return {};
  for (const Value value : values) {
    if ((type_bit(value.type()) & comparison.types) != 0) continue;
    return invalid_parameter("ComparisonOperator " + std::string(comparison.name) + " is not valid for " +
                             std::string(type_name(value.type())) + " AttributeValue type");
  }
  if (!std::ranges::all_of(values, [&](Value value) { return value.type() == values[0].type(); })) {
    return invalid_parameter("AttributeValues inside AttributeValueList must be of same type");
  }
  if (comparison.op == Operator::kBetween && compare(values[0], values[1]) > 0) {
    return validation("The BETWEEN condition was provided a range where the lower bound is greater than the upper bound");
  }
  return {};
}

// Value and AttributeValueList, Exists and ComparisonOperator: which may stand together.
Outcome<void> check_expected(const LegacyEntry& entry) {
  const std::string attribute(entry.attribute);
  if (entry.is_null) return invalid_parameter("ExpectedAttributeValue must not be null for Attribute: " + attribute);
  if (entry.value && entry.has_list) {
    return invalid_parameter("Value and AttributeValueList cannot be used together for Attribute: " + attribute);
  }
  if (!entry.comparison.empty()) {
    if (entry.exists) {
      return invalid_parameter("Exists and ComparisonOperator cannot be used together for Attribute: " + attribute);
    }
    const Comparison* comparison = find_comparison(entry.comparison);
    if (comparison != nullptr && comparison->fewest > 0 && !entry.value && !entry.has_list) {
      return invalid_parameter("Value or AttributeValueList must be used with ComparisonOperator: " +
                               std::string(entry.comparison) + " for Attribute: " + attribute);
    }
    return {};
  }
  if (entry.has_list) {
    return invalid_parameter("AttributeValueList can only be used with a ComparisonOperator for Attribute: " + attribute);
  }
  if (entry.exists.value_or(true) && !entry.value) {
    return invalid_parameter("Value must be provided when Exists is " + std::string(entry.exists ? "true" : "null") +
                             " for Attribute: " + attribute);
  }
  if (!entry.exists.value_or(true) && entry.value) {
    return invalid_parameter("Value cannot be used when Exists is false for Attribute: " + attribute);
  }
  return {};
}

// Entries become a chain of nodes that leans to the right.
class Chain {
 public:
  Chain(std::string_view conditional_operator, Arena& arena)
      : conditional_operator_(conditional_operator), arena_(arena), nodes_(arena) {}

  void add(Operator op, std::string_view attribute, std::span<const Value> values) {
    const std::span<PathStep> path = arena_.array<PathStep>(1);
    path[0] = {attribute, 0};
    const std::span<Operand> operands = arena_.array<Operand>(1 + values.size());
    operands[0] = Operand{path, {}, false};
    for (std::size_t i = 0; i < values.size(); ++i) operands[i + 1] = Operand{{}, values[i], false};
    nodes_.push_back(make({op, nullptr, nullptr, operands}));
  }

  Outcome<Condition> finish() {
    if (!conditional_operator_.empty() && nodes_.size() < 2) {
      return validation(nodes_.empty()
                            ? "ConditionalOperator cannot be used without Filter or Expected"
                            : "ConditionalOperator can only be used when Filter or Expected has two or more elements");
    }
    if (nodes_.empty()) return Condition();
    const Operator op = conditional_operator_ == "OR" ? Operator::kOr : Operator::kAnd;
    const ConditionNode* root = nodes_[nodes_.size() - 1];
    for (std::size_t i = nodes_.size() - 1; i-- > 0;) root = make({op, nodes_[i], root, {}});
    return Condition(root);
  }

 private:
  const ConditionNode* make(const ConditionNode& node) {
    return new (arena_.allocate(sizeof(ConditionNode), alignof(ConditionNode))) ConditionNode(node);
  }

  std::string_view conditional_operator_;
  Arena& arena_;
  ArenaList<const ConditionNode*> nodes_;
};

Outcome<void> add_expected(const LegacyEntry& entry, Chain& to) {
  if (const auto outcome = check_expected(entry); !outcome) return outcome;
  const std::span<const Value> values = entry.value ? std::span(&entry.value, 1) : entry.list;
  if (entry.comparison.empty()) {
    to.add(entry.value ? Operator::kEqual : Operator::kNotExists, entry.attribute, values);
    return {};
  }
  const auto comparison = comparison_of(entry, "expected");
  if (comparison.has_error()) return comparison.error();
  if (const auto outcome = check_values(**comparison, values); !outcome) return outcome;
  to.add((*comparison)->op, entry.attribute, values);
  return {};
}

Outcome<void> add_filter(const LegacyEntry& entry, std::string_view parameter, Chain& to) {
  if (entry.is_null) {
    return validation("The filter condition for an attribute cannot be null: " + std::string(entry.attribute));
  }
  const auto comparison = comparison_of(entry, parameter);
  if (comparison.has_error()) return comparison.error();
  if (const auto outcome = check_values(**comparison, entry.list); !outcome) return outcome;
  to.add((*comparison)->op, entry.attribute, entry.list);
  return {};
}

Outcome<KeyTerm> key_term(const LegacyEntry& entry) {
  const auto comparison = comparison_of(entry, "keyConditions");
  if (comparison.has_error()) return comparison.error();
  if (const auto outcome = check_values(**comparison, entry.list); !outcome) return outcome.error();
  if (!(*comparison)->key) return validation("Attempted conditional constraint is not an indexable operation");
  const Value second = entry.list.size() > 1 ? entry.list[1] : Value();
  return KeyTerm{entry.attribute, *(*comparison)->key, entry.list[0], second};
}

}  // namespace

Outcome<Condition> parse_expected(std::string_view json, std::string_view conditional_operator, Arena& arena) {
  LegacyReader reader(json, arena);
  Chain chain(conditional_operator, arena);
  for (LegacyEntry entry; reader.next(entry);) {
    if (const auto outcome = add_expected(entry, chain); outcome.has_error()) return outcome.error();
  }
  if (const auto fault = reader.fault()) return *fault;
  return chain.finish();
}

Outcome<Condition> parse_legacy_filter(std::string_view json, std::string_view conditional_operator, Arena& arena,
                                       std::string_view parameter) {
  LegacyReader reader(json, arena);
  Chain chain(conditional_operator, arena);
  for (LegacyEntry entry; reader.next(entry);) {
    if (const auto outcome = add_filter(entry, parameter, chain); outcome.has_error()) return outcome.error();
  }
  if (const auto fault = reader.fault()) return *fault;
  return chain.finish();
}

Outcome<KeyCondition> parse_key_conditions(std::string_view json, Arena& arena) {
  LegacyReader reader(json, arena);
  ArenaList<KeyTerm> terms(arena);
  for (LegacyEntry entry; reader.next(entry);) {
    const auto term = key_term(entry);
    if (term.has_error()) return term.error();
    terms.push_back(*term);
  }
  if (const auto fault = reader.fault()) return *fault;
  if (terms.empty()) return validation("Conditions can be of length 1 or 2 only");
  return KeyCondition{terms.view()};
}

}  // namespace gatehouse::dynamo
