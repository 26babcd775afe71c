// JSON Web Tokens (RFC 7519) in compact form, verified as RFC 8725 advises: everything unusual is refused. Pure; any thread.
#pragma once

#include "gatehouse/crypto/claims.hpp"
#include "gatehouse/crypto/jwk.hpp"

#include <boost/system/result.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::crypto {

inline constexpr std::size_t kMaxTokenBytes = 16 * 1024;

enum class JwtRefused : unsigned char {
  kTooLarge,
  kMalformed,
  kDuplicateMember,
  kCritUnknown,
  kAlgNotAllowed,
  kKeyUnknown,
  kSignatureInvalid,
  kClaimMissing,
  kExpired,
  kNotYetValid,
  kIssuerWrong,
  kAudienceWrong,
};

enum class NewKey : unsigned char { kWouldNotHelp, kMayHelp };

struct JwtRefusal {
  JwtRefused kind = JwtRefused::kMalformed;
  std::string_view detail;  // for people, with static storage: "exp is not a number"
  // kMayHelp: the keys may be older than the token, fetching them again is sound.
  NewKey new_key = NewKey::kWouldNotHelp;
  std::string_view claim = {};  // the one of JwtExpectation::required that is missing; lives as long as that

  // A stable code: "jwt_expired".
  std::string_view reason() const;
};

[[noreturn]] inline void throw_exception_from_error(const JwtRefusal& refusal, const boost::source_location&) {
  throw std::runtime_error(std::string(refusal.reason()) + ": " + std::string(refusal.detail));
}

enum class Expiry : unsigned char { kRequired, kOptional };
// kInsteadOfAudience: a token without `aud` is for its `client_id`, as in Cognito's access tokens.
enum class ClientId : unsigned char { kIgnored, kInsteadOfAudience };

struct JwtExpectation {
  std::vector<std::string> issuers;    // any of, byte by byte; empty: not checked
  std::vector<std::string> audiences;  // any of; empty: not checked
  std::vector<std::string> required;   // names of claims that must be there
  JwsAlgorithms algorithms = JwsAlgorithms::all();
  std::chrono::seconds leeway{0};  // for exp, nbf and iat
  Expiry expiry = Expiry::kRequired;
  ClientId client_id = ClientId::kIgnored;
};

using JwtVerdict = boost::system::result<Claims, JwtRefusal>;

// `token`: three parts, without "Bearer ". Header first, then the signature; claims of a token that nobody signed are not
// looked at. Keys come from `keys` only: jwk, jku, x5u and x5c in a header mean nothing.
JwtVerdict verify_jwt(std::string_view token, const KeySet& keys, Claims::WallTime now, const JwtExpectation& expected);

// What the token says of its issuer, unverified: only good for choosing whose keys to verify it with. Nothing when it is too
// large, malformed or says nothing.
std::optional<std::string> claimed_issuer(std::string_view token);

}  // namespace gatehouse::crypto
