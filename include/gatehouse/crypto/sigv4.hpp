// AWS Signature Version 4: who signed a request, whether it is the request that was signed, and signing one ourselves. Knows
// no socket and no key store. Any thread; derived keys are kept per thread. Source: AWS General Reference, "Create a signed
// AWS API request"; what is canonical was checked against botocore and the service's test suite.
#pragma once

#include "gatehouse/base/arena.hpp"

#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::crypto {

using WallTime = std::chrono::system_clock::time_point;

struct SigV4Header {
  std::string_view name;  // any letter case
  std::string_view value;
};

// What of a request is signed.
struct SigV4Request {
  std::string_view method;
  std::string_view path;   // as on the wire, escapes included; empty is "/"
  std::string_view query;  // as on the wire, without '?'
  std::span<const SigV4Header> headers;  // in the order of the message
  std::string_view body;
  // sha256_hex() of the body where the caller knows it, or will compare the body with it; empty: `body` is hashed.
  std::string_view payload_hash = {};
};

// How a path becomes canonical. Every service but S3 removes dot segments and repeated slashes from the path on the wire and
// escapes it once more, its escapes included ("/a%20b" is signed as "/a%2520b"). S3's keys may hold slashes and dots: its
// path is signed with each byte escaped exactly once, and nothing is removed.
enum class SigV4Path : unsigned char { kNormal, kS3 };

enum class SigV4Form : unsigned char { kHeader, kPresigned };

// What a request says about its own signature. Views into the request or the arena.
struct SigV4Claim {
  SigV4Form form = SigV4Form::kHeader;
  std::string_view access_key;
  std::string_view date, region, service, terminator;  // of the credential scope
  std::string_view scope;                              // all four, with slashes
  std::string_view signed_headers;                     // "host;x-amz-date"
  std::string_view signature;
  std::string_view time;                               // "20150830T123600Z"
  std::string_view session_token;                      // empty: none
  std::uint32_t expires_s = 0;                         // of kPresigned
};

enum class SigV4Refused : unsigned char {
  kMissing,     // not signed at all
  kIncomplete,  // parts of the signature are missing or malformed
  kInvalid,     // complete, and wrong
};

// `message` is what the service would say; `reason` is a stable code with static storage: "sigv4_mismatch".
struct SigV4Refusal {
  SigV4Refused kind = SigV4Refused::kMissing;
  std::string_view reason;
  std::string message;
};

[[noreturn]] inline void throw_exception_from_error(const SigV4Refusal& refusal, const boost::source_location&) {
  throw std::runtime_error(std::string(refusal.reason) + ": " + refusal.message);
}

// Finds the claim in the Authorization header or the query. What could not be decided without the key is not looked at.
boost::system::result<SigV4Claim, SigV4Refusal> read_sigv4_claim(const SigV4Request& request, Arena& arena);

inline constexpr std::chrono::minutes kSigV4Skew{15};
inline constexpr std::uint32_t kSigV4LongestExpiry_s = 7 * 24 * 3600;
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

enum class UnsignedPayload : unsigned char { kRefused, kAccepted };

struct SigV4Expectation {
  std::string_view secret_key;
  std::string_view service;
  std::string_view region;  // empty: any
  WallTime now;
  SigV4Path path = SigV4Path::kNormal;
  UnsignedPayload unsigned_payload = UnsignedPayload::kRefused;
  // What X-Amz-Content-Sha256 says of a body that is signed in chunks (sigv4_chunks.hpp); empty: it is not.
  std::string_view streaming = {};
};

// Nothing, or why not: time within kSigV4Skew (presigned: until it expires), scope, Host and every X-Amz-* header signed, the
// body unchanged (the header X-Amz-Content-Sha256 is believed only where it is true), the signature equal in constant time.
// A session token is the caller's to compare.
boost::system::result<void, SigV4Refusal> verify_sigv4(const SigV4Request& request, const SigV4Claim& claim,
                                                       const SigV4Expectation& expected);

// What a signed request carries besides what was signed.
struct SigV4Signature {
  std::string time;           // X-Amz-Date
  std::string authorization;  // Authorization
};

// Signs requests to one service with one pair of keys. Reusable; any thread.
struct SigV4Signer {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // empty: none. Otherwise the request must carry it as X-Amz-Security-Token
  std::string region;
  std::string service;
  SigV4Path path = SigV4Path::kNormal;

  // `headers`: those to sign, Host among them; X-Amz-Date and X-Amz-Security-Token are added here and must not be. `payload_hash`
  // is sha256_hex() of the body or kUnsignedPayload. The strings of `to` are replaced and keep their memory.
  void sign(std::string_view method, std::string_view request_path, std::string_view query, std::span<const SigV4Header> headers,
            std::string_view payload_hash, WallTime now, SigV4Signature& to) const;
};

}  // namespace gatehouse::crypto
