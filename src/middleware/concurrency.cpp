#include "gatehouse/middleware/concurrency.hpp"

#include "gatehouse/pipeline/admission.hpp"

#include <utility>

namespace gatehouse::middleware {
namespace {

constexpr std::string_view kReason = "too_many_in_flight";

class ConcurrencyStep final : public pipeline::Middleware {
 public:
  ConcurrencyStep(const net::PermitSettings& settings, std::shared_ptr<net::Permits> permits)
      : settings_(settings), permits_(std::move(permits)) {}

  std::string_view name() const override { return "concurrency"; }

  pipeline::Decision on_request(pipeline::RequestContext& context) const override {
    context.holds_permit = permits_->take(settings_.max);
    if (context.holds_permit) return std::nullopt;
    if (settings_.queue > 0) return pipeline::Decision::wait();
    return pipeline::refuse_admission(context, kReason);
  }

  net::Task<std::optional<pipeline::Answer>> wait(pipeline::RequestContext& context) const override {
    net::Task<bool> waiting = pipeline::wait_for_permit(*permits_, settings_, context);
    context.holds_permit = co_await waiting;
    if (context.holds_permit) co_return std::nullopt;
    co_return pipeline::refuse_admission(context, kReason);
  }

  void on_end(const pipeline::RequestContext& context) const noexcept override {
    if (context.holds_permit) permits_->give();
  }

 private:
  const net::PermitSettings settings_;
  const std::shared_ptr<net::Permits> permits_;
};

}  // namespace

Step make_concurrency(const net::PermitSettings& settings, std::shared_ptr<net::Permits> permits) {
  return std::make_shared<ConcurrencyStep>(settings, std::move(permits));
}

}  // namespace gatehouse::middleware
