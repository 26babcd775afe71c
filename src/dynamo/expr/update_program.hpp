// What an update does: one action for each path. Immutable, in the request's arena.
#pragma once

#include "dynamo/expr/path_tree.hpp"
#include "gatehouse/dynamo/expr/path.hpp"
#include "gatehouse/dynamo/wire/value.hpp"

#include <cstdint>
#include <span>

namespace gatehouse::dynamo {

// An operand of SET, or what joins two of them.
struct UpdateOperand {
  enum class Kind : std::uint8_t {
    kValue, kPath, kIfNotExists,
    kPlus, kMinus,  // within each other in PartiQL only
    kListAppend,    // at the top only
  } kind = Kind::kValue;
  Value value;                            // of kValue
  Path path;                              // of kPath and kIfNotExists
  const UpdateOperand* first = nullptr;   // of what joins two
  const UpdateOperand* second = nullptr;  // and of kIfNotExists
};

struct UpdateAction {
  enum class Kind : std::uint8_t {
    kSet, kRemove, kAdd, kDelete,
    kLegacyAdd, kLegacyDelete,  // of AttributeUpdates: lists may be added to, and types are checked in other words
  } kind = Kind::kSet;
  const UpdateOperand* operand = nullptr;  // of kSet
  Value value;                             // of the others but kRemove
};

struct UpdateProgram {
  std::span<const UpdateAction> actions;  // in the order they were written; action i is about path i of the tree
  PathTree tree;
};

}  // namespace gatehouse::dynamo
