// Makes authorizers from their settings.
#pragma once

#include "gatehouse/middleware/authorizer.hpp"
#include "gatehouse/middleware/known_keys.hpp"
#include "gatehouse/middleware/settings.hpp"

#include <memory>

namespace gatehouse::middleware {

// 401 "api_key_missing" without a key, 403 "api_key_invalid" with a wrong one and "api_key_expired" with one that was good. A key is
// not forwarded, be it in a field or in the query.
AuthorizerPtr make_api_key(const ApiKeySettings& settings, std::shared_ptr<const KnownKeys> keys);

}  // namespace gatehouse::middleware
