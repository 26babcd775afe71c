// What can be set about the response cache. Plain values.
#pragma once

#include "gatehouse/base/units.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gatehouse::middleware {

// Whose ttl counts: that of the backend where it says something, or ours whatever it says (as with Amazon).
enum class CacheFreshness : std::uint8_t { kBackend, kTtl };
// Requests with credentials: passed by the cache, answered like all others, or each identity by what was kept for it.
enum class CacheCredentials : std::uint8_t { kNone, kShared, kPerIdentity };
// Who may have an answer fetched anew by Cache-Control: no-cache or max-age, and what others see who ask for it.
enum class CacheInvalidators : std::uint8_t { kNobody, kAuthenticated, kAnybody };
enum class CacheInvalidationRefusal : std::uint8_t { kIgnore, kWarn, kForbid };

struct CacheSettings {
  bool enabled = true;
  Duration ttl{};  // for answers that say nothing; 0: these are not kept
  CacheFreshness freshness = CacheFreshness::kBackend;
  bool all_query = true;
  std::vector<std::string> query;    // the parameters that tell answers apart, when not all do
  std::vector<std::string> headers;  // request fields that do, besides those that Vary names
  bool head = true;                  // HEAD is answered from what GET left
  std::uint64_t max_item = kMiB;
  CacheCredentials credentials = CacheCredentials::kNone;
  bool set_cookie = false;           // keep answers that set cookies
  Duration stale_while_revalidate{};
  Duration stale_if_error{};
  Duration wait = std::chrono::seconds(5);  // for another request that fetches the same
  CacheInvalidators invalidators = CacheInvalidators::kNobody;
  CacheInvalidationRefusal refusal = CacheInvalidationRefusal::kIgnore;
  bool operator==(const CacheSettings&) const = default;
};

}  // namespace gatehouse::middleware
