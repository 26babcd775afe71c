// An update's program against one item: first every action's outcome from the old item, then one walk over the old item that
// writes the new one. One application; one thread.
#pragma once

#include "dynamo/expr/update_program.hpp"
#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/wire/fault.hpp"
#include "gatehouse/dynamo/wire/number.hpp"
#include "gatehouse/dynamo/wire/value.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace gatehouse::dynamo {

class UpdateApplier {
 public:
  UpdateApplier(const UpdateProgram& program, const Map& old, ValueWriter& to, Arena& arena)
      : program_(program), tree_(program.tree), old_(old), to_(to), arena_(arena) {}

  Outcome<void> run();

 private:
  // What stands at a path afterwards. Not copied before it is written.
  struct Result {
    enum class Kind : std::uint8_t { kNothing, kValue, kNumber, kAppended, kUnion, kDifference } kind = Kind::kNothing;
    Value first;
    Value second;                         // of kAppended, kUnion, kDifference
    const NumberText* number = nullptr;  // of kNumber
  };

  bool fail(std::string_view message);

  bool compute(std::size_t action, Result& to);
  bool compute_set(const UpdateOperand& operand, Result& to);
  bool operand_value(const UpdateOperand& operand, Value& to);
  bool sum_value(const UpdateOperand& operand, Value& to);
  bool arithmetic(bool plus, Value a, Value b, Result& to);
  bool join_lists(Value a, Value b, Result& to);
  bool change_set(bool adds, Value old, Value change, Result& to);
  bool compute_add(const UpdateAction& action, Value old, Result& to);
  bool compute_delete(const UpdateAction& action, Value old, Result& to);
  bool compute_legacy_add(const UpdateAction& action, Value old, Result& to);
  bool check_nesting(Path path, const Result& result);

  bool write_members(PathTree::NodeId at, const Map& old, ValueWriter::Open& open);
  bool write_elements(PathTree::NodeId at, const List& old, ValueWriter::Open& open);
  bool write_part(PathTree::NodeId at, Value old);
  void write_result(const Result& result);

  const UpdateProgram& program_;
  const PathTree& tree_;
  const Map& old_;
  ValueWriter& to_;
  Arena& arena_;
  std::span<Result> results_;
  std::span<bool> seen_;  // nodes of the tree that the old item has
  std::string_view fault_;
};

}  // namespace gatehouse::dynamo
