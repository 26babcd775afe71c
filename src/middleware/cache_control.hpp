// Cache-Control (RFC 9111 section 5.2, RFC 5861) as it was said, in one or several fields. Pure.
#pragma once

#include "gatehouse/http/fields.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gatehouse::middleware {

struct CacheControl {
  using Seconds = std::chrono::seconds;
  static constexpr Seconds kForever{std::int64_t{1} << 31};  // RFC 9111 section 1.2.2

  std::optional<Seconds> max_age, s_maxage, max_stale, min_fresh, stale_while_revalidate, stale_if_error;
  bool no_store = false;
  bool no_cache = false;    // also with field names: then all of the answer, which is allowed
  bool is_private = false;  // the same
  bool is_public = false;
  bool must_revalidate = false;
  bool proxy_revalidate = false;
  bool only_if_cached = false;

  // Adds what one field value says. A lifetime that cannot be read is 0; of several the shortest counts.
  void add(std::string_view value);
};

CacheControl cache_control_of(const http::Fields& fields);

// Decimal seconds, at most kForever.
std::optional<std::chrono::seconds> parse_delta_seconds(std::string_view text);

}  // namespace gatehouse::middleware
