// WHERE, onto the tree of conditions. One statement; one thread.
#pragma once

#include "dynamo/expr/arena_list.hpp"
#include "dynamo/expr/condition_checks.hpp"
#include "dynamo/expr/condition_tree.hpp"
#include "dynamo/expr/partiql_source.hpp"
#include "gatehouse/dynamo/expr/partiql.hpp"

#include <vector>

namespace gatehouse::dynamo {

class WhereParser {
 public:
  explicit WhereParser(PartiqlSource& source) : source_(source) {}

  // nullptr: a fault that ended the parse.
  const ConditionNode* parse();

 private:
  // An operand until something is compared with it.
  struct Part {
    bool good = false;
    Operand operand;
    const ConditionNode* condition = nullptr;
  };

  Part parse_chain(unsigned depth, unsigned lowest);
  Part parse_not(unsigned depth);
  Part parse_predicate(unsigned depth);
  Part parse_term(unsigned depth);
  Part parse_call(unsigned depth);
  Part parse_is(const Operand& operand);
  Part parse_in(const Operand& operand, unsigned depth);
  Part parse_between(const Operand& operand, unsigned depth);
  Part parse_comparison(const Operand& operand, Operator op, unsigned depth);
  bool parse_operand(Operand& to, unsigned depth);
  bool no_arithmetic();
  bool parse_operands(ArenaList<Operand>& to, std::string_view end, unsigned depth, std::size_t& count);

  const ConditionNode* as_condition(const Part& part);
  Part condition(Operator op, std::span<const Operand> operands);
  Part combined(Operator op, const ConditionNode* left, const ConditionNode* right);
  Part negated(bool negate, const Part& part);

  PartiqlSource& source_;
};

// What the conjuncts at the top of a condition say about keys.
std::vector<KeyCandidate> key_candidates(const ConditionNode& root, Arena& arena);

}  // namespace gatehouse::dynamo
