// Which answers of the cache are a route's: those kept while it was set up as it is now. Control plane only.
#pragma once

#include "gateway/pipeline_order.hpp"

#include "gatehouse/middleware/response_cache.hpp"

#include <map>
#include <memory>
#include <string>

namespace gatehouse::gateway {

class CacheScopes {
 public:
  // The same scope as long as route, API and backend say the same; a new one otherwise.
  std::shared_ptr<const middleware::CacheScope> of(const EffectiveRoute& route);

 private:
  struct Known {
    config::RouteSettings route;
    config::ScopedSettings scoped;
    upstream::BackendSettings backend;
    std::shared_ptr<const middleware::CacheScope> scope;
  };
  std::map<std::string, Known> known_;
  std::uint64_t last_ = 0;
};

}  // namespace gatehouse::gateway
