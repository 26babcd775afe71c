// authorizers.NAME.jwt: tokens of OpenID Connect and OAuth 2.0; scopes and claims of routes.
#include "descriptions.hpp"
#include "scalars.hpp"
#include "web_texts.hpp"

#include "gatehouse/crypto/jwk.hpp"
#include "gatehouse/middleware/protected_fields.hpp"
#include "gatehouse/upstream/url.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

namespace gatehouse::config {
namespace {

using crypto::JwsAlgorithm;
using middleware::JwtIssuerSettings;
using middleware::JwtSettings;

constexpr std::size_t kLargestKeyFile = crypto::KeySet::kMaxBytes;

constexpr Words<JwsAlgorithm, crypto::kJwsAlgorithmCount> kAlgorithm{{{{"RS256", JwsAlgorithm::kRS256},
                                                                      {"RS384", JwsAlgorithm::kRS384},
                                                                      {"RS512", JwsAlgorithm::kRS512},
                                                                      {"PS256", JwsAlgorithm::kPS256},
                                                                      {"PS384", JwsAlgorithm::kPS384},
                                                                      {"PS512", JwsAlgorithm::kPS512},
                                                                      {"ES256", JwsAlgorithm::kES256},
                                                                      {"ES384", JwsAlgorithm::kES384},
                                                                      {"ES512", JwsAlgorithm::kES512},
                                                                      {"EdDSA", JwsAlgorithm::kEdDSA},
                                                                      {"HS256", JwsAlgorithm::kHS256},
                                                                      {"HS384", JwsAlgorithm::kHS384},
                                                                      {"HS512", JwsAlgorithm::kHS512}}}};
bool is_hmac(JwsAlgorithm algorithm) { return algorithm >= JwsAlgorithm::kHS256; }

bool parse_claim(std::string_view text, crypto::ClaimPath& value, Complaint& complaint) {
  auto path = crypto::ClaimPath::parse(text);
  if (!path) {
    complaint.message = path.error().message();
    return false;
  }
  value = std::move(*path);
  return true;
}
constexpr Text<crypto::ClaimPath> kClaim{"claim",
                                         "a claim such as sub, realm_access.roles or cognito:groups[0]",
                                         "^.+$",
                                         {"sub", "realm_access.roles", "https://example.com/tenant"},
                                         parse_claim,
                                         [](const crypto::ClaimPath& path) { return path.text(); },
                                         true};

bool parse_claim_name(std::string_view text, std::string& value, Complaint& complaint) {
  if (!crypto::ClaimPath::parse(text)) return false;
  return kLine.parse(text, value, complaint);
}
// A key of a map: read as a claim when the map was.
constexpr Text<std::string> kClaimKey{"claim", kClaim.what, "^.+$", kClaim.examples, parse_claim_name, print_text, true};

bool parse_scope(std::string_view text, std::string& value, Complaint&) {
  // RFC 6749 section 3.3: printable, without spaces, quotes and backslashes.
  const auto is_good = [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; };
  if (text.empty() || !std::ranges::all_of(text, is_good)) return false;
  value = text;
  return true;
}
constexpr Text<std::string> kScope{"scope", "a scope such as orders:read", "^[!#-\\[\\]-~]+$", {"orders:read"}, parse_scope, print_text, true};

// The text of a key set's file, which must be a good one; or its URL.
struct KeySetPlace {
  using Value = JwtIssuerSettings;
  std::string expected() const { return "the URL of a JSON Web Key Set such as https://id.example.com/keys, or the path of a file"; }
  std::string print(const Value&) const { return {}; }

  bool read(const Cursor& at, Value& issuer) const {
    const auto text = at.text(expected());
    if (!text) return false;
    if (text->find("://") == std::string::npos) return read_file_of_keys(at, issuer);
    if (upstream::parse_url(*text)) {
      issuer.jwks_url = *text;
      return true;
    }
    at.wrong(expected(), *text);
    return false;
  }
  Shape shape(Model& model) const {
    model.add_text({"key_set", expected(), "", {"https://id.example.com/keys", "./keys.json"}, false});
    return {Shape::Kind::kText, "key_set", 0, 0, {}, {}};
  }

 private:
  static bool read_file_of_keys(const Cursor& at, Value& issuer) {
    std::string path;
    if (!kFilePath.read(at, path)) return false;
    auto content = read_file(path, kLargestKeyFile);
    if (auto* const complaint = std::get_if<Complaint>(&content)) {
      at.problem(*complaint);
      return false;
    }
    issuer.jwks = std::move(std::get<std::string>(content));
    const auto keys = crypto::KeySet::parse(issuer.jwks, crypto::KeySource::kConfiguration);
    const auto refuse = [&](std::string_view why) {
      at.problem("the key set in " + in_quotes(path) + " cannot be used: " + std::string(why));
      return false;
    };
    if (!keys) return refuse(keys.error().message());
    if (!keys->problems().empty()) return refuse(keys->problems().front());
    return keys->size() > 0 || refuse("there is no key in it");
  }
};

void check_keys(const Fields& f, const JwtIssuerSettings& s, const std::vector<JwsAlgorithm>& algorithms) {
  const Cursor& at = *f.reading();
  if (f.given("secret") && f.given("jwks")) at.problem_at("secret", "'secret' and 'jwks' exclude each other", "keep one of them");
  const auto odd = std::ranges::find_if(algorithms, [&](JwsAlgorithm one) { return is_hmac(one) != f.given("secret"); });
  if (odd != algorithms.end() && s.jwks.empty()) {
    const std::string name(to_string(*odd));
    at.problem_at("algorithms", is_hmac(*odd) ? name + " needs a secret" : name + " does not use a secret",
                  is_hmac(*odd) ? "add secret: \"${JWT_SECRET}\", or leave " + name + " out"
                                : "leave it out, or give jwks in place of the secret");
    return;
  }
  if (!s.secret.empty()) {
    const auto keys = crypto::KeySet::from_secret(s.secret, s.algorithms);
    if (!keys) at.problem_at("secret", keys.error().message(), "openssl rand -base64 64");
    return;
  }
  if (f.given("jwks") || f.given("secret")) return;
  if (s.issuer.empty()) {
    if (!f.given("issuer")) at.problem("nothing says where the keys are", "add issuer: a URL such as https://id.example.com, jwks or secret");
  } else if (!upstream::parse_url(s.issuer)) {
    at.problem_at("issuer", in_quotes(s.issuer) + " is no URL, so that the keys cannot be found there", "add jwks: the URL or file of the keys");
  }
}

// issuer, audience, keys: of an authorizer, or of each of its issuers.
void describe_issuer_part(Fields& f, JwtIssuerSettings& s) {
  f.field("issuer", s.issuer, kLine,
          "The `iss` that tokens must have, byte by byte. Where neither jwks nor secret is given, the keys are found by its "
          "/.well-known/openid-configuration.");
  const Words<std::vector<std::string>, 1> any{{{{"any", {}}}}};
  f.field("audience", s.audiences, WordsOr<Words<std::vector<std::string>, 1>, List<Text<std::string>>>{any, list_of(kLine, "[shop]")},
          "Who tokens must be meant for, one of them: `aud`, or `client_id` where there is none. any: not looked at. Required but with a secret.");
  f.field("jwks", s, KeySetPlace{}, "Where the keys are, when the issuer does not tell.");
  f.field("secret", s.secret, kSecret, "The shared secret of HS256, HS384 and HS512, as long as their digests at least: 32, 48 and 64 bytes.");
  std::vector<JwsAlgorithm> algorithms;
  f.field("algorithms", algorithms, list_of(kAlgorithm, "[RS256, ES256]"),
          "Signatures that are accepted. Default: all that the keys are made for, with a secret HS256.");
  if (algorithms.empty() && !s.secret.empty()) algorithms.push_back(JwsAlgorithm::kHS256);
  if (!algorithms.empty()) s.algorithms = {};
  for (const JwsAlgorithm algorithm : algorithms) s.algorithms.add(algorithm);
}

void check_issuer_part(const Fields& f, const JwtIssuerSettings& s) {
  const Cursor& at = *f.reading();
  if (!f.given("audience") && !f.given("secret"))
    at.problem("'audience' is missing: tokens for every other service of the issuer would be accepted",
               "add audience: [NAME], or audience: any");
  std::vector<JwsAlgorithm> algorithms;
  for (const auto& [word, algorithm] : kAlgorithm.words)
    if (f.given("algorithms") && s.algorithms.contains(algorithm)) algorithms.push_back(algorithm);
  check_keys(f, s, algorithms);
}

void describe_issuer(Fields& f, JwtIssuerSettings& s) {
  describe_issuer_part(f, s);
  if (f.reading() == nullptr) return;
  if (!f.given("issuer")) f.reading()->problem("'issuer' is missing: it tells whose token one is", "add issuer: https://id.example.com");
  check_issuer_part(f, s);
}
constexpr Object<JwtIssuerSettings> kIssuer{"jwt_issuer", "One of several issuers of tokens.",
                                            "{issuer: https://id.example.com, audience: [shop]}", describe_issuer};

void describe_fetch(Fields& f, middleware::JwksSettings& s) {
  f.field("refresh", s.refresh, Ranged<Duration>{kAnyDuration, std::chrono::seconds(1), kLongest}, "How often the keys are fetched.");
  f.field("refetch", s.refetch, kDuration,
          "The shortest time between two fetches because a token names a key that is not known; until then requests wait.");
  f.field("timeout", s.timeout, kDuration, "How long a fetch may take.");
  f.field("size", s.max_bytes, Ranged<std::uint64_t>{kAnySize, kKiB, crypto::KeySet::kMaxBytes}, "The largest document that is read.");
  f.field("ca", s.ca, kFilePath, "A PEM file with the authorities that the servers' certificates are checked by. Default: the system's.");
}
constexpr Object<middleware::JwksSettings> kFetch{
    "jwt_fetch", "How keys are fetched. They are kept while that fails.", "{refresh: 10m, refetch: 5s}", describe_fetch};

void describe_token_places(Fields& f, JwtSettings& s) {
  const Words<std::string, 1> no_header{{{{"none", ""}}}};
  f.field("header", s.header, WordsOr<Words<std::string, 1>, Text<std::string>>{no_header, kFieldName},
          "The request header with the token: `Bearer TOKEN`, or the token alone. none: not in a header.");
  f.field("cookie", s.cookie, kFieldName, "A cookie that may carry it instead. Default: none.");
  f.field("query", s.query, kQueryName, "A query parameter that may carry it instead. Default: none, because URLs end up in logs.");
  f.field("forward", s.forward,
          Words<middleware::ForwardToken, 2>{{{{"true", middleware::ForwardToken::kYes}, {"false", middleware::ForwardToken::kNo}}}},
          "Whether the backend sees the token.");
}

void describe_claims_to_headers(Fields& f, JwtSettings& s) {
  using HeaderMap = Map<Text<crypto::ClaimPath>>;
  HeaderMap::Value headers;
  f.field("claims_to_headers", headers, HeaderMap{kFieldName, kClaim, "{x-user-id: sub}"},
          "Headers that tell the backend what the token says. What clients send under these names is always removed.");
  for (auto& [name, claim] : headers) {
    if (middleware::is_protected_field(name))
      f.reading()->problem_at("claims_to_headers", in_quotes(name) + " is written by the gateway and cannot be changed", "take another name");
    s.claims_to_headers.push_back({std::move(name), std::move(claim)});
  }
}

constexpr std::string_view kIssuerKeys[] = {"issuer", "audience", "jwks", "secret", "algorithms"};

void check_issuers(Fields& f, JwtSettings& s) {
  const Cursor& at = *f.reading();
  for (const std::string_view key : kIssuerKeys)
    if (f.given(key)) at.problem_at(key, "'" + std::string(key) + "' belongs to each of the issuers", "move it into 'issuers'");
  std::unordered_map<std::string_view, std::size_t> names;
  const Cursor list = at.child(*at.node().find("issuers"));
  for (std::size_t i = 0; i < s.issuers.size() && i < list.node().items.size(); ++i) {
    if (!s.issuers[i].issuer.empty() && !names.emplace(s.issuers[i].issuer, i).second)
      list.item(i).problem_at("issuer", "the issuer " + in_quotes(s.issuers[i].issuer) + " is given twice", "put their audiences into one list");
  }
}

void describe_jwt(Fields& f, JwtSettings& s) {
  JwtIssuerSettings only;
  describe_issuer_part(f, only);
  f.field("issuers", s.issuers, list_of(kIssuer, "[{issuer: https://id.example.com, audience: [shop]}]"),
          "Several issuers, each with keys of its own, in place of the keys above.");
  describe_token_places(f, s);
  f.field("client_id", s.client_id,
          Words<crypto::ClientId, 2>{{{{"instead_of_audience", crypto::ClientId::kInsteadOfAudience}, {"ignored", crypto::ClientId::kIgnored}}}},
          "What `client_id` is good for in a token without `aud`, such as Cognito's access tokens.");
  f.field("expiry", s.expiry,
          Words<crypto::Expiry, 2>{{{{"required", crypto::Expiry::kRequired}, {"optional", crypto::Expiry::kOptional}}}},
          "Whether a token without `exp` is accepted.");
  f.field("leeway", s.leeway, Ranged<Duration>{kAnyDuration, Duration(0), std::chrono::minutes(5)},
          "How far the issuer's clock may be off, in whole seconds: for exp, nbf and iat.");
  f.field("required", s.required, list_of(kLine, "[sub, email]"), "Further claims that must be there.");
  describe_claims_to_headers(f, s);
  f.field("scope_claims", s.scope_claims, list_of(kClaim, "[permissions, realm_access.roles]"),
          "Claims that grant scopes, besides `scope` and `scp`: a list, or a text with spaces between.");
  f.field("fetch", s.fetch, kFetch, "How keys are fetched.");
  f.field("cache", s.cache, Integer<>{0, 1'000'000}, "Verified tokens that each worker remembers. 0: every token is verified again.");
  if (f.reading() == nullptr) return;
  if (f.given("issuers")) {
    check_issuers(f, s);
  } else {
    check_issuer_part(f, only);
    s.issuers.push_back(std::move(only));
  }
}

// What a claim must be: a text, or one of a list.
struct ClaimValues {
  using Value = std::vector<std::string>;
  List<Text<std::string>> any_of{kLine, "[a, b]"};

  std::string expected() const { return "a value such as true, or " + any_of.expected(); }
  std::string print(const Value&) const { return {}; }
  bool read(const Cursor& at, Value& value) const {
    if (at.node().kind == Node::Kind::kList) return any_of.read(at, value);
    if (at.node().kind == Node::Kind::kScalar) return kLine.read(at, value.emplace_back());
    at.mismatch(expected());
    return false;
  }
  Shape shape(Model& model) const { return {Shape::Kind::kEither, "", 0, 0, {}, {kLine.shape(model), any_of.shape(model)}}; }
};

}  // namespace

constexpr Object<JwtSettings> kJwt{"jwt", "Clients show a JSON Web Token of an issuer.",
                                   "{issuer: https://id.example.com, audience: [shop]}", describe_jwt};

void describe_claims(Fields& f, ScopedSettings& s) {
  f.field("scopes", s.scopes, maybe_empty_list_of(kScope, "[orders:read]"),
          "Scopes of which the caller's token must have one: beyond that 403. []: none.");
  using ClaimMap = Map<ClaimValues>;
  std::optional<ClaimMap::Value> claims;
  f.field("claims", claims, ClaimMap{kClaimKey, ClaimValues{}, "{email_verified: true, department: [a, b]}"},
          "What the caller's claims must be, all of them: a value, or one of several. Of a claim that is a list, one element must be it.");
  if (!claims) return;
  s.claims.emplace();
  for (auto& [name, any_of] : *claims) {
    auto path = crypto::ClaimPath::parse(name);
    if (path) s.claims->push_back({std::move(*path), std::move(any_of)});
  }
}

}  // namespace gatehouse::config
