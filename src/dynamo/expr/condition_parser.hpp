// ConditionExpression, FilterExpression and KeyConditionExpression: recursive descent, bounded in depth. One parse; one thread.
#pragma once

#include "dynamo/expr/arena_list.hpp"
#include "dynamo/expr/condition_checks.hpp"
#include "dynamo/expr/condition_tree.hpp"
#include "dynamo/expr/source.hpp"

#include <cstdint>
#include <string_view>

namespace gatehouse::dynamo {

class ConditionParser {
 public:
  explicit ConditionParser(Source& source) : source_(source) {}

  // nullptr: a syntax error. Other faults are with the source.
  const ConditionNode* parse();

 private:
  // What stands between operators. Which of the three it is shows only behind it: `(size(a))` may be compared with something.
  struct Part {
    enum class Kind : std::uint8_t { kNone, kOperand, kCall, kCondition } kind = Kind::kNone;
    Operand operand;                           // of kOperand, and of kCall when it is size()
    const ConditionNode* condition = nullptr;  // of kCondition, and of kCall when it is not
    std::string_view function;                 // of kCall
    bool in_parentheses = false;
    bool redundant = false;  // parentheses around parentheses

    Part() = default;
    explicit Part(Kind is) : kind(is) {}
    explicit Part(const ConditionNode* node) : kind(Kind::kCondition), condition(node) {}
  };

  Part parse_chain(unsigned depth, unsigned lowest);
  Part parse_unary(unsigned depth);
  Part parse_not(unsigned depth);
  Part parse_parentheses(unsigned depth);
  Part parse_atom(unsigned depth);
  Part parse_call(unsigned depth);
  Part parse_comparison(const Part& first, Operator op, unsigned depth);
  Part parse_between(const Part& first, unsigned depth);
  Part parse_in(const Part& first, unsigned depth);
  bool parse_operand(Operand& to, unsigned depth);
  bool parse_arguments(ArenaList<Operand>& to, unsigned depth, std::size_t& count);

  bool as_operand(const Part& part, Operand& to);
  const ConditionNode* as_condition(const Part& part);
  bool too_deep(unsigned depth);

  const ConditionNode* node(Operator op, const ConditionNode* left, const ConditionNode* right);
  const ConditionNode* node(Operator op, std::span<const Operand> operands);

  Part call_of(std::string_view name, std::span<const Operand> arguments, std::size_t count);

  Source& source_;
};

}  // namespace gatehouse::dynamo
