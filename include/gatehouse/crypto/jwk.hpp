// The keys that signatures of JSON Web Tokens are checked with (RFC 7517, RFC 7518, RFC 8037). A key is bound to the algorithms
// that it may be used with when it is read; a token's header can only choose among those. Immutable; any thread.
#pragma once

#include "gatehouse/base/error.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::crypto {

enum class JwsAlgorithm : unsigned char {
  kRS256, kRS384, kRS512, kPS256, kPS384, kPS512, kES256, kES384, kES512, kEdDSA, kHS256, kHS384, kHS512,
};
inline constexpr std::size_t kJwsAlgorithmCount = 13;

// "RS256". Nothing for any other text, "none" in all its spellings among them.
std::optional<JwsAlgorithm> parse_jws_algorithm(std::string_view name);
std::string_view to_string(JwsAlgorithm algorithm);

// A set of them.
class JwsAlgorithms {
 public:
  constexpr JwsAlgorithms() = default;
  static constexpr JwsAlgorithms all() { return JwsAlgorithms((1U << kJwsAlgorithmCount) - 1); }
  constexpr JwsAlgorithms& add(JwsAlgorithm algorithm) {
    bits_ = static_cast<unsigned short>(bits_ | bit(algorithm));
    return *this;
  }
  constexpr bool contains(JwsAlgorithm algorithm) const { return (bits_ & bit(algorithm)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  bool operator==(const JwsAlgorithms&) const = default;

 private:
  constexpr explicit JwsAlgorithms(unsigned bits) : bits_(static_cast<unsigned short>(bits)) {}
  static constexpr unsigned bit(JwsAlgorithm algorithm) { return 1U << static_cast<unsigned>(algorithm); }
  unsigned short bits_ = 0;
};

// Where a key set was read from. Symmetric keys are secrets: one that is published would let everybody sign.
enum class KeySource : unsigned char { kEndpoint, kConfiguration };

class Jwk;

class KeySet {
 public:
  static constexpr std::size_t kMaxBytes = 256 * 1024;
  static constexpr std::size_t kMaxKeys = 100;
  // With one `kid`, or none; each costs an attacker nothing and us a signature check.
  static constexpr std::size_t kMaxTries = 4;

  KeySet();
  KeySet(KeySet&&) noexcept;
  KeySet& operator=(KeySet&&) noexcept;
  ~KeySet();

  // A JWK Set. Keys that are not for signatures or of a type not known here are left out; malformed ones too, and problems()
  // says so. RSA keys have 2048 to 8192 bits; EC keys are on P-256, P-384 or P-521; OKP is Ed25519.
  // Errors: jwks_too_large, jwks_malformed.
  static Result<KeySet> parse(std::string_view json, KeySource source = KeySource::kEndpoint);

  // One secret for HMAC, at least as long as the digests it is used with (RFC 7518, section 3.2): 32 bytes for HS256, 48 for
  // HS384, 64 for HS512. `algorithms` among those three. Errors: jwk_secret_too_short.
  static Result<KeySet> from_secret(std::string_view secret, JwsAlgorithms algorithms, std::string_view kid = {});

  std::size_t size() const { return keys_.size(); }
  bool has(std::string_view kid) const;
  // What was wrong with keys that were left out: "keys[2]: RSA key of 1024 bits".
  const std::vector<std::string>& problems() const { return problems_; }

  enum class Match : unsigned char { kVerified, kSignatureInvalid, kKeyUnknown, kAlgorithmNotAllowed };
  // Checks `signature` (JOSE's form: raw r||s for ECDSA) of `input` with the keys named `kid`; where none is, with those that
  // have no name; without `kid`, with all. Only keys bound to `algorithm`, at most kMaxTries. Allocates nothing of its own.
  Match verify(std::optional<std::string_view> kid, JwsAlgorithm algorithm, std::string_view input,
               std::string_view signature) const;

 private:
  std::vector<std::unique_ptr<const Jwk>> keys_;
  std::vector<std::string> problems_;
};

}  // namespace gatehouse::crypto
