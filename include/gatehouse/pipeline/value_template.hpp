// Text with variables, compiled when the configuration is loaded: "/internal/{id}", "$header.x-user|nobody",
// "user=$path.id". Evaluates into the request's arena. Immutable, shared by workers.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/pipeline/context.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::pipeline {

// $path.x $query.x $header.x $context.x $uuid $ulid $now, each with |default; ${…} delimits; $$ is a dollar sign.
// $context: request_id, client_ip, method, path, host, scheme, api, route, identity.
class ValueTemplate {
 public:
  // How a path variable's value is inserted: as it stood in the path (still encoded), or decoded.
  enum class PathValues : unsigned char { kEncoded, kDecoded };

  ValueTemplate() = default;
  // `path_variables`: the names a route's path has; another $path.x or {x} is an error. With `braces`, {x} is $path.x.
  // The error's message names the variable and the nearest valid one.
  static Result<ValueTemplate> parse(std::string_view text, const std::vector<std::string>& path_variables,
                                     PathValues values = PathValues::kDecoded, bool braces = false);

  // A variable that has no value and no default is the empty string. Lives in the request's arena or longer.
  std::string_view evaluate(RequestContext& context) const;
  const std::string& text() const { return text_; }
  bool is_literal() const;
  bool operator==(const ValueTemplate& other) const { return text_ == other.text_; }

 private:
  enum class Source : unsigned char { kText, kPath, kQuery, kHeader, kContext, kUuid, kUlid, kNow };
  struct Part {
    Source source;
    std::string text;  // the text, or the variable's name
    std::string fallback;
    bool has_fallback;
  };
  static std::string_view value_of(const Part& part, PathValues values, RequestContext& context);

  std::string text_;
  std::vector<Part> parts_;
  PathValues values_ = PathValues::kDecoded;
};

}  // namespace gatehouse::pipeline
