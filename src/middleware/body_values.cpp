// The step that reads a JSON body for templates: once for all of them, and only on routes that have such.
#include "gatehouse/base/json_tree.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/middleware/steps.hpp"
#include "gatehouse/pipeline/body_failure.hpp"
#include "gatehouse/pipeline/held_body.hpp"
#include "media_type.hpp"

#include <memory>
#include <utility>

namespace gatehouse::middleware {
namespace {

using pipeline::Answer;
using pipeline::Decision;
using pipeline::RequestContext;

class BodyValuesStep final : public pipeline::Middleware {
 public:
  explicit BodyValuesStep(std::uint64_t limit) : limit_(limit) {}

  std::string_view name() const override { return "body values"; }

  // What cannot be JSON is not held.
  Decision on_request(RequestContext& context) const override {
    const http::RequestHead& request = context.request();
    if (!request.has_body || !is_json(media_type(request))) return std::nullopt;
    const std::string_view coding = context.content_encoding();
    if (!coding.empty() && !iequals(coding, "identity")) return std::nullopt;
    return Decision::wait();
  }

  net::Task<std::optional<Answer>> wait(RequestContext& context) const override {
    net::Task<pipeline::HeldBody> holding = pipeline::read_held_body(context, limit_);
    const pipeline::HeldBody held = co_await holding;
    if (held == pipeline::HeldBody::kFailed) co_return pipeline::answer_of_failure(context, context.exchange.failure());
    if (held == pipeline::HeldBody::kTooLarge) {
      char digits[20];
      const std::string_view limit(digits, static_cast<std::size_t>(write_u64(digits, limit_) - digits));
      context.detail = context.arena().concat({"a body that values are taken from may have ", limit, " bytes (request.limit)"});
      co_return pipeline::answer_of_failure(context, http::Failure::kBodyTooLarge);
    }
    if (auto tree = JsonTree::parse(*context.held_body())) {
      auto kept = std::make_shared<const JsonTree>(std::move(*tree));
      context.body_json = kept.get();
      context.keep(std::move(kept));
    }
    co_return std::nullopt;
  }

 private:
  const std::uint64_t limit_;
};

}  // namespace

Step make_body_values(std::uint64_t limit) { return std::make_shared<BodyValuesStep>(limit); }

}  // namespace gatehouse::middleware
