// Another service says who calls: in a simple form (fields in, 2xx or 4xx out), or in that of Amazon's Lambda authorizers.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/middleware/authorizer.hpp"
#include "gatehouse/middleware/http_authorizer_settings.hpp"
#include "gatehouse/middleware/known_keys.hpp"
#include "gatehouse/upstream/backend_pools.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::middleware {

// 401 "authorizer_identity_missing" and "authorizer_token_mismatch" without a call; what the service said: 401
// "authorizer_unauthorized", 403 "authorizer_denied" and "authorizer_explicit_deny"; where it said nothing that can be understood:
// 503 "authorizer_unavailable" and "authorizer_timeout", 500 "authorizer_bad_answer". Throws std::invalid_argument when the token's
// pattern is none. A usageIdentifierKey is looked up in `keys`, which may be null: 403 "api_key_invalid" when it is not known.
AuthorizerPtr make_http_authorizer(const HttpAuthorizerSettings& settings, std::shared_ptr<const upstream::BackendPools> pools,
                                   const Clock& clock, unsigned workers, std::shared_ptr<const KeyDirectory> keys);

// What is wrong with a pattern for tokens (RE2).
std::optional<std::string> token_pattern_problem(std::string_view pattern);

}  // namespace gatehouse::middleware
