// The limits step: how large a body a route takes.
#include "gatehouse/middleware/steps.hpp"

namespace gatehouse::middleware {
namespace {

// A body that is signed in chunks is shorter than its framing, for which the limit is not meant: who verifies it compares the two, and
// everybody else is kept from reading it by the exchange.
bool is_framed_in_chunks(const pipeline::RequestContext& context) {
  return context.request().fields.get("x-amz-content-sha256").value_or("").starts_with("STREAMING-");
}

class LimitsStep final : public pipeline::Middleware {
 public:
  explicit LimitsStep(std::uint64_t body_limit) : body_limit_(body_limit) {}

  std::string_view name() const override { return "limits"; }

  pipeline::Decision on_request(pipeline::RequestContext& context) const override {
    const auto& length = context.request().content_length;
    // Refused before a byte of the body is asked for: a client that waits for 100 (Continue) never sends it.
    if (length && *length > body_limit_ && !is_framed_in_chunks(context)) {
      return pipeline::Answer(context.arena(), 413, "body_too_large", "Payload Too Large");
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
