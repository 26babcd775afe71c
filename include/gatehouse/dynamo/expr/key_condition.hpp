// KeyConditionExpression: which partition, which range of sort keys. The schema is not known here: terms come out as
// written, and whoever knows the table's or index's key attributes orders them.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/expr/bindings.hpp"

#include <span>
#include <string_view>

namespace gatehouse::dynamo {

enum class KeyComparison : unsigned char { kEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual, kBetween, kBeginsWith };

struct KeyTerm {
  std::string_view attribute;
  KeyComparison comparison;
  Value first;
  Value second;  // of kBetween
};

struct KeyCondition {
  std::span<const KeyTerm> terms;  // in the arena, at least one, in the order they were written
  // "Invalid operator used in KeyConditionExpression: OR" and the like, as the service words them.
  static Outcome<KeyCondition> parse(std::string_view text, Bindings& bindings, Arena& arena);
};

}  // namespace gatehouse::dynamo
