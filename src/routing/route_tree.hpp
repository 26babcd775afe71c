// The routes of one API on one base path as a radix tree over the bytes of their path templates. Where a template has a
// variable, the tree branches: the variable takes the rest of the segment, a greedy one the rest of the path. Built once,
// then immutable and shared by workers; a lookup allocates nothing.
#pragma once

#include "gatehouse/http/fields.hpp"
#include "gatehouse/pipeline/path_params.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "methods.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::routing {

// What a lookup is about, besides the path.
struct Wanted {
  std::string_view query;
  const http::Fields* fields;
  // In the order in which routes are tried: the method's own, GET's for HEAD, ANY's.
  std::array<MethodId, 3> methods;
  std::uint8_t method_count;
};

class RouteTree {
 public:
  struct Found {
    const pipeline::Route* route = nullptr;  // null: none
    std::uint64_t allowed = 0;               // then: the methods of the routes that have the path
  };
  Found find(std::string_view path, const Wanted& wanted, pipeline::PathParams& params) const;

 private:
  friend class RouteTreeBuilder;
  class Search;

  static constexpr std::uint32_t kNone = UINT32_MAX;

  struct Candidate {
    const pipeline::Route* route;
    MethodId method;
    bool has_conditions;
  };
  // Routes that end at the same place, in the order in which they are tried.
  struct Leaf {
    std::uint32_t first, count;  // in candidates_
  };
  struct Node {
    std::uint32_t text_at = 0,
                  text_size = 0;  // in texts_: what leads to this node; its first byte is in its parent's branches
    std::uint32_t children = 0, child_count = 0;  // in nodes_
    std::uint32_t branches_at = 0;                // in texts_: the first byte of each child
    std::uint32_t variable = kNone;               // the node behind a variable that begins here
    std::uint32_t leaf = kNone;                   // in leaves_: routes that end here
    std::uint32_t greedy = kNone;                 // in leaves_: routes that end in a greedy variable that begins here
  };

  std::vector<Node> nodes_;  // the first is the root
  std::string texts_;
  std::vector<Leaf> leaves_;
  std::vector<Candidate> candidates_;
  std::uint32_t default_ = kNone;  // in leaves_
  bool has_greedy_ = false;
};

// Collects routes, then makes the tree.
class RouteTreeBuilder {
 public:
  explicit RouteTreeBuilder(Methods& methods);
  ~RouteTreeBuilder();

  // `base_path`: "" or "/v1". "/" in an API on a base path is the base path itself too.
  void add(const pipeline::Route& route, std::string_view base_path);
  RouteTree build();

 private:
  struct Draft;
  using Routes = std::vector<const pipeline::Route*>;

  void add_path(const pipeline::Route& route, bool with_slash);
  std::uint32_t make_leaf(Routes routes, RouteTree& tree) const;
  void fill(std::uint32_t node, Draft& draft, RouteTree& tree) const;

  Methods& methods_;
  std::unique_ptr<Draft> root_;
  Routes defaults_;
};

}  // namespace gatehouse::routing
