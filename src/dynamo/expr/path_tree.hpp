// Document paths as a tree: what a projection keeps, what an update changes. Finds paths that overlap or conflict while it is
// built. In the request's arena; immutable once built.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/expr/path.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

class PathTree {
 public:
  using NodeId = std::uint32_t;
  static constexpr NodeId kRoot = 0;
  static constexpr NodeId kNone = ~0u;

  struct Node {
    PathStep step;
    NodeId first_child = kNone;
    NodeId last_child = kNone;
    NodeId next_sibling = kNone;
    std::uint32_t children = 0;
    std::uint32_t path = 0;  // the first path that goes through here
    bool is_leaf = false;    // that path ends here
    bool of_indexes = false;  // its children are: they are in ascending order
  };

  struct Clash {
    enum class Kind : std::uint8_t { kNone, kOverlap, kConflict } kind = Kind::kNone;
    std::uint32_t first = 0;  // paths, in the order they were given
    std::uint32_t second = 0;
  };

  // Room for all of `paths`, of which those that clash with none before are in the tree.
  PathTree(std::span<const Path> paths, Arena& arena);
  // The first overlap, otherwise the first conflict.
  const Clash& clash() const { return overlap_.kind != Clash::Kind::kNone ? overlap_ : conflict_; }

  const Node& node(NodeId id) const { return nodes_[id]; }
  std::uint32_t count() const { return count_; }
  // kNone when there is none.
  NodeId child(NodeId parent, std::string_view name) const { return find(parent, {name, 0}); }
  NodeId child(NodeId parent, std::uint32_t index) const { return find(parent, {std::string_view(), index}); }
  std::span<const Path> paths() const { return paths_; }

 private:
  void insert(std::uint32_t path);
  NodeId find(NodeId parent, const PathStep& step) const;
  NodeId& slot_of(NodeId parent, const PathStep& step) const;
  NodeId add(NodeId parent, const PathStep& step, std::uint32_t path);
  void link(NodeId parent, NodeId child);

  std::span<const Path> paths_;
  std::span<Node> nodes_;
  std::span<NodeId> parents_;
  std::span<NodeId> slots_;  // open addressing by parent and step
  std::uint32_t count_ = 1;
  Clash overlap_;
  Clash conflict_;
};

// "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a, b]"
std::string clash_text(const PathTree& tree);

}  // namespace gatehouse::dynamo
