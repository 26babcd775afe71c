// The steps of the response cache. See docs/caching.md.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/middleware/cache_settings.hpp"
#include "gatehouse/middleware/response_cache.hpp"
#include "gatehouse/observe/metrics.hpp"
#include "gatehouse/pipeline/middleware.hpp"
#include "gatehouse/pipeline/value_template.hpp"

#include <memory>
#include <optional>

namespace gatehouse::middleware {

struct CacheParts {
  std::shared_ptr<ResponseCache> cache;
  std::shared_ptr<const CacheScope> scope;
  const Clock& clock;
  observe::Registry& registry;
  std::optional<pipeline::ValueTemplate> path;  // what the backend is asked for, where the route says
  bool compressed_later = false;                // by us: backends are asked for answers as they are
};

// Answers from what was kept; keeps what comes. The innermost step: its answers pass all that changes answers.
std::shared_ptr<const pipeline::Middleware> make_cache(CacheSettings settings, CacheParts parts);
// A request that may change something, and did not fail, makes invalid what is kept for its URI (RFC 9111 section 4.4).
std::shared_ptr<const pipeline::Middleware> make_cache_invalidation(std::shared_ptr<ResponseCache> cache, const Clock& clock);

}  // namespace gatehouse::middleware
