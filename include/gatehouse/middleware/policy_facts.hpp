// What policies in Amazon's JSON are asked about a request. Pure functions.
#pragma once

#include "gatehouse/crypto/policy.hpp"
#include "gatehouse/pipeline/context.hpp"

#include <array>
#include <string_view>

namespace gatehouse::middleware {

// Amazon names a region and an account in every ARN; here they are the same for all.
inline constexpr std::string_view kArnRegion = "us-east-1";
inline constexpr std::string_view kArnAccount = "000000000000";

// Condition keys that policies may use besides aws:SourceIp.
inline constexpr std::array<std::string_view, 3> kPolicyKeys = {"aws:UserAgent", "aws:Referer", "aws:SecureTransport"};

// "arn:aws:execute-api:us-east-1:000000000000:shop/$default/GET/v1/orders/7": API, stage, method, normalised path. In the arena.
std::string_view method_arn(pipeline::RequestContext& context);
// Whether `policy` lets anybody do the route's action on `arn` from where this request comes.
crypto::PolicyDecision decide(const crypto::Policy& policy, std::string_view arn, const pipeline::RequestContext& context);
// "User: ada is not authorized to perform: execute-api:Invoke on resource: arn:… with an explicit deny", as Amazon says it.
std::string_view not_authorized(std::string_view user, std::string_view arn, crypto::PolicyDecision decision, pipeline::RequestContext& context);

}  // namespace gatehouse::middleware
