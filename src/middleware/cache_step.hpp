// The step of the response cache. What a request gets is decided in cache_judge.cpp, the way in is cache.cpp, what is done with the backend's
// answer cache_answer.cpp. One instance for all workers; immutable.
#pragma once

#include "gatehouse/middleware/cache.hpp"

#include "cache_control.hpp"
#include "cache_key.hpp"
#include "cache_visit.hpp"

#include "gatehouse/net/remote_wake.hpp"
#include "gatehouse/pipeline/answer.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace gatehouse::middleware {

enum class CacheResult : std::uint8_t { kHit, kStale, kRevalidated, kStaleOnError, kMiss, kBypass, kCount };

// What is done with a request.
struct CacheVerdict {
  enum class Kind : std::uint8_t { kGo, kServe, kWait, kAnswer };
  Kind kind = Kind::kGo;
  std::shared_ptr<const CacheEntry> entry;  // of kServe
  std::shared_ptr<CacheFlight> flight;      // of kWait
  std::optional<pipeline::Answer> answer;
};

// What the client asks of a cache, and whether it is heard.
struct CacheWishes {
  CacheControl control;
  bool heard = true;
  bool anew = false;

  bool allow(const CacheEntry& entry, TimePoint now) const {
    if (!heard) return true;
    const Duration age = entry.age(now);
    return !anew && (!control.max_age || age <= *control.max_age) && (!control.min_fresh || entry.fresh - age >= *control.min_fresh);
  }
};

class CacheStep final : public pipeline::Middleware {
 public:
  CacheStep(CacheSettings settings, CacheParts parts);

  std::string_view name() const override { return "cache"; }
  pipeline::Decision on_request(pipeline::RequestContext& context) const override;
  net::Task<std::optional<pipeline::Answer>> wait(pipeline::RequestContext& context) const override;
  void on_response(pipeline::RequestContext& context, http::ResponseHead& head) const override;

 private:
  std::string_view reason_to_pass(pipeline::RequestContext& context) const;
  CacheWishes wishes_of(pipeline::RequestContext& context) const;
  CacheVerdict judge(pipeline::RequestContext& context, const CacheKey& key, const net::RemoteWake::Handle* waiter, CacheFlight::State last) const;
  CacheVerdict judge_stale(pipeline::RequestContext& context, const CacheKey& key, const CacheWishes& wishes, ResponseCache::Found& found,
                      const net::RemoteWake::Handle* waiter, CacheFlight::State last) const;
  CacheVerdict go(pipeline::RequestContext& context, const CacheKey& key, ResponseCache::Found& found, std::shared_ptr<CacheFlight> flight) const;
  void begin_refresh(pipeline::RequestContext& context, const CacheKey& key, ResponseCache::Found& found) const;
  bool whole_at_once(pipeline::RequestContext& context, const CacheEntry& entry) const;
  std::size_t serve(pipeline::RequestContext& context, const std::shared_ptr<const CacheEntry>& entry) const;
  net::Task<void> serve_rest(pipeline::RequestContext& context, std::shared_ptr<const CacheEntry> entry, std::size_t sent) const;

  void refresh_entry(pipeline::RequestContext& context, http::ResponseHead& head, std::unique_ptr<CacheVisit> visit) const;
  void keep_answer(pipeline::RequestContext& context, http::ResponseHead& head, std::unique_ptr<CacheVisit> visit) const;
  void substitute(pipeline::RequestContext& context, http::ResponseHead& head, std::shared_ptr<const CacheEntry> entry) const;
  void say(pipeline::RequestContext& context, const CacheVisit& visit, int status, std::string_view more) const;
  void count(pipeline::RequestContext& context, CacheResult result) const {
    counters_[static_cast<std::size_t>(result)]->add(context.exchange.worker().index());
  }
  TimePoint now() const { return parts_.clock.now(); }

  CacheSettings settings_;
  CacheParts parts_;
  std::array<observe::Counter*, static_cast<std::size_t>(CacheResult::kCount)> counters_;
};

// In the arena; less than nothing is negative.
std::string_view whole_seconds(Arena& arena, Duration duration);

}  // namespace gatehouse::middleware
