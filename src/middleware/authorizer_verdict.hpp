// What a service that was asked who calls has said. Immutable; shared by all requests that it holds for.
#pragma once

#include "gatehouse/crypto/claims.hpp"
#include "gatehouse/crypto/policy.hpp"
#include "gatehouse/middleware/http_authorizer_settings.hpp"
#include "gatehouse/upstream/http_call.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::middleware {

struct Verdict {
  enum class Kind : std::uint8_t {
    kAllowed,
    kDenied,
    kUnauthorized,
    kPolicy,  // it depends on what is called
    kFailed,  // there is none: `status` and `reason` say why
  };
  Kind kind = Kind::kFailed;
  int status = 500;
  std::string_view reason;  // static storage
  std::string detail;
  std::string challenge;    // of kUnauthorized
  std::string subject;
  std::string api_key;      // usageIdentifierKey
  std::shared_ptr<const crypto::Claims> claims;
  std::optional<crypto::Policy> policy;
  std::vector<std::pair<std::string, std::string>> fields;  // for the backend
  std::size_t bytes = 0;    // of the answer that this was made from

  // Whether it holds for more than the request that it was asked for. That nobody was recognised does not: as at Amazon.
  bool keeps() const { return kind == Kind::kAllowed || kind == Kind::kDenied || kind == Kind::kPolicy; }
};
using VerdictPtr = std::shared_ptr<const Verdict>;

VerdictPtr failed_verdict(int status, std::string_view reason, std::string detail);
// 2xx allows, 401 and 403 refuse, everything else is a failure.
VerdictPtr read_simple_answer(const upstream::HttpReply& reply, const HttpAuthorizerSettings& settings);
// What a Lambda authorizer returns. Source: API Gateway Developer Guide, "Output from an API Gateway Lambda authorizer" and "Control
// access to HTTP APIs with AWS Lambda authorizers".
VerdictPtr read_lambda_answer(const upstream::HttpReply& reply, AuthorizerPayload payload);

}  // namespace gatehouse::middleware
