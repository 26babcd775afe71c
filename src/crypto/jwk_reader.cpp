#include "jwk_reader.hpp"

#include "gatehouse/base/base64url.hpp"
#include "gatehouse/crypto/digest.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <bit>

namespace gatehouse::crypto {
namespace {

using ReadKey = std::variant<std::unique_ptr<const Jwk>, NotForSignatures, MalformedKey>;

constexpr std::size_t kFewestRsaBits = 2048;
constexpr std::size_t kMostRsaBits = 8192;  // what a check costs grows with the square
constexpr std::size_t kMostRsaExponentBytes = 8;
constexpr std::size_t kMostKidBytes = 1024;

constexpr JwsAlgorithm kHmacAlgorithms[] = {JwsAlgorithm::kHS256, JwsAlgorithm::kHS384, JwsAlgorithm::kHS512};

struct Curve {
  std::string_view name;
  const char* group;  // OpenSSL's name
  std::size_t coordinate_bytes;
  JwsAlgorithm algorithm;
};
constexpr Curve kCurves[] = {{"P-256", "prime256v1", 32, JwsAlgorithm::kES256},
                             {"P-384", "secp384r1", 48, JwsAlgorithm::kES384},
                             {"P-521", "secp521r1", 66, JwsAlgorithm::kES512}};

Error unreadable(std::string why) { return {ErrorKind::kInvalid, ErrorSource::kUpstream, "jwk_malformed", std::move(why)}; }

// The bytes of a member, or why there are none.
Result<std::string> bytes_of(JsonValue key, std::string_view name) {
  const JsonValue value = key.find(name);
  if (!value) return unreadable("has no " + std::string(name));
  if (!value.is_string() || value.text().empty()) return unreadable(std::string(name) + " is not text");
  std::string bytes(base64url_decoded_size(value.text().size()), '\0');
  if (!decode_base64url(bytes.data(), value.text())) return unreadable(std::string(name) + " is not base64url");
  return bytes;
}

void remove_leading_zeros(std::string& number) {
  number.erase(0, std::min(number.find_first_not_of('\0'), number.size()));
}

std::size_t bits_of(std::string_view number) {
  return number.empty() ? 0 : 8 * number.size() - static_cast<std::size_t>(std::countl_zero(static_cast<unsigned char>(number[0])));
}

// What the key may be used with: of `possible`, the one that `alg` names, or all.
struct Binding {
  std::optional<std::string> kid;
  JwsAlgorithms algorithms;
};

ReadKey read_rsa(JsonValue key, Binding binding) {
  auto n = bytes_of(key, "n");
  if (!n) return MalformedKey{n.error().message()};
  auto e = bytes_of(key, "e");
  if (!e) return MalformedKey{e.error().message()};
  remove_leading_zeros(*n);
  remove_leading_zeros(*e);
  const std::size_t bits = bits_of(*n);
  if (bits < kFewestRsaBits || bits > kMostRsaBits) return MalformedKey{"RSA key of " + std::to_string(bits) + " bits"};
  if ((n->back() & 1) == 0) return MalformedKey{"n is even"};
  if (e->empty() || e->size() > kMostRsaExponentBytes || (e->back() & 1) == 0 || *e == "\x01")
    return MalformedKey{"e is no exponent"};
  EvpKey made = make_rsa_key(*n, *e);
  if (made == nullptr) return MalformedKey{"not an RSA key"};
  return std::make_unique<const Jwk>(std::move(binding.kid), binding.algorithms, std::move(made));
}

ReadKey read_ec(JsonValue key, const Curve& curve, Binding binding) {
  const auto x = bytes_of(key, "x");
  if (!x) return MalformedKey{x.error().message()};
  const auto y = bytes_of(key, "y");
  if (!y) return MalformedKey{y.error().message()};
  if (x->size() != curve.coordinate_bytes || y->size() != curve.coordinate_bytes)
    return MalformedKey{"coordinates of the wrong size"};
  EvpKey made = make_ec_key(curve.group, *x, *y);
  if (made == nullptr) return MalformedKey{"not a point of the curve"};
  return std::make_unique<const Jwk>(std::move(binding.kid), binding.algorithms, std::move(made));
}

ReadKey read_ed25519(JsonValue key, Binding binding) {
  const auto x = bytes_of(key, "x");
  if (!x) return MalformedKey{x.error().message()};
  EvpKey made = make_ed25519_key(*x);
  if (made == nullptr) return MalformedKey{"x is no Ed25519 key"};
  return std::make_unique<const Jwk>(std::move(binding.kid), binding.algorithms, std::move(made));
}

ReadKey read_secret(JsonValue key, Binding binding) {
  auto secret = bytes_of(key, "k");
  if (!secret) return MalformedKey{secret.error().message()};
  const JwsAlgorithms possible = hmac_algorithms(secret->size());
  JwsAlgorithms algorithms;
  for (const JwsAlgorithm algorithm : kHmacAlgorithms) {
    if (binding.algorithms.contains(algorithm) && possible.contains(algorithm)) algorithms.add(algorithm);
  }
  if (algorithms.empty()) return MalformedKey("secret of " + std::to_string(secret->size()) + " bytes is too short");
  auto made = std::make_unique<const Jwk>(std::move(binding.kid), algorithms, *secret);
  OPENSSL_cleanse(secret->data(), secret->size());
  return made;
}

// Whether `use` and `key_ops` leave the key for checking signatures.
bool is_for_signatures(JsonValue key) {
  if (const JsonValue use = key.find("use"); use && use.text() != "sig") return false;
  const JsonValue operations = key.find("key_ops");
  if (!operations) return true;
  return std::ranges::any_of(operations, [](JsonValue operation) { return operation.text() == "verify"; });
}

JwsAlgorithms possible_algorithms(std::string_view kty, const Curve* curve) {
  JwsAlgorithms possible;
  if (kty == "RSA") {
    for (const auto algorithm : {JwsAlgorithm::kRS256, JwsAlgorithm::kRS384, JwsAlgorithm::kRS512, JwsAlgorithm::kPS256,
                                 JwsAlgorithm::kPS384, JwsAlgorithm::kPS512}) {
      possible.add(algorithm);
    }
  } else if (kty == "EC") {
    possible.add(curve->algorithm);
  } else if (kty == "OKP") {
    possible.add(JwsAlgorithm::kEdDSA);
  } else {
    for (const JwsAlgorithm algorithm : kHmacAlgorithms) possible.add(algorithm);
  }
  return possible;
}

}  // namespace

JwsAlgorithms hmac_algorithms(std::size_t secret_bytes) {
  JwsAlgorithms algorithms;
  for (const JwsAlgorithm algorithm : kHmacAlgorithms) {
    if (secret_bytes >= digest_size(algorithm)) algorithms.add(algorithm);
  }
  return algorithms;
}

Jwk::Jwk(std::optional<std::string> kid, JwsAlgorithms algorithms, std::string_view secret)
    : kid_(std::move(kid)), algorithms_(algorithms) {
  for (std::size_t i = 0; i < hmac_keys_.size(); ++i) {
    if (algorithms.contains(kHmacAlgorithms[i])) hmac_keys_[i] = std::make_unique<const HmacKey>(kHmacAlgorithms[i], secret);
  }
}

bool Jwk::verify(JwsAlgorithm algorithm, std::string_view input, std::string_view signature) const {
  if (public_key_ != nullptr) return public_key_->verify(algorithm, input, signature);
  const auto index = static_cast<std::size_t>(algorithm) - static_cast<std::size_t>(JwsAlgorithm::kHS256);
  return constant_time_equal(hmac_keys_[index]->sign(input).view(), signature);
}

ReadKey read_jwk(JsonValue key, KeySource source) {
  if (!key.is_object()) return MalformedKey{"not an object"};
  const JsonValue type = key.find("kty");
  if (!type || !type.is_string()) return MalformedKey{"has no kty"};
  const std::string_view kty = type.text();
  const JsonValue crv = key.find("crv");
  const Curve* curve = nullptr;
  if (kty == "EC") {
    curve = std::ranges::find(kCurves, crv ? crv.text() : std::string_view(), &Curve::name);
    if (curve == std::end(kCurves)) return NotForSignatures{};
  } else if (kty == "OKP") {
    if (!crv || crv.text() != "Ed25519") return NotForSignatures{};
  } else if (kty != "RSA" && kty != "oct") {
    return NotForSignatures{};
  }
  if (!is_for_signatures(key)) return NotForSignatures{};

  Binding binding{std::nullopt, possible_algorithms(kty, curve)};
  if (const JsonValue alg = key.find("alg")) {
    const auto named = parse_jws_algorithm(alg.text());
    if (!named || !binding.algorithms.contains(*named)) return NotForSignatures{};
    binding.algorithms = JwsAlgorithms().add(*named);
  }
  if (const JsonValue kid = key.find("kid")) {
    if (!kid.is_string() || kid.text().size() > kMostKidBytes) return MalformedKey{"kid is not text, or too long"};
    binding.kid.emplace(kid.text());
  }
  if (kty == "oct") {
    if (source == KeySource::kEndpoint) return MalformedKey{"a secret is published; it is not used"};
    return read_secret(key, std::move(binding));
  }
  if (key.find("d")) return MalformedKey{"a private key is published; it is not used"};
  if (kty == "RSA") return read_rsa(key, std::move(binding));
  return kty == "EC" ? read_ec(key, *curve, std::move(binding)) : read_ed25519(key, std::move(binding));
}

}  // namespace gatehouse::crypto
