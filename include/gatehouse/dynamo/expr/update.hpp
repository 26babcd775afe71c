// UpdateExpression and AttributeUpdates: SET, REMOVE, ADD, DELETE on document paths. Pure: old item in, new item out. Lives in
// the request's arena.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/expr/bindings.hpp"
#include "gatehouse/dynamo/expr/path.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

struct UpdateProgram;  // actions in the arena

class Update {
 public:
  Update() = default;  // changes nothing
  explicit Update(const UpdateProgram* program) : program_(program) {}

  // 4 KB of text, 300 operators and functions. Overlapping paths are a fault.
  static Outcome<Update> parse(std::string_view text, Bindings& bindings, Arena& arena);

  explicit operator bool() const { return program_ != nullptr; }
  // Writes the new item. `old` is the item as it was, or, where there was none, the key attributes alone (`exists` says
  // which matters to the legacy form: DELETE and ADD on nothing). Every operand is read from `old`: actions do not see each other.
  // Faults: "The provided expression refers to an attribute that does not exist in the item", "An operand in the update expression
  // has an incorrect data type", "The document path provided in the update expression is invalid for update", "Item size to update has
  // exceeded the maximum allowed size" is the caller's.
  Outcome<void> apply(const Map& old, bool exists, ValueWriter& to, Arena& arena) const;
  // Of UPDATED_OLD and UPDATED_NEW: the paths it names.
  std::span<const Path> paths() const;
  void append_attributes(std::vector<std::string_view>& to) const;  // first steps: a key attribute may not be updated
  void append_nested(std::vector<std::string_view>& to) const;      // those that a path leads into, of operands too

 private:
  const UpdateProgram* program_ = nullptr;
};

}  // namespace gatehouse::dynamo
