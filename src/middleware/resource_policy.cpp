// A resource policy is looked at twice: before anybody is asked who calls, when an explicit deny ends the request, and behind
// the authorizers, when something must have allowed it. Source: API Gateway Developer Guide, "How API Gateway resource policies
// affect authorization workflow".
#include "gatehouse/crypto/policy.hpp"
#include "gatehouse/middleware/policy_facts.hpp"
#include "gatehouse/middleware/steps.hpp"

#include <array>
#include <stdexcept>

namespace gatehouse::middleware {
namespace {

using crypto::PolicyDecision;
using pipeline::Answer;
using pipeline::Decision;
using pipeline::RequestContext;
using pipeline::ResourcePolicy;

class ResourcePolicyStep final : public pipeline::Middleware {
 public:
  ResourcePolicyStep(crypto::Policy policy, PolicyAlone alone) : policy_(std::move(policy)), alone_(alone) {}

  std::string_view name() const override { return "resource_policy"; }

  Decision on_request(RequestContext& context) const override {
    const std::string_view arn = method_arn(context);
    const PolicyDecision decision = decide(policy_, arn, context);
    context.resource_policy = decision == PolicyDecision::kAllow ? ResourcePolicy::kAllows : ResourcePolicy::kSilent;
    if (decision == PolicyDecision::kAllow) return std::nullopt;
    if (decision == PolicyDecision::kImplicit && alone_ == PolicyAlone::kNo) return std::nullopt;
    context.detail = not_authorized("anonymous", arn, decision, context);
    return Answer(context.arena(), 403, decision == PolicyDecision::kDeny ? "policy_explicit_deny" : "policy_denied", "Forbidden");
  }

 private:
  const crypto::Policy policy_;
  const PolicyAlone alone_;
};

class PolicyAllowsStep final : public pipeline::Middleware {
 public:
  std::string_view name() const override { return "policy_allows"; }

  Decision on_request(RequestContext& context) const override {
    if (context.resource_policy != ResourcePolicy::kSilent || context.identity.allowed_by_policy) return std::nullopt;
    const std::string_view user = context.identity.subject.empty() ? "anonymous" : context.identity.subject;
    context.detail = not_authorized(user, method_arn(context), PolicyDecision::kImplicit, context);
    return Answer(context.arena(), 403, "policy_denied", "Forbidden");
  }
};

}  // namespace

Step make_resource_policy(const PolicySettings& settings, PolicyAlone alone) {
  auto policy = crypto::Policy::parse(settings.json, kPolicyKeys);
  if (!policy) throw std::invalid_argument("policy: " + policy.error().message());
  return std::make_shared<ResourcePolicyStep>(std::move(*policy), alone);
}

Step make_policy_allows() { return std::make_shared<PolicyAllowsStep>(); }

}  // namespace gatehouse::middleware
