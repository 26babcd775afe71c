// One hash table for the children of all nodes, so that thousands of paths in one text cost no more than their length.
#include "dynamo/expr/path_tree.hpp"

#include "dynamo/expr/source.hpp"

#include <algorithm>
#include <bit>

namespace gatehouse::dynamo {
namespace {

// So many children are looked through faster than one is hashed.
constexpr std::uint32_t kFewChildren = 6;

std::size_t hash(PathTree::NodeId parent, const PathStep& step) {
  std::uint64_t value = parent * 0x9E3779B97F4A7C15u + step.index + 1;
  for (const char c : step.name) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return static_cast<std::size_t>(value ^ value >> 29);
}

}  // namespace

PathTree::PathTree(std::span<const Path> paths, Arena& arena) : paths_(paths) {
  std::size_t steps = 1;
  for (const Path& path : paths) steps += path.size();
  nodes_ = arena.array<Node>(steps);
  parents_ = arena.array<NodeId>(steps);
  slots_ = arena.array<NodeId>(std::bit_ceil(2 * steps));
  std::ranges::fill(slots_, kNone);
  nodes_[kRoot] = Node();
  for (std::uint32_t i = 0; i < paths.size() && overlap_.kind == Clash::Kind::kNone; ++i) insert(i);
}

// Where it is, or would be.
PathTree::NodeId& PathTree::slot_of(NodeId parent, const PathStep& step) const {
  std::size_t slot = hash(parent, step) & (slots_.size() - 1);
  while (slots_[slot] != kNone && (parents_[slots_[slot]] != parent || nodes_[slots_[slot]].step != step)) {
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return slots_[slot];
}

PathTree::NodeId PathTree::find(NodeId parent, const PathStep& step) const {
  if (nodes_[parent].children > kFewChildren) return slot_of(parent, step);
  NodeId at = nodes_[parent].first_child;
  while (at != kNone && nodes_[at].step != step) at = nodes_[at].next_sibling;
  return at;
}

PathTree::NodeId PathTree::add(NodeId parent, const PathStep& step, std::uint32_t path) {
  const NodeId id = count_++;
  nodes_[id] = Node();
  nodes_[id].step = step;
  nodes_[id].path = path;
  parents_[id] = parent;
  slot_of(parent, step) = id;
  link(parent, id);
  return id;
}

// Names in the order they came, indexes in ascending order: mostly they came so.
void PathTree::link(NodeId parent, NodeId child) {
  Node& node = nodes_[parent];
  ++node.children;
  const PathStep& step = nodes_[child].step;
  node.of_indexes = step.is_index();
  if (node.first_child == kNone) {
    node.first_child = node.last_child = child;
  } else if (!step.is_index() || nodes_[node.last_child].step.index < step.index) {
    nodes_[node.last_child].next_sibling = child;
    node.last_child = child;
  } else if (nodes_[node.first_child].step.index > step.index) {
    nodes_[child].next_sibling = node.first_child;
    node.first_child = child;
  } else {
    NodeId before = node.first_child;
    while (nodes_[nodes_[before].next_sibling].step.index < step.index) before = nodes_[before].next_sibling;
    nodes_[child].next_sibling = nodes_[before].next_sibling;
    nodes_[before].next_sibling = child;
  }
}

void PathTree::insert(std::uint32_t path) {
  NodeId at = kRoot;
  for (const PathStep& step : paths_[path]) {
    if (nodes_[at].is_leaf) {
      overlap_ = {Clash::Kind::kOverlap, nodes_[at].path, path};
      return;
    }
    const NodeId first = nodes_[at].first_child;
    if (first != kNone && nodes_[at].of_indexes != step.is_index()) {
      if (conflict_.kind != Clash::Kind::kNone) return;
      // The path that made it a list, or a map, is the one of its oldest child.
      NodeId oldest = first;
      for (NodeId i = first; i != kNone; i = nodes_[i].next_sibling) oldest = std::min(oldest, i);
      conflict_ = {Clash::Kind::kConflict, nodes_[oldest].path, path};
      return;
    }
    const NodeId known = find(at, step);
    at = known != kNone ? known : add(at, step, path);
  }
  if (nodes_[at].is_leaf || nodes_[at].first_child != kNone) {
    overlap_ = {Clash::Kind::kOverlap, nodes_[at].path, path};
    return;
  }
  nodes_[at].is_leaf = true;
}

std::string clash_text(const PathTree& tree) {
  const PathTree::Clash& clash = tree.clash();
  const bool overlap = clash.kind == PathTree::Clash::Kind::kOverlap;
  return std::string(overlap ? "Two document paths overlap" : "Two document paths conflict") +
         " with each other; must remove or rewrite one of these paths; path one: " +
         path_text(tree.paths()[clash.first]) + ", path two: " + path_text(tree.paths()[clash.second]);
}

}  // namespace gatehouse::dynamo
