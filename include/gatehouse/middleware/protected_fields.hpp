// Fields that request: and response: of a route may not change, because framing and routing depend on them: the
// configuration refuses them. Pure function.
#pragma once

#include <string_view>

namespace gatehouse::middleware {

// Host, Connection and all that is hop-by-hop, Content-Length, Expect, Via, Date and X-Gatehouse-…; in any letter case, with
// '_' for '-' too. A route may decide about X-Forwarded-…, Forwarded and X-Request-Id.
bool is_protected_field(std::string_view name);

}  // namespace gatehouse::middleware
