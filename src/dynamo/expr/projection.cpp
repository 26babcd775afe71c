// ProjectionExpression and AttributesToGet.
#include "gatehouse/dynamo/expr/projection.hpp"

#include "dynamo/expr/arena_list.hpp"
#include "dynamo/expr/path_tree.hpp"
#include "dynamo/expr/source.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <algorithm>
#include <new>

namespace gatehouse::dynamo {

struct ProjectionColumn {
  Path path;
  std::string_view name;
};

struct ProjectionNode {
  PathTree tree;
  std::span<const ProjectionColumn> columns;  // of SELECT: written instead of the tree's form
};

namespace {

using NodeId = PathTree::NodeId;

const ProjectionNode* make_node(const PathTree& tree, Arena& arena, std::span<const ProjectionColumn> columns = {}) {
  static_assert(std::is_trivially_destructible_v<ProjectionNode>);
  return new (arena.allocate(sizeof(ProjectionNode), alignof(ProjectionNode))) ProjectionNode{tree, columns};
}

std::string_view column_name(Path path, Arena& arena) {
  std::size_t from = path.size() - 1;
  while (path[from].is_index()) --from;
  std::string name(path[from].name);
  for (const PathStep& step : path.subspan(from + 1)) name += '[' + std::to_string(step.index) + ']';
  return arena.copy(name);
}

// The two forms that a projection is written in. A container is written once something of it is: what turns out to be empty
// is taken back.
class EncodedOutput {
 public:
  explicit EncodedOutput(ValueWriter& to) : to_(to) {}

  using Open = ValueWriter::Open;
  struct Mark {
    std::size_t size;
    std::uint32_t count;
  };
  Mark mark(const Open& open) const { return {to_.buffer().size(), open.count}; }
  void take_back(Open& open, const Mark& mark) {
    to_.buffer().resize(mark.size);
    open.count = mark.count;
  }
  void name(Open& open, std::string_view name) { to_.name(open, name); }
  void element(Open& open) { ++open.count; }
  void value(Value value) { to_.value(value); }
  Open begin_map() { return to_.begin_map(); }
  void end_map(Open& open) { to_.end_map(open); }
  Open begin_list() { return to_.begin_list(); }
  void end_list(Open& open) { to_.end_list(open); }

 private:
  ValueWriter& to_;
};

class JsonOutput {
 public:
  explicit JsonOutput(std::string& to) : to_(to) {}

  struct Open {
    std::uint32_t count = 0;
  };
  struct Mark {
    std::size_t size;
    std::uint32_t count;
  };
  Mark mark(const Open& open) const { return {to_.size(), open.count}; }
  void take_back(Open& open, const Mark& mark) {
    to_.resize(mark.size);
    open.count = mark.count;
  }
  void name(Open& open, std::string_view name) {
    element(open);
    write_json_string(to_, name);
    to_ += ':';
  }
  void element(Open& open) {
    if (open.count++ > 0) to_ += ',';
  }
  void value(Value value) { write_json_value(to_, value); }
  Open begin_map() {
    to_ += "{\"M\":{";
    return {};
  }
  void end_map(Open&) { to_ += "}}"; }
  Open begin_list() {
    to_ += "{\"L\":[";
    return {};
  }
  void end_list(Open&) { to_ += "]}"; }

 private:
  std::string& to_;
};

// As deep as a path is long.
template <class Output>
class Writer {
 public:
  Writer(const PathTree& tree, Output& to) : tree_(tree), to_(to) {}

  // Whether something was written.
  bool members(NodeId at, const Map& map, typename Output::Open& open) {
    std::uint32_t left = tree_.node(at).children;
    bool any = false;
    for (const Attribute& attribute : map) {
      if (left == 0) break;
      const NodeId child = tree_.child(at, attribute.name);
      if (child == PathTree::kNone) continue;
      --left;
      const auto mark = to_.mark(open);
      to_.name(open, attribute.name);
      if (part(child, attribute.value)) {
        any = true;
      } else {
        to_.take_back(open, mark);
      }
    }
    return any;
  }

 private:
  bool elements(NodeId at, const List& list, typename Output::Open& open) {
    NodeId child = tree_.node(at).first_child;
    std::uint32_t index = 0;
    bool any = false;
    for (const Value value : list) {
      if (child == PathTree::kNone) break;
      if (index++ != tree_.node(child).step.index) continue;
      const auto mark = to_.mark(open);
      to_.element(open);
      if (part(child, value)) {
        any = true;
      } else {
        to_.take_back(open, mark);
      }
      child = tree_.node(child).next_sibling;
    }
    return any;
  }

  bool part(NodeId at, Value value) {
    if (tree_.node(at).is_leaf) {
      to_.value(value);
      return true;
    }
    if (value.type() != (tree_.node(at).of_indexes ? Type::kList : Type::kMap)) return false;
    if (value.type() == Type::kList) {
      auto open = to_.begin_list();
      const bool any = elements(at, value.list(), open);
      to_.end_list(open);
      return any;
    }
    auto open = to_.begin_map();
    const bool any = members(at, value.map(), open);
    to_.end_map(open);
    return any;
  }

  const PathTree& tree_;
  Output& to_;
};

template <class Output>
void write_members(const ProjectionNode& node, const Map& item, Output& to, typename Output::Open& open) {
  if (node.columns.empty()) {
    Writer(node.tree, to).members(PathTree::kRoot, item, open);
    return;
  }
  for (const ProjectionColumn& column : node.columns) {
    const Value value = resolve(item, column.path);
    if (!value) continue;
    to.name(open, column.name);
    to.value(value);
  }
}

}  // namespace

Outcome<Projection> Projection::parse(std::string_view text, Bindings& bindings, Arena& arena) {
  Source source(text, ExpressionKind::kProjection, bindings, arena);
  ArenaList<Path> paths(arena);
  Projection projection;
  bool good = !source.failed();
  while (good) {
    const Path path = source.parse_path();
    good = !path.empty();
    if (good) paths.push_back(path);
    if (!source.accept(TokenKind::kComma)) break;
  }
  if (good && source.expect_end()) {
    const ProjectionNode* root = make_node(PathTree(paths.view(), arena), arena);
    if (root->tree.clash().kind != PathTree::Clash::Kind::kNone) source.problem(Pass::kOverlap, {clash_text(root->tree)});
    projection.root_ = root;
  }
  if (const auto outcome = source.finish(); outcome.has_error()) return outcome.error();
  return projection;
}

Outcome<Projection> Projection::of_attributes(std::span<const std::string_view> names, Arena& arena) {
  const std::span<PathStep> steps = arena.array<PathStep>(names.size());
  const std::span<Path> paths = arena.array<Path>(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    steps[i] = {names[i], 0};
    paths[i] = steps.subspan(i, 1);
  }
  Projection projection;
  projection.root_ = make_node(PathTree(paths, arena), arena);
  const PathTree::Clash& clash = projection.root_->tree.clash();
  if (clash.kind != PathTree::Clash::Kind::kNone) {
    return validation("One or more parameter values were invalid: Duplicate value in attribute name: " +
                      std::string(names[clash.second]));
  }
  return projection;
}

Outcome<Projection> Projection::of_columns(std::span<const Path> paths, Arena& arena) {
  const std::span<ProjectionColumn> columns = arena.array<ProjectionColumn>(paths.size());
  for (std::size_t i = 0; i < paths.size(); ++i) columns[i] = {paths[i], column_name(paths[i], arena)};
  std::vector<std::string_view> names;
  for (const ProjectionColumn& column : columns) names.push_back(column.name);
  std::ranges::sort(names);
  if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) {
    return validation("Duplicate identifiers in select clause: " + std::string(*twice));
  }
  Projection projection;
  projection.root_ = make_node(PathTree(paths, arena), arena, columns);
  const PathTree& tree = projection.root_->tree;
  if (tree.clash().kind != PathTree::Clash::Kind::kNone) return validation(clash_text(tree));
  return projection;
}

Projection Projection::of_paths(std::span<const Path> paths, Arena& arena) {
  Projection projection;
  projection.root_ = make_node(PathTree(paths, arena), arena);
  return projection;
}

void Projection::write(const Map& item, ValueWriter& to) const {
  EncodedOutput output(to);
  auto open = to.begin_item();
  if (root_ != nullptr) {
    write_members(*root_, item, output, open);
  } else {
    for (const Attribute& attribute : item) {
      to.name(open, attribute.name);
      to.value(attribute.value);
    }
  }
  to.end_item(open);
}

void Projection::write_json(const Map& item, std::string& to) const {
  if (root_ == nullptr) {
    write_json_item(to, item);
    return;
  }
  JsonOutput output(to);
  JsonOutput::Open open;
  to += '{';
  write_members(*root_, item, output, open);
  to += '}';
}

void Projection::append_attributes(std::vector<std::string_view>& to) const {
  if (root_ == nullptr) return;
  const PathTree& tree = root_->tree;
  for (NodeId i = tree.node(PathTree::kRoot).first_child; i != PathTree::kNone; i = tree.node(i).next_sibling) {
    to.push_back(tree.node(i).step.name);
  }
}

void Projection::append_nested(std::vector<std::string_view>& to) const {
  if (root_ == nullptr) return;
  for (const Path& path : root_->tree.paths()) {
    if (path.size() > 1) to.push_back(path.front().name);
  }
}

}  // namespace gatehouse::dynamo
