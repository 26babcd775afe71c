// The event that a Lambda authorizer is called with. Source: API Gateway Developer Guide, "Input to an API Gateway Lambda
// authorizer" and, for HTTP APIs, "Control access to HTTP APIs with AWS Lambda authorizers".
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/middleware/http_authorizer_settings.hpp"
#include "gatehouse/pipeline/context.hpp"

#include <span>
#include <string>
#include <string_view>

namespace gatehouse::middleware {

// `sources`: the values of the identity sources, in their order.
std::string make_authorizer_event(AuthorizerPayload payload, std::span<const std::string_view> sources, pipeline::RequestContext& context,
                                  const Clock& clock);

}  // namespace gatehouse::middleware
