// Versions of items towards clients: entity tags and the conditions they make (RFC 9110 sections 8.8.3 and 13.1). Pure functions.
#pragma once

#include "gatehouse/dynamo/wire/value.hpp"
#include "gatehouse/http/fields.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::integration {

// Strong, with its quotes. With `version` the value of that attribute, where the item has it; else a digest of the whole item.
std::string etag_of(const dynamo::Map& item, std::string_view version);

struct Preconditions {
  std::optional<std::string_view> if_match;
  std::optional<std::string_view> if_none_match;

  static Preconditions of(const http::Fields& fields);
  bool any() const { return if_match || if_none_match; }
  // `If-None-Match: *` alone: the item must not exist, which a table can decide by itself.
  bool create_only() const { return !if_match && if_none_match == "*"; }
  // Whether a request may go on. `etag` empty: there is no item.
  bool hold(std::string_view etag) const;
  // Of GET: the client has this version already (304).
  bool unchanged(std::string_view etag) const;
};

}  // namespace gatehouse::integration
