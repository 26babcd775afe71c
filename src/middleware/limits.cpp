// The limits step: how large a body a route takes.
#include "gatehouse/middleware/steps.hpp"

namespace gatehouse::middleware {
namespace {

class LimitsStep final : public pipeline::Middleware {
 public:
  explicit LimitsStep(std::uint64_t body_limit) : body_limit_(body_limit) {}

  std::string_view name() const override { return "limits"; }

  pipeline::Decision on_request(pipeline::RequestContext& context) const override {
    const auto& length = context.request().content_length;
    // Refused before a byte of the body is asked for: a client that waits for 100 (Continue) never sends it.
    if (length && *length > body_limit_) {
      return pipeline::Answer(context.arena(), 413, "body_too_large", "Request Entity Too Large");
    }
    context.exchange.set_body_limit(body_limit_);
    return std::nullopt;
  }

 private:
  const std::uint64_t body_limit_;
};

}  // namespace

Step make_limits(std::uint64_t body_limit) { return std::make_shared<LimitsStep>(body_limit); }

}  // namespace gatehouse::middleware
