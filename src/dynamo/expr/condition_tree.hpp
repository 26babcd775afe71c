// The tree that every kind of condition is parsed into. Immutable, in the request's arena.
#pragma once

#include "gatehouse/dynamo/expr/path.hpp"
#include "gatehouse/dynamo/wire/value.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gatehouse::dynamo {

// What an operator looks at: a path, a value, or the size() of either.
struct Operand {
  Path path;    // empty: `value` it is
  Value value;  // absent, too, where a placeholder was not defined: that tree is never evaluated
  bool size = false;

  bool is_path() const { return !path.empty() && !size; }
};

enum class Operator : std::uint8_t {
  kAnd, kOr, kNot,
  kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual, kBetween, kIn,
  kExists, kNotExists, kHasType, kBeginsWith, kContains,
  kNotContains,  // of the legacy parameters
  kItemIs,       // not the service's: the whole item is this map
};
std::string_view operator_name(Operator op);  // "AND", "<=", "attribute_exists"

struct ConditionNode {
  Operator op;
  const ConditionNode* left = nullptr;   // of kAnd, kOr, kNot
  const ConditionNode* right = nullptr;  // of kAnd, kOr
  std::span<const Operand> operands;     // of all others, as many as the operator takes
};

bool evaluate(const ConditionNode& node, const Map& item);

// What an operand is known to be before there is an item.
std::optional<Type> static_type(const Operand& operand);
// 64 bits, one for each Type.
constexpr std::uint32_t type_bit(Type type) { return 1u << static_cast<unsigned>(type); }
// The types that the service accepts as literal operands of `op`.
std::uint32_t accepted_types(Operator op);

// The characters of a string as the service's size() counts them: UTF-16 units.
std::uint32_t utf16_length(std::string_view text);

}  // namespace gatehouse::dynamo
