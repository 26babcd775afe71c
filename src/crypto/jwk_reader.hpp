// One key of a set, and how it is read from its JSON object.
#pragma once

#include "gatehouse/base/json_tree.hpp"
#include "gatehouse/crypto/jwk.hpp"
#include "jws_hash.hpp"
#include "public_key.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace gatehouse::crypto {

class Jwk {
 public:
  Jwk(std::optional<std::string> kid, JwsAlgorithms algorithms, EvpKey key)
      : kid_(std::move(kid)), algorithms_(algorithms), public_key_(std::make_unique<const PublicKey>(std::move(key))) {}
  Jwk(std::optional<std::string> kid, JwsAlgorithms algorithms, std::string_view secret);

  const std::optional<std::string>& kid() const { return kid_; }
  bool is_bound_to(JwsAlgorithm algorithm) const { return algorithms_.contains(algorithm); }
  // REQUIRES: is_bound_to(algorithm).
  bool verify(JwsAlgorithm algorithm, std::string_view input, std::string_view signature) const;

 private:
  std::optional<std::string> kid_;
  JwsAlgorithms algorithms_;
  std::unique_ptr<const PublicKey> public_key_;             // of asymmetric ones
  std::array<std::unique_ptr<const HmacKey>, 3> hmac_keys_;  // of symmetric ones: HS256, HS384, HS512
};

// Those of HS256, HS384 and HS512 that a secret of this size is long enough for.
JwsAlgorithms hmac_algorithms(std::size_t secret_bytes);

struct NotForSignatures {};
struct MalformedKey {
  std::string problem;
};
std::variant<std::unique_ptr<const Jwk>, NotForSignatures, MalformedKey> read_jwk(JsonValue key, KeySource source);

}  // namespace gatehouse::crypto
