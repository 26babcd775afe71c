// The step that looks at the client's address.
#include "gatehouse/middleware/steps.hpp"

namespace gatehouse::middleware {
namespace {

class IpRulesStep final : public pipeline::Middleware {
 public:
  explicit IpRulesStep(IpRules rules) : rules_(std::move(rules)) {}

  std::string_view name() const override { return "ip"; }

  pipeline::Decision on_request(pipeline::RequestContext& context) const override {
    const bool denied = rules_.deny.contains(context.client);
    if (!denied && (rules_.allow.empty() || rules_.allow.contains(context.client))) return std::nullopt;
    context.detail = denied ? "the client's address is denied" : "the client's address is not among those allowed";
    return pipeline::Answer(context.arena(), 403, "ip_denied", "Forbidden");
  }

 private:
  const IpRules rules_;
};

}  // namespace

Step make_ip_rules(IpRules rules) { return std::make_shared<IpRulesStep>(std::move(rules)); }

}  // namespace gatehouse::middleware
