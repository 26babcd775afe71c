#include "gatehouse/middleware/overload.hpp"

#include "gatehouse/pipeline/answer_fields.hpp"

#include <chrono>
#include <utility>

namespace gatehouse::middleware {
namespace {

class OverloadStep final : public pipeline::Middleware {
 public:
  explicit OverloadStep(std::shared_ptr<const Overload> overload) : overload_(std::move(overload)) {}

  std::string_view name() const override { return "overload"; }

  pipeline::Decision on_request(pipeline::RequestContext& context) const override {
    if (!overload_->refuses_requests.load(std::memory_order_relaxed)) [[likely]] return std::nullopt;
    pipeline::Answer refusal(context.arena(), 503, "overloaded", "Service Unavailable");
    pipeline::set_retry_after(refusal, context.arena(), std::chrono::seconds(1));
    return refusal;
  }

 private:
  const std::shared_ptr<const Overload> overload_;
};

}  // namespace

Step make_overload(std::shared_ptr<const Overload> overload) { return std::make_shared<OverloadStep>(std::move(overload)); }

}  // namespace gatehouse::middleware
