// Fields that request: and response: of a route may not change, because framing, routing or trust depend on them: the
// configuration refuses them. Pure function.
#pragma once

#include <string_view>

namespace gatehouse::middleware {

// Host, Connection and all that is hop-by-hop, Content-Length, Expect, Via, Date, X-Request-Id, Forwarded and
// X-Forwarded-For, -Host, -Port, -Proto; in any letter case, with '_' for '-' too.
bool is_protected_field(std::string_view name);

}  // namespace gatehouse::middleware
