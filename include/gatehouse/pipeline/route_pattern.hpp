// "GET /orders/{id}", "ANY /files/{proxy+}", "$default": what a route matches, parsed. Plain values.
#pragma once

#include "gatehouse/base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::pipeline {

struct PathSegment {
  enum class Kind : unsigned char { kLiteral, kVariable, kGreedy };
  Kind kind;
  std::string text;  // the literal (normalised), or the variable's name
  bool operator==(const PathSegment&) const = default;
};

// A field or query parameter that must be there; `value` "*": with any value.
struct Condition {
  std::string name;
  std::string value;
  bool operator==(const Condition&) const = default;
};

struct RoutePattern {
  static constexpr std::size_t kMaxVariables = 16;

  bool is_default = false;             // "$default": whatever the base path covers; it has no segments
  std::string method;                  // empty: ANY
  std::vector<PathSegment> segments;   // of the path, base path included
  bool trailing_slash = false;         // "/orders/" is not "/orders"; "/" is no segment and a trailing slash
  bool greedy_may_be_empty = false;    // "/app/{file+}" matches "/app/" too, where an index of files is expected
  std::vector<Condition> headers;      // names in lower case
  std::vector<Condition> query;

  // The error's message says what is wrong with `text` and how to write it. Literals come out in the normal form of paths.
  static Result<RoutePattern> parse(std::string_view text, std::string_view base_path = {});
  // Method and path as parse() takes them, without the conditions.
  std::string to_string() const;
  // Names of the path's variables, in order.
  std::vector<std::string> variables() const;
  bool operator==(const RoutePattern&) const = default;
};

}  // namespace gatehouse::pipeline
