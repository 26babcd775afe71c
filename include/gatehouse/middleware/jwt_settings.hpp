// What can be set about JSON Web Tokens, and about what a caller must be allowed to. Plain values.
#pragma once

#include "gatehouse/base/units.hpp"
#include "gatehouse/crypto/jwt.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::middleware {

// Keys that are fetched. Authorizers with equal settings share them.
struct JwksSettings {
  std::string issuer;  // where discovery begins while `url` is empty
  std::string url;
  std::string ca;  // PEM file; empty: the system's
  Duration refresh = std::chrono::minutes(10);
  Duration refetch = std::chrono::seconds(5);  // the shortest time between two fetches because of unknown keys
  Duration timeout = std::chrono::seconds(5);
  std::uint64_t max_bytes = crypto::KeySet::kMaxBytes;
  bool operator==(const JwksSettings&) const = default;
};

// Whose tokens are accepted, and the keys to verify them with.
struct JwtIssuerSettings {
  std::string issuer;                  // empty: not checked
  std::vector<std::string> audiences;  // any of; empty: not checked
  std::string jwks_url;                // the three are alternatives; none: discovery
  std::string jwks;                    // a JWK Set, the text of it
  std::string secret;                  // for HMAC
  crypto::JwsAlgorithms algorithms = crypto::JwsAlgorithms::all();
  bool operator==(const JwtIssuerSettings&) const = default;
};

enum class ForwardToken : std::uint8_t { kYes, kNo };

struct ClaimHeader {
  std::string header;
  crypto::ClaimPath claim;
  bool operator==(const ClaimHeader&) const = default;
};

struct JwtSettings {
  std::vector<JwtIssuerSettings> issuers;  // with several each has a name
  crypto::ClientId client_id = crypto::ClientId::kInsteadOfAudience;
  crypto::Expiry expiry = crypto::Expiry::kRequired;
  Duration leeway = std::chrono::seconds(5);
  std::vector<std::string> required;
  std::string header = "authorization";  // where tokens are looked for, in this order; empty: not there
  std::string cookie;
  std::string query;
  ForwardToken forward = ForwardToken::kYes;
  std::vector<ClaimHeader> claims_to_headers;
  std::vector<crypto::ClaimPath> scope_claims;  // besides `scope` and `scp`
  JwksSettings fetch;                           // without issuer and url
  std::uint32_t cache = 4096;                   // verified tokens that each worker remembers; 0: none
  bool operator==(const JwtSettings&) const = default;
};

struct ClaimCondition {
  crypto::ClaimPath claim;
  std::vector<std::string> any_of;
  bool operator==(const ClaimCondition&) const = default;
};

// What a caller must be allowed to on a route.
struct AuthorizeSettings {
  std::vector<std::string> scopes;        // any of; empty: none is asked for
  std::vector<ClaimCondition> claims;     // all of
  std::vector<crypto::ClaimPath> needed;  // must be there, because what the route does depends on them
  bool empty() const { return scopes.empty() && claims.empty() && needed.empty(); }
};

}  // namespace gatehouse::middleware
