// What a body says it is. Pure functions.
#pragma once

#include "gatehouse/base/strings.hpp"
#include "gatehouse/http/head.hpp"

#include <string_view>

namespace gatehouse::middleware {

// Without parameters. Amazon takes a missing Content-Type for application/json.
inline std::string_view media_type(const http::RequestHead& request) {
  const std::string_view type = request.fields.get(http::FieldId::kContentType).value_or("application/json");
  return trim(type.substr(0, type.find(';')));
}

// RFC 6839 section 3.1: application/json, application/problem+json, …
inline bool is_json(std::string_view media_type) {
  constexpr std::string_view kSuffix = "+json";
  return iequals(media_type, "application/json") ||
         (media_type.size() > kSuffix.size() && iequals(media_type.substr(media_type.size() - kSuffix.size()), kSuffix));
}

}  // namespace gatehouse::middleware
