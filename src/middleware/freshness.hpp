// Whether an answer may be kept, and for how long it is fresh (RFC 9111 sections 3 and 4, RFC 5861). Pure.
#pragma once

#include "cache_control.hpp"

#include "gatehouse/base/units.hpp"
#include "gatehouse/middleware/cache_settings.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace gatehouse::middleware {

using WallTime = std::chrono::system_clock::time_point;

// What an answer's head says, of what matters here.
struct AnswerFacts {
  int status = 200;
  CacheControl control;
  std::optional<std::string_view> date, expires, age;
  bool varies_by_all = false;  // Vary: *, or by what no cache can compare
  bool sets_cookie = false;
};

struct Lifetime {
  Duration fresh{};        // from when it was made
  Duration initial_age{};  // when it came
  Duration stale_while_revalidate{};
  Duration stale_if_error{};
  bool revalidate_always = false;  // no-cache: kept, but never used without asking
  bool must_revalidate = false;    // never used stale without asking
  bool explicit_freshness = false;
};

// When the answer came, and how long it took (section 4.2.3).
Lifetime lifetime_of(const AnswerFacts& answer, const CacheSettings& settings, WallTime received, Duration took);

// Empty: it may be kept. Else why not, as Cache-Status says it: "no-store", "private", "status", "set-cookie", "vary",
// "no-freshness".
std::string_view refusal_to_keep(const AnswerFacts& answer, const CacheSettings& settings, const Lifetime& lifetime,
                                 bool has_validator);

}  // namespace gatehouse::middleware
