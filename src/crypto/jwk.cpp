#include "gatehouse/crypto/jwk.hpp"

#include "gatehouse/base/json_tree.hpp"
#include "jwk_reader.hpp"

#include <algorithm>
#include <array>

namespace gatehouse::crypto {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, kJwsAlgorithmCount> kNames = {
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "HS256", "HS384", "HS512"};

Error malformed(std::string message) {
  return {ErrorKind::kInvalid, ErrorSource::kUpstream, "jwks_malformed", std::move(message)};
}

}  // namespace

std::optional<JwsAlgorithm> parse_jws_algorithm(std::string_view name) {
  if (name == "Ed25519") return JwsAlgorithm::kEdDSA;  // the name that RFC 9864 gives it
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<JwsAlgorithm>(found - kNames.begin());
}

std::string_view to_string(JwsAlgorithm algorithm) { return kNames[static_cast<std::size_t>(algorithm)]; }

KeySet::KeySet() = default;
KeySet::KeySet(KeySet&&) noexcept = default;
KeySet& KeySet::operator=(KeySet&&) noexcept = default;
KeySet::~KeySet() = default;

Result<KeySet> KeySet::parse(std::string_view json, KeySource source) {
  if (json.size() > kMaxBytes)
    return Error(ErrorKind::kLimit, ErrorSource::kUpstream, "jwks_too_large",
                 "more than " + std::to_string(kMaxBytes) + " bytes");
  const auto tree = JsonTree::parse(json);
  if (!tree) return malformed(std::string(tree.error().what()) + " at byte " + std::to_string(tree.error().offset));
  const JsonValue keys = tree->root().find("keys");
  if (!keys || !keys.is_array()) return malformed("not an object with an array \"keys\"");
  if (keys.size() > kMaxKeys)
    return Error(ErrorKind::kLimit, ErrorSource::kUpstream, "jwks_too_large", "more than " + std::to_string(kMaxKeys) + " keys");

  KeySet set;
  std::size_t index = 0;
  for (const JsonValue key : keys) {
    auto read = read_jwk(key, source);
    if (auto* good = std::get_if<std::unique_ptr<const Jwk>>(&read)) set.keys_.push_back(std::move(*good));
    if (const auto* bad = std::get_if<MalformedKey>(&read))
      set.problems_.push_back("keys[" + std::to_string(index) + "]: " + bad->problem);
    ++index;
  }
  return set;
}

Result<KeySet> KeySet::from_secret(std::string_view secret, JwsAlgorithms algorithms, std::string_view kid) {
  JwsAlgorithms bound;
  for (const JwsAlgorithm algorithm : {JwsAlgorithm::kHS256, JwsAlgorithm::kHS384, JwsAlgorithm::kHS512}) {
    if (!algorithms.contains(algorithm)) continue;
    bound.add(algorithm);
    if (secret.size() < digest_size(algorithm))
      return Error(ErrorKind::kInvalid, ErrorSource::kGateway, "jwk_secret_too_short",
                   std::string(to_string(algorithm)) + " needs a secret of at least " + std::to_string(digest_size(algorithm)) +
                       " bytes, this one has " + std::to_string(secret.size()));
  }
  KeySet set;
  auto name = kid.empty() ? std::nullopt : std::optional<std::string>(kid);
  set.keys_.push_back(std::make_unique<const Jwk>(std::move(name), bound, secret));
  return set;
}

bool KeySet::has(std::string_view kid) const {
  return std::ranges::any_of(keys_, [kid](const auto& key) { return key->kid() && *key->kid() == kid; });
}

KeySet::Match KeySet::verify(std::optional<std::string_view> kid, JwsAlgorithm algorithm, std::string_view input,
                             std::string_view signature) const {
  const bool by_name = kid && has(*kid);
  std::size_t matching = 0;
  std::size_t tries = 0;
  for (const auto& key : keys_) {
    if (by_name ? key->kid() != kid : kid && key->kid()) continue;
    ++matching;
    if (!key->is_bound_to(algorithm)) continue;
    if (++tries > kMaxTries) break;
    if (key->verify(algorithm, input, signature)) return Match::kVerified;
  }
  if (matching == 0) return Match::kKeyUnknown;
  return tries == 0 ? Match::kAlgorithmNotAllowed : Match::kSignatureInvalid;
}

}  // namespace gatehouse::crypto
