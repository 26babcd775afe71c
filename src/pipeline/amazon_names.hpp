// Amazon's names of variables, in ours. Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace gatehouse::pipeline {

struct AmazonName {
  std::string_view variable;  // "header"
  std::string_view name;      // "x-user", a part of what was written or static
  std::size_t used;           // so much of the dotted name was meant
};

// What Amazon means by $request.header.x, $request.querystring.x, $request.path.x, $request.path, $context.requestId, …, of
// which `dotted` is what stands behind the first dot. Nothing when it is no name of Amazon's, or one of ours as well.
std::optional<AmazonName> amazon_name(std::string_view variable, std::string_view dotted);

}  // namespace gatehouse::pipeline
