// What a request and its answer say on the other side of the gateway (RFC 9110 section 7.6, RFC 7239): the target, who the
// client is, which way the message took. Hop-by-hop fields and framing are the serialiser's business. One thread.
#pragma once

#include "gatehouse/http/client.hpp"
#include "gatehouse/pipeline/context.hpp"
#include "gatehouse/pipeline/value_template.hpp"

#include <optional>
#include <string_view>

namespace gatehouse::integration {

// Adds to context.request_edits: X-Forwarded-For, -Proto, -Host, -Port and Forwarded, built anew or, when the peer is a
// trusted proxy, continued; Via; X-Request-Id. Removes what a client may not say: those fields, X-Forwarded-Prefix and
// X-Real-IP from untrusted peers, X-Gatehouse-* from all, and Expect, which is between the client and us. What the route
// itself sets or removes of these stays as the route says.
void edit_request(pipeline::RequestContext& context);

// The target to ask a backend for: the normalised path, or what `path` makes of it, with the query as it came. None when
// values made a dot segment in a path: answer 400.
std::optional<std::string_view> forwarded_target(pipeline::RequestContext& context,
                                                 const std::optional<pipeline::ValueTemplate>& path);

// The answer as it came, with Via.
void edit_response(const http::IncomingResponse& response, http::ResponseHead& head);

}  // namespace gatehouse::integration
