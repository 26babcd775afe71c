// Makes authorizers from their settings.
#pragma once

#include "gatehouse/middleware/authorizer.hpp"
#include "gatehouse/middleware/settings.hpp"

namespace gatehouse::middleware {

// 401 "api_key_missing" without a key, 403 "api_key_invalid" with a wrong one. A key is not forwarded, be it in a field or in
// the query. Throws std::invalid_argument when a sha256 is none.
AuthorizerPtr make_api_key(const ApiKeySettings& settings);

}  // namespace gatehouse::middleware
