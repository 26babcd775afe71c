// Builds the tree: first as linked drafts that split where texts part, then flat, children side by side.
#include "conditions.hpp"
#include "route_tree.hpp"

#include <algorithm>

namespace gatehouse::routing {

using pipeline::PathSegment;
using pipeline::Route;

struct RouteTreeBuilder::Draft {
  std::string text;
  std::vector<std::unique_ptr<Draft>> children;  // no two begin with the same byte
  std::unique_ptr<Draft> variable;
  Routes leaf, greedy;

  // The node at the end of `literal` below this one, made if need be.
  Draft& at(std::string_view literal) {
    if (literal.empty()) return *this;
    for (auto& child : children) {
      if (child->text.front() != literal.front()) continue;
      const auto parted = std::ranges::mismatch(child->text, literal).in1;
      const auto common = static_cast<std::size_t>(parted - child->text.begin());
      if (common < child->text.size()) split(child, common);
      return child->at(literal.substr(common));
    }
    children.push_back(std::make_unique<Draft>());
    children.back()->text = literal;
    return *children.back();
  }

  // Puts a node in front of `node` that has the first `size` bytes of its text.
  static void split(std::unique_ptr<Draft>& node, std::size_t size) {
    auto upper = std::make_unique<Draft>();
    upper->text = node->text.substr(0, size);
    node->text.erase(0, size);
    upper->children.push_back(std::move(node));
    node = std::move(upper);
  }

  Draft& behind_variable() {
    if (!variable) variable = std::make_unique<Draft>();
    return *variable;
  }
};

RouteTreeBuilder::RouteTreeBuilder(Methods& methods) : methods_(methods), root_(std::make_unique<Draft>()) {}
RouteTreeBuilder::~RouteTreeBuilder() = default;

void RouteTreeBuilder::add(const Route& route, std::string_view base_path) {
  if (route.pattern.is_default) {
    defaults_.push_back(&route);
    return;
  }
  add_path(route, route.pattern.trailing_slash);
  if (base_path.empty() || !route.pattern.trailing_slash) return;
  std::string path;
  for (const PathSegment& segment : route.pattern.segments) path += "/" + segment.text;
  if (path == base_path) add_path(route, false);
}

void RouteTreeBuilder::add_path(const Route& route, bool with_slash) {
  Draft* at = root_.get();
  std::string literal;
  for (const PathSegment& segment : route.pattern.segments) {
    literal += '/';
    if (segment.kind == PathSegment::Kind::kLiteral) {
      literal += segment.text;
      continue;
    }
    at = &at->at(literal);
    literal.clear();
    if (segment.kind == PathSegment::Kind::kGreedy) {
      at->greedy.push_back(&route);
      return;
    }
    at = &at->behind_variable();
  }
  if (with_slash) literal += '/';
  at->at(literal).leaf.push_back(&route);
}

RouteTree RouteTreeBuilder::build() {
  RouteTree tree;
  tree.nodes_.emplace_back();
  fill(0, *root_, tree);
  tree.default_ = make_leaf(std::move(defaults_), tree);
  return tree;
}

void RouteTreeBuilder::fill(std::uint32_t node, Draft& draft, RouteTree& tree) const {
  const auto position = [](std::size_t at) { return static_cast<std::uint32_t>(at); };
  RouteTree::Node made;
  made.text_at = position(tree.texts_.size());
  made.text_size = position(draft.text.size());
  tree.texts_ += draft.text;
  made.branches_at = position(tree.texts_.size());
  for (const auto& child : draft.children) tree.texts_ += child->text.front();
  made.children = position(tree.nodes_.size());
  made.child_count = position(draft.children.size());
  tree.nodes_.resize(tree.nodes_.size() + draft.children.size());
  if (draft.variable) {
    made.variable = position(tree.nodes_.size());
    tree.nodes_.emplace_back();
  }
  tree.has_greedy_ = tree.has_greedy_ || !draft.greedy.empty();
  made.leaf = make_leaf(std::move(draft.leaf), tree);
  made.greedy = make_leaf(std::move(draft.greedy), tree);
  tree.nodes_[node] = made;
  for (std::uint32_t i = 0; i < made.child_count; ++i) fill(made.children + i, *draft.children[i], tree);
  if (draft.variable) fill(made.variable, *draft.variable, tree);
}

std::uint32_t RouteTreeBuilder::make_leaf(Routes routes, RouteTree& tree) const {
  if (routes.empty()) return RouteTree::kNone;
  std::ranges::stable_sort(routes, [](const Route* a, const Route* b) {
    const bool a_any = a->pattern.method.empty();
    if (a_any != b->pattern.method.empty()) return !a_any;
    return asks_for_more(a->pattern, b->pattern);
  });
  const auto first = static_cast<std::uint32_t>(tree.candidates_.size());
  for (const Route* route : routes) {
    tree.candidates_.push_back({route, methods_.add(route->pattern.method), has_conditions(route->pattern)});
  }
  tree.leaves_.push_back({first, static_cast<std::uint32_t>(routes.size())});
  return static_cast<std::uint32_t>(tree.leaves_.size() - 1);
}

}  // namespace gatehouse::routing
