// Makes authorizers from their settings.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/middleware/access_settings.hpp"
#include "gatehouse/middleware/authorizer.hpp"
#include "gatehouse/middleware/jwt_settings.hpp"
#include "gatehouse/middleware/known_keys.hpp"
#include "gatehouse/middleware/remote_keys.hpp"
#include "gatehouse/middleware/settings.hpp"
#include "gatehouse/net/blocking_pool.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace gatehouse::middleware {

// 401 "api_key_missing" without a key, 403 "api_key_invalid" with a wrong one and "api_key_expired" with one that was good. A key is
// not forwarded, be it in a field or in the query.
AuthorizerPtr make_api_key(const ApiKeySettings& settings, std::shared_ptr<const KnownKeys> keys);
// AWS Signature Version 4. 401 "sigv4_missing" without a signature; 403 with a reason of crypto::verify_sigv4(),
// "access_key_unknown", "sigv4_unsigned_payload" or "sigv4_streaming_payload"; 413 "sigv4_body_too_large" where a signed body is
// larger than is held; 403 "access_key_denied" or "access_key_explicit_deny" for what the key may not call. A body that is signed in
// chunks is decoded while it is read, which may end with 403 "sigv4_chunk_malformed", "sigv4_chunk_mismatch", "sigv4_decoded_length" or
// "sigv4_trailer", or 413 "sigv4_chunk_too_large" (signed_body.hpp). The signature is not forwarded. Throws std::invalid_argument when
// a key's policy is none.
AuthorizerPtr make_sigv4(const SigV4Settings& settings, const Clock& clock);
// HTTP Basic (RFC 7617). 401 "basic_missing", "basic_malformed" or "basic_invalid"; 503 "basic_busy" when more passwords wait to
// be hashed than is good for the process. Hashes are checked on `pool`. Throws std::invalid_argument when a user's hash is none.
AuthorizerPtr make_basic(const BasicSettings& settings, net::BlockingPool& pool, unsigned workers);

// The keys of each issuer in turn; null where needs_remote_keys() says no.
using KeysOfIssuers = std::vector<std::shared_ptr<RemoteKeys>>;
bool needs_remote_keys(const JwtIssuerSettings& issuer);
// 401 "jwt_missing" without a token, 401 with the reason of crypto::JwtRefusal for a bad one, 400 "jwt_ambiguous" for several, 503
// "jwt_keys_unavailable" with Retry-After when keys cannot be had. `realm`: for challenges, text without quotes. Throws when keys
// or secret are not usable: the configuration was read without a look at them. `clock` must outlive it.
AuthorizerPtr make_jwt(const JwtSettings& settings, std::string_view realm, const KeysOfIssuers& keys, const Clock& clock,
                       unsigned workers);

}  // namespace gatehouse::middleware
