// "GET /orders/{id}", "ANY /files/{proxy+}", "$default": what a route matches, parsed. Plain values.
#pragma once

#include "gatehouse/base/error.hpp"

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
  bool is_default = false;             // "$default"
  std::string method;                  // empty: ANY
  std::vector<PathSegment> segments;   // of the path, base path included
  bool trailing_slash = false;         // "/orders/" is not "/orders"
  std::vector<Condition> headers;      // names in lower case
  std::vector<Condition> query;

  // The error's message says what is wrong with `text` and how to write it.
  static Result<RoutePattern> parse(std::string_view text, std::string_view base_path = {});
  std::string to_string() const;
  bool operator==(const RoutePattern&) const = default;
};

}  // namespace gatehouse::pipeline
