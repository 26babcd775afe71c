// What the cache remembers of a request that goes on to the backend, and the filters its answer's body passes. One thread.
#pragma once

#include "freshness.hpp"

#include "gatehouse/middleware/response_cache.hpp"
#include "gatehouse/pipeline/body_filter.hpp"
#include "gatehouse/pipeline/context.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::middleware {

// Others may wait for what becomes of it: whatever happens, they are told.
class CacheVisit final : public pipeline::StepState {
 public:
  CacheVisit(std::shared_ptr<ResponseCache> to, const CacheKey& asked, std::string_view request_path)
      : cache(std::move(to)), key(asked.text), hash(asked.hash), uri(asked.uri), path(request_path), flushes(cache->flushes()) {}
  ~CacheVisit() override { land(CacheFlight::State::kCut); }

  CacheKey cache_key() const { return {key, hash, uri}; }
  void land(CacheFlight::State how) {
    if (flight) cache->land(*std::exchange(flight, nullptr), how);
  }

  std::shared_ptr<ResponseCache> cache;
  std::string key;
  std::uint64_t hash;
  std::uint64_t uri;
  std::string path;
  std::uint64_t flushes;
  std::shared_ptr<CacheFlight> flight;         // that this one leads, if any
  std::shared_ptr<const CacheEntry> stale;     // what there was
  bool validates = false;                      // the backend is asked whether it is still good
  std::string_view why = "uri-miss";           // it goes on, as in RFC 9211; static storage
  bool collapsed = false;                      // it had waited for another one
  TimePoint requested{};
};

// Keeps a copy of what passes, up to a size. Cut: nothing is kept. With `silent` the client gets no body, because it has it.
std::unique_ptr<pipeline::BodyFilter> make_keeper(std::unique_ptr<CacheVisit> visit, std::shared_ptr<CacheEntry> entry,
                                                  std::uint64_t max_item, TimePoint pass_until, bool silent);
// The kept body in place of what passes; with `silent` none at all.
std::unique_ptr<pipeline::BodyFilter> make_substitute(std::shared_ptr<const CacheEntry> entry, bool silent);

}  // namespace gatehouse::middleware
