#include "gatehouse/crypto/jwt.hpp"

#include "gatehouse/base/base64url.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

namespace gatehouse::crypto {
namespace {

using Kind = JwtRefused;

constexpr double kLatestDate = 9007199254740992.0;  // 2^53: seconds beyond it are not exact

struct Parts {
  std::string_view header, claims, signature;
  std::string_view signed_text;  // header and claims with the dot between
};

boost::system::result<Parts, JwtRefusal> split(std::string_view token) {
  if (token.size() > kMaxTokenBytes) return JwtRefusal{Kind::kTooLarge, "the token is longer than 16 KiB"};
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    return JwtRefusal{Kind::kMalformed, "the token does not have three parts"};
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
               token.substr(0, second)};
}

// What is wrong with one of the two JSON parts.
struct PartNames {
  std::string_view not_base64url, not_json, not_utf8, too_deep, duplicate, not_object;
};
constexpr PartNames kHeaderNames = {"the header is not base64url",   "the header is not JSON",        "the header is not UTF-8",
                                    "the header is nested too deep", "the header has a member twice",
                                    "the header is not an object"};
constexpr PartNames kClaimNames = {"the claims are not base64url",   "the claims are not JSON",  "the claims are not UTF-8",
                                   "the claims are nested too deep", "a claim is there twice", "the claims are not an object"};

JwtRefusal json_refusal(JsonFault fault, const PartNames& names) {
  switch (fault.kind) {
    case JsonFault::Kind::kSyntax: return {Kind::kMalformed, names.not_json};
    case JsonFault::Kind::kEncoding: return {Kind::kMalformed, names.not_utf8};
    case JsonFault::Kind::kDepth: return {Kind::kMalformed, names.too_deep};
    case JsonFault::Kind::kDuplicateMember: return {Kind::kDuplicateMember, names.duplicate};
  }
  return {};
}

boost::system::result<JsonTree, JwtRefusal> read_part(std::string_view text, const PartNames& names) {
  std::unique_ptr<char[]> bytes(new char[base64url_decoded_size(text.size())]);
  const auto size = decode_base64url(bytes.get(), text);
  if (!size) return JwtRefusal{Kind::kMalformed, names.not_base64url};
  auto tree = JsonTree::parse(std::move(bytes), *size);
  if (!tree) return json_refusal(tree.error(), names);
  if (!tree->root().is_object()) return JwtRefusal{Kind::kMalformed, names.not_object};
  return std::move(*tree);
}

using Check = boost::system::result<void, JwtRefusal>;

// No extension is understood here, so each one that must be is refused (RFC 7515, section 4.1.11); b64 (RFC 7797) also where
// the header forgets to say that it must be.
Check check_extensions(JsonValue header) {
  if (header.find("crit")) return JwtRefusal{Kind::kCritUnknown, "crit asks for extensions that are not supported"};
  const JsonValue b64 = header.find("b64");
  if (b64 && b64.kind() != JsonKind::kTrue) return JwtRefusal{Kind::kCritUnknown, "b64 is not supported"};
  return {};
}

Check check_signature(const Parts& parts, JsonValue header, const KeySet& keys, JwsAlgorithms allowed) {
  const JsonValue alg = header.find("alg");
  if (!alg || !alg.is_string()) return JwtRefusal{Kind::kMalformed, "the header has no alg"};
  const auto algorithm = parse_jws_algorithm(alg.text());
  if (!algorithm || !allowed.contains(*algorithm)) return JwtRefusal{Kind::kAlgNotAllowed, "the algorithm is not allowed"};

  std::optional<std::string_view> kid;
  if (const JsonValue named = header.find("kid")) {
    if (!named.is_string()) return JwtRefusal{Kind::kMalformed, "kid is not text"};
    kid = named.text();
  }
  // The longest that a key here can make is that of RSA with 8,192 bits.
  char signature[1024];
  if (base64url_decoded_size(parts.signature.size()) > sizeof signature)
    return JwtRefusal{Kind::kSignatureInvalid, "the signature is too long"};
  const auto size = decode_base64url(signature, parts.signature);
  if (!size) return JwtRefusal{Kind::kMalformed, "the signature is not base64url"};

  switch (keys.verify(kid, *algorithm, parts.signed_text, {signature, *size})) {
    case KeySet::Match::kVerified: return {};
    case KeySet::Match::kKeyUnknown: return JwtRefusal{Kind::kKeyUnknown, "no key has the token's kid", NewKey::kMayHelp};
    case KeySet::Match::kAlgorithmNotAllowed:
      return JwtRefusal{Kind::kAlgNotAllowed, "the algorithm is not one of the key's"};
    case KeySet::Match::kSignatureInvalid: break;
  }
  return JwtRefusal{Kind::kSignatureInvalid, "the signature is not one of the key's",
                    kid && keys.has(*kid) ? NewKey::kWouldNotHelp : NewKey::kMayHelp};
}

// A NumericDate (RFC 7519, section 2): seconds, possibly with a fraction, possibly before 1970.
std::optional<double> date_of(JsonValue value) {
  if (!value.is_number()) return std::nullopt;
  const double date = value.number();
  if (std::abs(date) > kLatestDate) return std::nullopt;
  return date;
}

Check check_dates(const Claims& claims, double now, double leeway, Expiry expiry) {
  if (const JsonValue exp = claims.find("exp")) {
    const auto date = date_of(exp);
    if (!date) return JwtRefusal{Kind::kMalformed, "exp is not a date"};
    if (now >= *date + leeway) return JwtRefusal{Kind::kExpired, "the token has expired"};
  } else if (expiry == Expiry::kRequired) {
    return JwtRefusal{Kind::kClaimMissing, "the token has no exp"};
  }
  if (const JsonValue nbf = claims.find("nbf")) {
    const auto date = date_of(nbf);
    if (!date) return JwtRefusal{Kind::kMalformed, "nbf is not a date"};
    if (now + leeway < *date) return JwtRefusal{Kind::kNotYetValid, "the token is not valid yet"};
  }
  if (const JsonValue iat = claims.find("iat")) {
    const auto date = date_of(iat);
    if (!date) return JwtRefusal{Kind::kMalformed, "iat is not a date"};
    if (now + leeway < *date) return JwtRefusal{Kind::kNotYetValid, "the token was issued in the future"};
  }
  return {};
}

bool is_one_of(JsonValue value, const std::vector<std::string>& texts) {
  return value.is_string() && std::ranges::find(texts, value.text()) != texts.end();
}

// The mistake that people make with issuers deserves its own words.
bool differs_by_slash(std::string_view a, std::string_view b) {
  const std::string_view& longer = a.size() > b.size() ? a : b;
  const std::string_view& shorter = a.size() > b.size() ? b : a;
  return longer.size() == shorter.size() + 1 && longer.back() == '/' && longer.starts_with(shorter);
}

Check check_issuer(const Claims& claims, const std::vector<std::string>& issuers) {
  if (issuers.empty()) return {};
  const JsonValue iss = claims.find("iss");
  if (!iss) return JwtRefusal{Kind::kClaimMissing, "the token has no iss"};
  if (is_one_of(iss, issuers)) return {};
  const bool slash = iss.is_string() && std::ranges::any_of(issuers, [iss](const std::string& issuer) {
                       return differs_by_slash(iss.text(), issuer);
                     });
  return JwtRefusal{Kind::kIssuerWrong, slash ? "the issuer differs from the expected one by a slash at the end"
                                              : "the token is from another issuer"};
}

Check check_audience(const Claims& claims, const JwtExpectation& expected) {
  if (expected.audiences.empty()) return {};
  JsonValue aud = claims.find("aud");
  if (!aud && expected.client_id == ClientId::kInsteadOfAudience) aud = claims.find("client_id");
  if (!aud) return JwtRefusal{Kind::kClaimMissing, "the token has no aud"};
  if (is_one_of(aud, expected.audiences)) return {};
  if (aud.is_array()) {
    bool meant = false;
    for (const JsonValue one : aud) {
      if (!one.is_string()) return JwtRefusal{Kind::kAudienceWrong, "aud holds what is not text"};
      meant = meant || is_one_of(one, expected.audiences);
    }
    if (meant) return {};
  }
  return JwtRefusal{Kind::kAudienceWrong, "the token is for another audience"};
}

Check check_claims(const Claims& claims, Claims::WallTime now, const JwtExpectation& expected) {
  for (const std::string& name : expected.required) {
    if (!claims.find(name)) return JwtRefusal{Kind::kClaimMissing, "a required claim is missing", NewKey::kWouldNotHelp, name};
  }
  const double seconds = std::chrono::duration<double>(now.time_since_epoch()).count();
  const double leeway = static_cast<double>(expected.leeway.count());
  if (auto timely = check_dates(claims, seconds, leeway, expected.expiry); !timely) return timely;
  if (auto issued = check_issuer(claims, expected.issuers); !issued) return issued;
  return check_audience(claims, expected);
}

}  // namespace

std::string_view JwtRefusal::reason() const {
  switch (kind) {
    case Kind::kTooLarge: return "jwt_too_large";
    case Kind::kMalformed: return "jwt_malformed";
    case Kind::kDuplicateMember: return "jwt_duplicate_member";
    case Kind::kCritUnknown: return "jwt_crit_unknown";
    case Kind::kAlgNotAllowed: return "jwt_alg_not_allowed";
    case Kind::kKeyUnknown: return "jwt_key_unknown";
    case Kind::kSignatureInvalid: return "jwt_signature_invalid";
    case Kind::kClaimMissing: return "jwt_claim_missing";
    case Kind::kExpired: return "jwt_expired";
    case Kind::kNotYetValid: return "jwt_not_yet_valid";
    case Kind::kIssuerWrong: return "jwt_issuer_wrong";
    case Kind::kAudienceWrong: return "jwt_audience_wrong";
  }
  return {};
}

JwtVerdict verify_jwt(std::string_view token, const KeySet& keys, Claims::WallTime now, const JwtExpectation& expected) {
  const auto parts = split(token);
  if (!parts) return parts.error();
  const auto header = read_part(parts->header, kHeaderNames);
  if (!header) return header.error();
  if (const auto plain = check_extensions(header->root()); !plain) return plain.error();
  if (const auto signed_by = check_signature(*parts, header->root(), keys, expected.algorithms); !signed_by)
    return signed_by.error();

  auto tree = read_part(parts->claims, kClaimNames);
  if (!tree) return tree.error();
  Claims claims(std::move(*tree));
  if (const auto meant = check_claims(claims, now, expected); !meant) return meant.error();
  return claims;
}

std::optional<std::string> claimed_issuer(std::string_view token) {
  const auto parts = split(token);
  if (!parts) return std::nullopt;
  const auto claims = read_part(parts->claims, kClaimNames);
  if (!claims) return std::nullopt;
  const JsonValue iss = claims->root().find("iss");
  if (!iss || !iss.is_string()) return std::nullopt;
  return std::string(iss.text());
}

}  // namespace gatehouse::crypto
