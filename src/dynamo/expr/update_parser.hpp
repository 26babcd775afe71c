// UpdateExpression. One parse; one thread.
#pragma once

#include "dynamo/expr/arena_list.hpp"
#include "dynamo/expr/source.hpp"
#include "dynamo/expr/update_program.hpp"
#include "gatehouse/dynamo/expr/update.hpp"

namespace gatehouse::dynamo {

class UpdateParser {
 public:
  explicit UpdateParser(Source& source) : source_(source), actions_(source.arena()), paths_(source.arena()) {}

  // nullptr: a syntax error. Other faults are with the source.
  const UpdateProgram* parse();

 private:
  // Of what SET assigns. No operator may follow a join, and no parentheses may stand around parentheses.
  enum class Shape : std::uint8_t { kOperand, kJoin, kGrouped, kGroupedJoin };

  bool parse_section();
  bool parse_set(UpdateAction& to);
  bool parse_literal(UpdateAction& to);
  bool parse_value(UpdateOperand& to, unsigned depth, Shape& shape);
  bool parse_operand(UpdateOperand& to, unsigned depth);
  bool parse_call(UpdateOperand& to, unsigned depth);
  bool parse_arguments(UpdateOperand& first, UpdateOperand& second, unsigned depth, std::size_t& count);
  bool redundant();

  void check_section(TokenKind section);
  void check_literal(UpdateAction::Kind kind, Value value);
  void check_join(std::string_view op, const UpdateOperand& operand, Type wanted);

  const UpdateOperand* keep(const UpdateOperand& operand);

  Source& source_;
  ArenaList<UpdateAction> actions_;
  ArenaList<Path> paths_;
  std::uint32_t sections_ = 0;
};

}  // namespace gatehouse::dynamo
