#include "gatehouse/middleware/policy_facts.hpp"

#include "gatehouse/pipeline/route.hpp"

namespace gatehouse::middleware {

using crypto::PolicyDecision;
using crypto::PolicyFact;
using http::FieldId;

std::string_view method_arn(pipeline::RequestContext& context) {
  std::string_view path = context.path;
  if (path.starts_with('/')) path.remove_prefix(1);
  return context.arena().concat({"arn:aws:execute-api:", kArnRegion, ":", kArnAccount, ":", context.route.api, "/", context.route.stage, "/",
                                 context.request().method_text, "/", path});
}

PolicyDecision decide(const crypto::Policy& policy, std::string_view arn, const pipeline::RequestContext& context) {
  std::array<PolicyFact, kPolicyKeys.size()> facts;
  std::size_t count = 0;
  const http::Fields& fields = context.request().fields;
  if (const auto agent = fields.get(FieldId::kUserAgent)) facts[count++] = {"aws:UserAgent", *agent};
  if (const auto referer = fields.get(FieldId::kReferer)) facts[count++] = {"aws:Referer", *referer};
  facts[count++] = {"aws:SecureTransport", context.scheme == "https" ? "true" : "false"};
  return policy.evaluate(context.route.action, arn, {context.client, std::span(facts.data(), count)});
}

std::string_view not_authorized(std::string_view user, std::string_view arn, PolicyDecision decision, pipeline::RequestContext& context) {
  return context.arena().concat({"User: ", user, " is not authorized to perform: ", context.route.action, " on resource: ", arn,
                                 decision == PolicyDecision::kDeny ? " with an explicit deny" : ""});
}

}  // namespace gatehouse::middleware
