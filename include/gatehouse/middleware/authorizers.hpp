// Makes authorizers from their settings.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/middleware/authorizer.hpp"
#include "gatehouse/middleware/jwt_settings.hpp"
#include "gatehouse/middleware/remote_keys.hpp"
#include "gatehouse/middleware/settings.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace gatehouse::middleware {

// 401 "api_key_missing" without a key, 403 "api_key_invalid" with a wrong one. A key is not forwarded, be it in a field or in
// the query. Throws std::invalid_argument when a sha256 is none.
AuthorizerPtr make_api_key(const ApiKeySettings& settings);

// The keys of each issuer in turn; null where needs_remote_keys() says no.
using KeysOfIssuers = std::vector<std::shared_ptr<RemoteKeys>>;
bool needs_remote_keys(const JwtIssuerSettings& issuer);
// 401 "jwt_missing" without a token, 401 with the reason of crypto::JwtRefusal for a bad one, 400 "jwt_ambiguous" for several, 503
// "jwt_keys_unavailable" with Retry-After when keys cannot be had. `realm`: for challenges, text without quotes. Throws when keys
// or secret are not usable: the configuration was read without a look at them. `clock` must outlive it.
AuthorizerPtr make_jwt(const JwtSettings& settings, std::string_view realm, const KeysOfIssuers& keys, const Clock& clock,
                       unsigned workers);

}  // namespace gatehouse::middleware
