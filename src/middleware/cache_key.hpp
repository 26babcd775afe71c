// What of a request tells answers apart, and whose they are. Reads the request as the backend will see it: with what other
// steps have changed. One thread.
#pragma once

#include "gatehouse/middleware/cache.hpp"
#include "gatehouse/pipeline/context.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::middleware {

// All values of that name as one list; nullopt: none. `name` in lower case.
std::optional<std::string_view> forwarded_field(pipeline::RequestContext& context, std::string_view name);

VaryPrint print_of(pipeline::RequestContext& context, const std::vector<std::string>& names);

bool has_credentials(pipeline::RequestContext& context);

// In the request's arena. Nullopt: the identity has nothing to tell it by.
std::optional<CacheKey> cache_key(pipeline::RequestContext& context, const CacheSettings& settings, const CacheParts& parts);

}  // namespace gatehouse::middleware
