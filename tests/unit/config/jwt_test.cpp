// Authorizers by JSON Web Token, scopes and claims: what is read, and what is said about mistakes. A listener is on line 1.
#include "support.hpp"

#include <fstream>

namespace gatehouse::config::test {
namespace {

using namespace std::chrono_literals;
using crypto::JwsAlgorithm;
using middleware::JwtSettings;

JwtSettings jwt_of(const std::string& text) {
  const Settings settings = settings_of("authorizers: {users: {jwt: " + text + "}}", {{"SECRET", std::string(48, 's')}});
  if (settings.authorizers.size() != 1) return {};
  const auto* const jwt = std::get_if<JwtSettings>(&settings.authorizers[0].kind);
  return jwt ? *jwt : JwtSettings();
}

TEST(JwtSettingsTest, NeedLittle) {
  const JwtSettings jwt = jwt_of("{issuer: https://id.example.com, audience: [shop]}");
  ASSERT_EQ(jwt.issuers.size(), 1u);
  EXPECT_EQ(jwt.issuers[0].issuer, "https://id.example.com");
  EXPECT_EQ(jwt.issuers[0].audiences, std::vector<std::string>{"shop"});
  EXPECT_EQ(jwt.issuers[0].algorithms, crypto::JwsAlgorithms::all());
  EXPECT_EQ(jwt.header, "authorization");
  EXPECT_EQ(jwt.leeway, 5s);
  EXPECT_EQ(jwt.expiry, crypto::Expiry::kRequired);
  EXPECT_EQ(jwt.client_id, crypto::ClientId::kInsteadOfAudience);
  EXPECT_EQ(jwt.forward, middleware::ForwardToken::kYes);
}

TEST(JwtSettingsTest, SayAllThatMayBeSaid) {
  const JwtSettings jwt = jwt_of(R"({issuers: [{issuer: https://a, audience: any, jwks: https://a/keys, algorithms: [RS256, EdDSA]},
    {issuer: b, audience: [shop], secret: "${SECRET}", algorithms: [HS384]}], header: none, cookie: session, query: token, forward: false,
    client_id: ignored, expiry: optional, leeway: 1m, required: [sub], claims_to_headers: {x-user: sub, x-role: "realm.roles[0]"},
    scope_claims: [permissions], fetch: {refresh: 1h, refetch: 1s, timeout: 2s, size: 64KB, ca: ca.pem}, cache: 0})");
  ASSERT_EQ(jwt.issuers.size(), 2u);
  EXPECT_TRUE(jwt.issuers[0].audiences.empty());
  EXPECT_EQ(jwt.issuers[0].jwks_url, "https://a/keys");
  EXPECT_EQ(jwt.issuers[0].algorithms, crypto::JwsAlgorithms().add(JwsAlgorithm::kRS256).add(JwsAlgorithm::kEdDSA));
  EXPECT_EQ(jwt.issuers[1].secret, std::string(48, 's'));
  EXPECT_EQ(jwt.header, "");
  EXPECT_EQ(jwt.cookie, "session");
  EXPECT_EQ(jwt.forward, middleware::ForwardToken::kNo);
  EXPECT_EQ(jwt.expiry, crypto::Expiry::kOptional);
  EXPECT_EQ(jwt.leeway, 1min);
  ASSERT_EQ(jwt.claims_to_headers.size(), 2u);
  EXPECT_EQ(jwt.claims_to_headers[1].claim.text(), "realm.roles[0]");
  EXPECT_EQ(jwt.fetch.max_bytes, 64u * 1024);
  EXPECT_EQ(jwt.fetch.ca, "/etc/gatehouse/ca.pem");
  EXPECT_EQ(jwt.cache, 0u);
}

TEST(JwtSettingsTest, TakeASecretForHs256UnlessToldOtherwise) {
  const JwtSettings jwt = jwt_of("{secret: \"${SECRET}\"}");
  EXPECT_EQ(jwt.issuers.at(0).algorithms, crypto::JwsAlgorithms().add(JwsAlgorithm::kHS256));
}

TEST(JwtSettingsTest, ReadAFileOfKeys) {
  const std::string path = testing::TempDir() + "gatehouse-keys.json";
  const std::string keys = R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";
  std::ofstream(path) << keys;
  EXPECT_EQ(jwt_of("{issuer: a, audience: any, jwks: " + path + "}").issuers.at(0).jwks, keys);
}

TEST(JwtSettingsTest, HoldScopesAndClaimsOfARoute) {
  const Settings settings = settings_of(R"(authorizers: {users: {jwt: {issuer: https://a, audience: [shop]}}}
auth: [users]
apis:
- name: a
  scopes: [a:b]
  routes:
  - {match: GET /a, mock: {}, scopes: [], claims: {email_verified: true, "org.teams[0]": [a, 7]}})");
  const RouteSettings& route = settings.apis.at(0).routes.at(0);
  EXPECT_EQ(settings.apis[0].scoped.scopes, std::vector<std::string>{"a:b"});
  EXPECT_EQ(route.scoped.scopes, std::vector<std::string>());
  ASSERT_EQ(route.scoped.claims.value().size(), 2u);
  EXPECT_EQ((*route.scoped.claims)[0].any_of, std::vector<std::string>{"true"});
  EXPECT_EQ((*route.scoped.claims)[1].claim.text(), "org.teams[0]");
  EXPECT_EQ((*route.scoped.claims)[1].any_of, (std::vector<std::string>{"a", "7"}));
}

class JwtProblemsTest : public testing::TestWithParam<ProblemCase> {};

TEST_P(JwtProblemsTest, AreReportedWithPlaceAndFix) { expect_problems(GetParam()); }

// clang-format off
const ProblemCase kCases[] = {
    {"AudienceMissing",
     R"(authorizers: {users: {jwt: {issuer: https://id.example.com}}})",
     {R"(2:28: authorizers.users.jwt: 'audience' is missing: tokens for every other service of the issuer would be accepted (add audience: [NAME], or audience: any))"}},
    {"NoKeys",
     R"(authorizers: {users: {jwt: {audience: [shop]}}})",
     {R"(2:28: authorizers.users.jwt: nothing says where the keys are (add issuer: a URL such as https://id.example.com, jwks or secret))"}},
    {"IssuerThatIsNoUrl",
     R"(authorizers: {users: {jwt: {issuer: somebody, audience: [shop]}}})",
     {R"(2:37: authorizers.users.jwt.issuer: 'somebody' is no URL, so that the keys cannot be found there (add jwks: the URL or file of the keys))"}},
    {"UnknownAlgorithm",
     R"(authorizers: {users: {jwt: {issuer: https://a, audience: [shop], algorithms: [RS265, none]}}})",
     {R"(2:79: authorizers.users.jwt.algorithms[0]: expected RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, HS256, HS384 or HS512, found 'RS265' (did you mean 'RS256'?))",
      R"(2:86: authorizers.users.jwt.algorithms[1]: expected RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, HS256, HS384 or HS512, found 'none')"}},
    {"HmacWithoutSecret",
     R"(authorizers: {users: {jwt: {issuer: https://a, audience: [shop], algorithms: [HS256]}}})",
     {R"(2:78: authorizers.users.jwt.algorithms: HS256 needs a secret (add secret: "${JWT_SECRET}", or leave HS256 out))"}},
    {"SecretForSomethingElse",
     R"(authorizers: {users: {jwt: {secret: 01234567890123456789012345678901, algorithms: [RS256]}}})",
     {R"(2:83: authorizers.users.jwt.algorithms: RS256 does not use a secret (leave it out, or give jwks in place of the secret))"}},
    {"SecretAndKeys",
     R"(authorizers: {users: {jwt: {issuer: a, audience: any, secret: 01234567890123456789012345678901, jwks: https://a/keys}}})",
     {R"(2:63: authorizers.users.jwt.secret: 'secret' and 'jwks' exclude each other (keep one of them))"}},
    {"BadUrlOfKeys",
     R"(authorizers: {users: {jwt: {issuer: a, audience: any, jwks: "ftp://a/keys"}}})",
     {R"(2:61: authorizers.users.jwt.jwks: expected the URL of a JSON Web Key Set such as https://id.example.com/keys, or the path of a file, found 'ftp://a/keys')"}},
    {"IssuersTwice",
     R"(authorizers: {users: {jwt: {issuer: a, issuers: [{issuer: b, audience: any, jwks: https://b}, {issuer: b, audience: any, jwks: https://b}]}}})",
     {R"(2:37: authorizers.users.jwt.issuer: 'issuer' belongs to each of the issuers (move it into 'issuers'))",
      R"(2:104: authorizers.users.jwt.issuers[1].issuer: the issuer 'b' is given twice (put their audiences into one list))"}},
    {"IssuerWithoutName",
     R"(authorizers: {users: {jwt: {issuers: [{audience: any, jwks: https://b}]}}})",
     {R"(2:39: authorizers.users.jwt.issuers[0]: 'issuer' is missing: it tells whose token one is (add issuer: https://id.example.com))"}},
    {"HeaderOfTheGateway",
     R"(authorizers: {users: {jwt: {issuer: https://a, audience: any, claims_to_headers: {Host: sub}}}})",
     {R"(2:82: authorizers.users.jwt.claims_to_headers: 'Host' is written by the gateway and cannot be changed (take another name))"}},
    {"BadClaimPath",
     R"(authorizers: {users: {jwt: {issuer: https://a, audience: any, scope_claims: ["a..b"]}}})",
     {R"(2:78: authorizers.users.jwt.scope_claims[0]: claim path "a..b": a name is missing)"}},
    {"ScopesWhereNobodyHasAny",
     R"(authorizers: {k: {api_key: {}}}
apis:
- name: a
  auth: [k]
  routes:
  - {match: GET /a, mock: {}, scopes: [read]}
  - {match: GET /b, mock: {}, claims: {a: b}, auth: none}
  - {match: GET /c, mock: {body: $claims.sub}}
  - {match: GET /d, mock: {}, throttle: [{per: $claims.sub, rate: 1/s}]})",
     {R"(7:39: apis.a.routes[0].scopes: nobody has scopes here: no token is asked for (name an authorizer in 'auth' that finds claims, such as one with jwt))",
      R"(8:39: apis.a.routes[1].claims: nobody has claims here: no token is asked for (name an authorizer in 'auth' that finds claims, such as one with jwt))",
      R"(9:5: apis.a.routes[2]: the route uses $claims, and nobody has claims here (name an authorizer in 'auth' that finds claims, such as one with jwt))",
      R"(10:48: apis.a.routes[3].throttle[0].per: nobody has claims here (name an authorizer in 'auth' that finds claims, such as one with jwt))"}},
    {"KeysCountedWhereTokensAreAskedFor",
     R"(authorizers: {users: {jwt: {issuer: https://a, audience: any}}}
auth: [users]
apis:
- name: a
  routes:
  - {match: GET /a, mock: {}, throttle: [{per: api_key, rate: 1/s}]})",
     {R"(7:48: apis.a.routes[0].throttle[0].per: nobody is asked for an API key here (name an authorizer in 'auth' that asks for one))"}},
    {"BadScope",
     R"(scopes: ["a b"])",
     {R"(2:10: scopes[0]: expected a scope such as orders:read, found 'a b')"}},
};
// clang-format on

INSTANTIATE_TEST_SUITE_P(Config, JwtProblemsTest, testing::ValuesIn(kCases), name_of);

TEST(JwtSettingsTest, DoNotShowASecretThatIsTooShort) {
  const Loaded loaded = load(with_listener("authorizers: {users: {jwt: {secret: \"${SECRET}\"}}}"), {{"SECRET", "s3cret"}});
  ASSERT_EQ(loaded.problems.size(), 1u);
  EXPECT_EQ(loaded.problems[0].path, "authorizers.users.jwt.secret");
  EXPECT_EQ(loaded.problems[0].to_string().find("s3cret"), std::string::npos);
  EXPECT_NE(loaded.problems[0].to_string().find("32"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::config::test
