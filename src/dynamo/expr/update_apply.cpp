// Outcomes of actions, then the walk.
#include "dynamo/expr/update_apply.hpp"

#include "dynamo/expr/set_math.hpp"
#include "gatehouse/dynamo/expr/update.hpp"

#include <algorithm>
#include <new>

namespace gatehouse::dynamo {
namespace {

constexpr std::string_view kWrongType = "An operand in the update expression has an incorrect data type";
constexpr std::string_view kNoAttribute =
    "The provided expression refers to an attribute that does not exist in the item";
constexpr std::string_view kInvalidPath = "The document path provided in the update expression is invalid for update";
constexpr std::string_view kTooNested = "Nesting Levels have exceeded supported limits";
constexpr std::string_view kLegacyMismatch = "Type mismatch for attribute to update";

std::string_view problem_text(NumberProblem problem) {
  switch (problem) {
    case NumberProblem::kOverflow:
      return "Number overflow. Attempting to store a number with magnitude larger than supported range";
    case NumberProblem::kUnderflow:
      return "Number underflow. Attempting to store a number with magnitude smaller than supported range";
    default: return "Attempting to store more than 38 significant digits in a Number";
  }
}

// Levels of values, its own included. Looks no deeper than values may be.
std::size_t height(Value value) {
  std::size_t below = 0;
  if (value.type() == Type::kList) {
    for (const Value element : value.list()) below = std::max(below, height(element));
  } else if (value.type() == Type::kMap) {
    for (const Attribute& attribute : value.map()) below = std::max(below, height(attribute.value));
  }
  return below + 1;
}

bool is_container(Value value) { return value.type() == Type::kList || value.type() == Type::kMap; }

}  // namespace

bool UpdateApplier::fail(std::string_view message) {
  fault_ = message;
  return false;
}

Outcome<void> UpdateApplier::run() {
  results_ = arena_.array<Result>(program_.actions.size());
  for (std::size_t i = 0; i < results_.size(); ++i) {
    results_[i] = Result();
    if (!compute(i, results_[i])) return validation(std::string(fault_));
  }
  seen_ = arena_.array<bool>(tree_.count());
  std::ranges::fill(seen_, false);
  auto open = to_.begin_item();
  if (!write_members(PathTree::kRoot, old_, open)) return validation(std::string(fault_));
  to_.end_item(open);
  return {};
}

bool UpdateApplier::compute(std::size_t action, Result& to) {
  const UpdateAction& what = program_.actions[action];
  const Path path = tree_.paths()[action];
  switch (what.kind) {
    case UpdateAction::Kind::kRemove: return true;
    case UpdateAction::Kind::kSet:
      if (what.operand == nullptr) {
        to = {Result::Kind::kValue, what.value, {}, nullptr};
        return true;
      }
      return compute_set(*what.operand, to) && check_nesting(path, to);
    case UpdateAction::Kind::kAdd: return compute_add(what, resolve(old_, path), to);
    case UpdateAction::Kind::kDelete:
    case UpdateAction::Kind::kLegacyDelete: return compute_delete(what, resolve(old_, path), to);
    case UpdateAction::Kind::kLegacyAdd: return compute_legacy_add(what, resolve(old_, path), to);
  }
  return true;
}

bool UpdateApplier::operand_value(const UpdateOperand& operand, Value& to) {
  const UpdateOperand* at = &operand;
  for (; at->kind == UpdateOperand::Kind::kIfNotExists; at = at->second) {
    to = resolve(old_, at->path);
    if (to) return true;
  }
  if (at->kind > UpdateOperand::Kind::kIfNotExists) return sum_value(*at, to);
  to = at->kind == UpdateOperand::Kind::kPath ? resolve(old_, at->path) : at->value;
  return to || fail(kNoAttribute);
}

// A sum within a sum, as a value. As deep as there are operators.
bool UpdateApplier::sum_value(const UpdateOperand& operand, Value& to) {
  Result sum;
  if (!compute_set(operand, sum)) return false;
  if (sum.kind != Result::Kind::kNumber) return fail(kWrongType);
  std::string encoded;
  ValueWriter(encoded).number(sum.number->view());
  to = Value::at(arena_.copy(encoded).data());
  return true;
}

bool UpdateApplier::compute_set(const UpdateOperand& operand, Result& to) {
  using Kind = UpdateOperand::Kind;
  Value first;
  Value second;
  if (operand.kind <= Kind::kIfNotExists) {
    if (!operand_value(operand, first)) return false;
    to = {Result::Kind::kValue, first, {}, nullptr};
    return true;
  }
  if (!operand_value(*operand.first, first) || !operand_value(*operand.second, second)) return false;
  switch (operand.kind) {
    case Kind::kPlus: return arithmetic(true, first, second, to);
    case Kind::kMinus: return arithmetic(false, first, second, to);
    default: return join_lists(first, second, to);
  }
}

bool UpdateApplier::arithmetic(bool plus, Value a, Value b, Result& to) {
  if (a.type() != Type::kNumber || b.type() != Type::kNumber) return fail(kWrongType);
  auto* number = new (arena_.allocate(sizeof(NumberText), alignof(NumberText))) NumberText;
  const NumberProblem problem =
      plus ? add_numbers(a.text(), b.text(), *number) : subtract_numbers(a.text(), b.text(), *number);
  if (problem != NumberProblem::kNone) return fail(problem_text(problem));
  to = {Result::Kind::kNumber, {}, {}, number};
  return true;
}

bool UpdateApplier::join_lists(Value a, Value b, Result& to) {
  if (a.type() != Type::kList || b.type() != Type::kList) return fail(kWrongType);
  to = {Result::Kind::kAppended, a, b, nullptr};
  return true;
}

bool UpdateApplier::change_set(bool adds, Value old, Value change, Result& to) {
  if (!is_set(change.type()) || old.type() != change.type()) return fail(kWrongType);
  if (adds) {
    to = {Result::Kind::kUnion, old, change, nullptr};
  } else if (!is_difference_empty(old, change)) {
    to = {Result::Kind::kDifference, old, change, nullptr};
  }
  return true;
}

bool UpdateApplier::compute_add(const UpdateAction& action, Value old, Result& to) {
  if (!old) {
    to = {Result::Kind::kValue, action.value, {}, nullptr};
    return true;
  }
  if (action.value.type() == Type::kNumber) return arithmetic(true, old, action.value, to);
  return change_set(true, old, action.value, to);
}

bool UpdateApplier::compute_delete(const UpdateAction& action, Value old, Result& to) {
  if (!old) return true;
  if (action.kind == UpdateAction::Kind::kLegacyDelete && old.type() != action.value.type()) return fail(kLegacyMismatch);
  return change_set(false, old, action.value, to);
}

bool UpdateApplier::compute_legacy_add(const UpdateAction& action, Value old, Result& to) {
  if (old && old.type() != action.value.type()) return fail(kLegacyMismatch);
  if (old && old.type() == Type::kList) return join_lists(old, action.value, to);
  return compute_add(action, old, to);
}

bool UpdateApplier::check_nesting(Path path, const Result& result) {
  std::size_t levels = 0;
  for (const Value value : {result.first, result.second}) {
    if (value && is_container(value)) levels = std::max(levels, height(value));
  }
  return path.size() + levels <= kMaxNesting + 1 || fail(kTooNested);
}

bool UpdateApplier::write_members(PathTree::NodeId at, const Map& old, ValueWriter::Open& open) {
  for (const Attribute& attribute : old) {
    const PathTree::NodeId child = tree_.child(at, attribute.name);
    if (child == PathTree::kNone) {
      to_.name(open, attribute.name);
      to_.value(attribute.value);
      continue;
    }
    seen_[child] = true;
    const PathTree::Node& node = tree_.node(child);
    if (node.is_leaf && results_[node.path].kind == Result::Kind::kNothing) continue;
    to_.name(open, attribute.name);
    if (!write_part(child, attribute.value)) return false;
  }
  for (PathTree::NodeId child = tree_.node(at).first_child; child != PathTree::kNone;
       child = tree_.node(child).next_sibling) {
    const PathTree::Node& node = tree_.node(child);
    if (seen_[child] || (node.is_leaf && results_[node.path].kind == Result::Kind::kNothing)) continue;
    if (!node.is_leaf) return fail(kInvalidPath);
    to_.name(open, node.step.name);
    write_result(results_[node.path]);
  }
  return true;
}

// What is set beyond the end is appended, in the order of the indexes.
bool UpdateApplier::write_elements(PathTree::NodeId at, const List& old, ValueWriter::Open& open) {
  PathTree::NodeId child = tree_.node(at).first_child;
  std::uint32_t index = 0;
  for (const Value value : old) {
    if (child == PathTree::kNone || tree_.node(child).step.index != index++) {
      to_.value(value);
      ++open.count;
      continue;
    }
    const PathTree::Node& node = tree_.node(child);
    const bool removed = node.is_leaf && results_[node.path].kind == Result::Kind::kNothing;
    if (!removed && !write_part(child, value)) return false;
    open.count += removed ? 0 : 1;
    child = node.next_sibling;
  }
  for (; child != PathTree::kNone; child = tree_.node(child).next_sibling) {
    const PathTree::Node& node = tree_.node(child);
    if (!node.is_leaf) return fail(kInvalidPath);
    if (results_[node.path].kind == Result::Kind::kNothing) continue;
    write_result(results_[node.path]);
    ++open.count;
  }
  return true;
}

// As deep as a path is long.
bool UpdateApplier::write_part(PathTree::NodeId at, Value old) {
  const PathTree::Node& node = tree_.node(at);
  if (node.is_leaf) {
    write_result(results_[node.path]);
    return true;
  }
  if (old.type() != (node.of_indexes ? Type::kList : Type::kMap)) return fail(kInvalidPath);
  if (node.of_indexes) {
    auto open = to_.begin_list();
    if (!write_elements(at, old.list(), open)) return false;
    to_.end_list(open);
    return true;
  }
  auto open = to_.begin_map();
  if (!write_members(at, old.map(), open)) return false;
  to_.end_map(open);
  return true;
}

void UpdateApplier::write_result(const Result& result) {
  switch (result.kind) {
    case Result::Kind::kNothing: break;
    case Result::Kind::kValue: to_.value(result.first); break;
    case Result::Kind::kNumber: to_.number(result.number->view()); break;
    case Result::Kind::kUnion: write_union(to_, result.first, result.second); break;
    case Result::Kind::kDifference: write_difference(to_, result.first, result.second); break;
    case Result::Kind::kAppended: {
      auto open = to_.begin_list();
      for (const Value list : {result.first, result.second}) {
        for (const Value value : list.list()) to_.value(value);
        open.count += list.count();
      }
      to_.end_list(open);
    }
  }
}

Outcome<void> Update::apply(const Map& old, bool, ValueWriter& to, Arena& arena) const {
  if (program_ != nullptr) return UpdateApplier(*program_, old, to, arena).run();
  auto open = to.begin_item();
  for (const Attribute& attribute : old) {
    to.name(open, attribute.name);
    to.value(attribute.value);
  }
  to.end_item(open);
  return {};
}

}  // namespace gatehouse::dynamo
