// AttributeUpdates, as a program like that of an UpdateExpression.
#include "dynamo/expr/arena_list.hpp"
#include "dynamo/expr/condition_tree.hpp"
#include "dynamo/expr/legacy_reader.hpp"
#include "dynamo/expr/set_math.hpp"
#include "dynamo/expr/update_program.hpp"
#include "gatehouse/dynamo/expr/legacy.hpp"

#include <new>

namespace gatehouse::dynamo {
namespace {

Outcome<UpdateAction> action_of(const LegacyEntry& entry) {
  UpdateAction action;
  action.value = entry.value;
  if (entry.action.empty() || entry.action == "PUT") {
    action.kind = UpdateAction::Kind::kSet;
  } else if (entry.action == "DELETE") {
    action.kind = entry.value ? UpdateAction::Kind::kLegacyDelete : UpdateAction::Kind::kRemove;
  } else if (entry.action == "ADD") {
    action.kind = UpdateAction::Kind::kLegacyAdd;
  } else {
    return enumeration_fault(entry.action, "attributeUpdates", entry.attribute, "action", "ADD, PUT, DELETE");
  }
  if (action.kind == UpdateAction::Kind::kRemove) return action;
  if (!entry.value) return invalid_parameter("Only DELETE action is allowed when no attribute value is specified");
  const Type type = entry.value.type();
  if (action.kind == UpdateAction::Kind::kLegacyDelete && !is_set(type)) {
    return invalid_parameter("DELETE action with value is not supported for the type " + std::string(type_name(type)));
  }
  const bool addable = is_set(type) || type == Type::kNumber || type == Type::kList;
  if (action.kind == UpdateAction::Kind::kLegacyAdd && !addable) {
    return invalid_parameter("ADD action is not supported for the type " + std::string(type_name(type)));
  }
  return action;
}

}  // namespace

Outcome<Update> parse_attribute_updates(std::string_view json, Arena& arena) {
  LegacyReader reader(json, arena);
  ArenaList<UpdateAction> actions(arena);
  ArenaList<Path> paths(arena);
  for (LegacyEntry entry; reader.next(entry);) {
    const auto action = action_of(entry);
    if (action.has_error()) return action.error();
    const std::span<PathStep> path = arena.array<PathStep>(1);
    path[0] = {entry.attribute, 0};
    actions.push_back(*action);
    paths.push_back(path);
  }
  if (const auto fault = reader.fault()) return *fault;
  void* at = arena.allocate(sizeof(UpdateProgram), alignof(UpdateProgram));
  return Update(new (at) UpdateProgram{actions.view(), PathTree(paths.view(), arena)});
}

}  // namespace gatehouse::dynamo
