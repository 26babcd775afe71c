// ProjectionExpression and AttributesToGet: which parts of an item are answered. Lives in the request's arena.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/expr/bindings.hpp"
#include "gatehouse/dynamo/expr/path.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

struct ProjectionNode;  // a tree of wanted names and indexes

class Projection {
 public:
  Projection() = default;  // none: everything
  // Overlapping and conflicting paths are faults ("Two document paths overlap with each other; …").
  static Outcome<Projection> parse(std::string_view text, Bindings& bindings, Arena& arena);
  // AttributesToGet: top-level names. Duplicates are a fault.
  static Outcome<Projection> of_attributes(std::span<const std::string_view> names, Arena& arena);
  // The list behind SELECT: what a path leads to comes out on the top level, under the last part of its path: `a.b` as "b", `a[1]`
  // as "a[1]". Names that come twice are a fault.
  static Outcome<Projection> of_columns(std::span<const Path> paths, Arena& arena);
  static Projection of_paths(std::span<const Path> paths, Arena& arena);  // e.g. what an update touched

  explicit operator bool() const { return root_ != nullptr; }
  // Appends what is wanted of `item`, as an item: list elements close ranks, as the service does it.
  void write(const Map& item, ValueWriter& to) const;
  // The same as JSON, without an encoding in between.
  void write_json(const Map& item, std::string& to) const;
  void append_attributes(std::vector<std::string_view>& to) const;  // first steps
  void append_nested(std::vector<std::string_view>& to) const;      // those that a path leads into

 private:
  const ProjectionNode* root_ = nullptr;
};

}  // namespace gatehouse::dynamo
