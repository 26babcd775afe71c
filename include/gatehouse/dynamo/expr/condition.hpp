// Conditions: ConditionExpression, FilterExpression, WHERE of PartiQL and the legacy forms, all as one tree that one
// evaluator walks. Immutable after parsing; lives in the request's arena and refers to its bindings and text, which outlive it.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/expr/bindings.hpp"
#include "gatehouse/dynamo/expr/path.hpp"

#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

struct ConditionNode;  // src/dynamo/expr/condition_tree.hpp

// For messages: "Invalid ConditionExpression: …".
enum class ExpressionKind : unsigned char { kCondition, kFilter, kKeyCondition, kProjection, kUpdate };
std::string_view expression_name(ExpressionKind kind);  // "ConditionExpression", …

class Condition {
 public:
  Condition() = default;  // none: matches everything
  explicit Condition(const ConditionNode* root) : root_(root) {}

  // At most 4 KB of text, kMaxNesting levels, 100 operands of IN. Faults are ValidationExceptions in the service's words.
  static Outcome<Condition> parse(std::string_view text, ExpressionKind kind, Bindings& bindings, Arena& arena);

  explicit operator bool() const { return root_ != nullptr; }
  // Pure; what is absent or of another type compares false, as the service does it. An empty map stands for "no item".
  bool matches(const Map& item) const;
  // Each attribute (first step of a path) that it looks at: a filter may not name the table's key.
  void append_attributes(std::vector<std::string_view>& to) const;
  // Each attribute that a path leads into, to an element or a member of it.
  void append_nested(std::vector<std::string_view>& to) const;
  const ConditionNode* root() const { return root_; }

 private:
  const ConditionNode* root_ = nullptr;
};

}  // namespace gatehouse::dynamo
