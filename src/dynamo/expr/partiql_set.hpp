// SET and REMOVE of PartiQL, onto the program of updates. One statement; one thread.
#pragma once

#include "dynamo/expr/arena_list.hpp"
#include "dynamo/expr/partiql_source.hpp"
#include "dynamo/expr/update_program.hpp"

namespace gatehouse::dynamo {

class SetParser {
 public:
  explicit SetParser(PartiqlSource& source) : source_(source), actions_(source.arena()), paths_(source.arena()) {}

  // nullptr: a fault that ended the parse.
  const UpdateProgram* parse();

 private:
  bool parse_set();
  bool parse_remove();
  bool parse_assignment(Path path, UpdateAction& to);
  bool parse_set_function(Path path, UpdateAction& to);
  bool parse_sum(UpdateOperand& to, unsigned depth);
  bool parse_term(UpdateOperand& to, unsigned depth);
  bool parse_call(UpdateOperand& to, unsigned depth);
  void check_operand(std::string_view op, const UpdateOperand& operand, Type wanted);
  const UpdateOperand* keep(const UpdateOperand& operand);

  PartiqlSource& source_;
  ArenaList<UpdateAction> actions_;
  ArenaList<Path> paths_;
};

}  // namespace gatehouse::dynamo
