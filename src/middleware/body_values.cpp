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
    if (auto refusal = pipeline::answer_of_unheld(context, held, {limit_, "that values are taken from", "request.limit"}))
      co_return refusal;
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
