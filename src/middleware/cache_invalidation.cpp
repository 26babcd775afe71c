// What may have changed something makes invalid what was kept of it.
#include "gatehouse/middleware/cache.hpp"

#include <utility>

namespace gatehouse::middleware {
namespace {

using http::Method;
using pipeline::RequestContext;

class CacheInvalidationStep final : public pipeline::Middleware {
 public:
  CacheInvalidationStep(std::shared_ptr<ResponseCache> cache, const Clock& clock) : cache_(std::move(cache)), clock_(clock) {}

  std::string_view name() const override { return "cache invalidation"; }

  void on_response(RequestContext& context, http::ResponseHead& head) const override {
    const Method method = context.request().method;
    if (method == Method::kGet || method == Method::kHead || method == Method::kOptions || method == Method::kTrace) return;
    if (head.status < 200 || head.status >= 400) return;
    cache_->invalidate(ResponseCache::uri_of(context.host, context.path), clock_.now());
  }

 private:
  std::shared_ptr<ResponseCache> cache_;
  const Clock& clock_;
};

}  // namespace

std::shared_ptr<const pipeline::Middleware> make_cache_invalidation(std::shared_ptr<ResponseCache> cache, const Clock& clock) {
  return std::make_shared<CacheInvalidationStep>(std::move(cache), clock);
}

}  // namespace gatehouse::middleware
