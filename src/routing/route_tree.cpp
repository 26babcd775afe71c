// The lookup: literal text first, then the variable, with a way back; greedy variables only when nothing matches in full.
#include "route_tree.hpp"

#include "conditions.hpp"

#include <cstring>

namespace gatehouse::routing {

using pipeline::PathParams;
using pipeline::PathSegment;
using pipeline::Route;

class RouteTree::Search {
 public:
  Search(const RouteTree& tree, std::string_view path, const Wanted& wanted)
      : tree_(tree), wanted_(wanted), end_(path.data() + path.size()) {}

  bool match_fully(const char* path) { return match_fully(&tree_.nodes_.front(), path); }
  bool match_greedily(const char* path) {
    size_ = 0;
    return tree_.has_greedy_ && match_greedily(tree_.nodes_.front(), path);
  }
  bool match_default() { return tree_.default_ != kNone && choose(tree_.default_, false); }

  Found found() const { return {route_, allowed_}; }
  void name_values(PathParams& params) const;

 private:
  // `at`: behind the node's text. False leaves values_ as they may be: the caller knows how many were there.
  bool match_fully(const Node* node, const char* at);
  // The most specific template that ends in a greedy variable: literal text before a variable, before a greedy one.
  bool match_greedily(const Node& node, const char* at);
  const Node* child(const Node& node, const char* at) const;
  const char* segment_end(const char* at) const;
  void keep(const char* begin, const char* end) { values_[size_++] = {begin, end}; }
  bool choose(std::uint32_t leaf, bool empty_greedy);

  const RouteTree& tree_;
  const Wanted& wanted_;
  const char* end_;
  const Route* route_ = nullptr;
  std::uint64_t allowed_ = 0;
  std::size_t size_ = 0;
  struct Value {
    const char *begin, *end;
  };
  Value values_[PathParams::kMax];  // not initialised: only the first size_ count
};

// The child whose text is next in the path.
inline const RouteTree::Node* RouteTree::Search::child(const Node& node, const char* at) const {
  const char* const texts = tree_.texts_.data();
  const char* const branches = texts + node.branches_at;
  for (std::uint32_t i = 0; i < node.child_count; ++i) {
    if (branches[i] != *at) continue;
    const Node& next = tree_.nodes_.data()[node.children + i];
    if (next.text_size > static_cast<std::size_t>(end_ - at)) return nullptr;
    const bool fits = next.text_size == 1 || std::memcmp(texts + next.text_at + 1, at + 1, next.text_size - 1) == 0;
    return fits ? &next : nullptr;
  }
  return nullptr;
}

const char* RouteTree::Search::segment_end(const char* at) const {
  const void* const slash = std::memchr(at, '/', static_cast<std::size_t>(end_ - at));
  return slash == nullptr ? end_ : static_cast<const char*>(slash);
}

bool RouteTree::Search::match_fully(const Node* node, const char* at) {
  while (at != end_) {
    if (const Node* const next = child(*node, at)) {
      if (node->variable == kNone) {
        at += next->text_size;
        node = next;
        continue;
      }
      const std::size_t size = size_;
      if (match_fully(next, at + next->text_size)) return true;
      size_ = size;
    }
    if (node->variable == kNone) return false;
    const char* const end = segment_end(at);
    if (end == at) return false;
    keep(at, end);
    at = end;
    node = &tree_.nodes_[node->variable];
  }
  return node->leaf != kNone && choose(node->leaf, false);
}

bool RouteTree::Search::match_greedily(const Node& node, const char* at) {
  const std::size_t size = size_;
  if (at != end_) {
    if (const Node* const next = child(node, at); next != nullptr && match_greedily(*next, at + next->text_size))
      return true;
    size_ = size;
    const char* const end = node.variable == kNone ? at : segment_end(at);
    if (end != at) {
      keep(at, end);
      if (match_greedily(tree_.nodes_[node.variable], end)) return true;
      size_ = size;
    }
  }
  if (node.greedy == kNone) return false;
  keep(at, end_);
  return choose(node.greedy, at == end_);
}

// The first route of the leaf, in order of the wanted methods, whose conditions hold. What has the path but not the method
// is remembered for Allow.
bool RouteTree::Search::choose(std::uint32_t leaf, bool empty_greedy) {
  const Candidate* const first = tree_.candidates_.data() + tree_.leaves_[leaf].first;
  const Candidate* const last = first + tree_.leaves_[leaf].count;
  const auto fits = [&](const Candidate& candidate) {
    return (!empty_greedy || candidate.route->pattern.greedy_may_be_empty) &&
           (!candidate.has_conditions || conditions_hold(candidate.route->pattern, wanted_.fields, wanted_.query));
  };
  for (std::uint8_t i = 0; i < wanted_.method_count; ++i) {
    for (const Candidate* candidate = first; candidate != last; ++candidate) {
      if (candidate->method != wanted_.methods[i] || !fits(*candidate)) continue;
      route_ = candidate->route;
      return true;
    }
  }
  for (const Candidate* candidate = first; candidate != last; ++candidate) {
    if (candidate->method < Methods::kListed && fits(*candidate)) allowed_ |= std::uint64_t{1} << candidate->method;
  }
  return false;
}

void RouteTree::Search::name_values(PathParams& params) const {
  std::size_t i = 0;
  for (const PathSegment& segment : route_->pattern.segments) {
    if (segment.kind == PathSegment::Kind::kLiteral) continue;
    const Value& value = values_[i++];
    params.push(segment.text, {value.begin, static_cast<std::size_t>(value.end - value.begin)});
  }
}

RouteTree::Found RouteTree::find(std::string_view path, const Wanted& wanted, PathParams& params) const {
  Search search(*this, path, wanted);
  if (search.match_fully(path.data()) || search.match_greedily(path.data())) {
    search.name_values(params);
  } else {
    search.match_default();
  }
  return search.found();
}

}  // namespace gatehouse::routing
