#include "gatehouse/crypto/jwt.hpp"

#include "jwt_support.hpp"

namespace gatehouse::crypto {
namespace {

using namespace std::chrono_literals;

JwtExpectation for_issuer(std::string issuer) {
  JwtExpectation expected;
  expected.issuers = {std::move(issuer)};
  return expected;
}

JwtExpectation for_audience(std::vector<std::string> audiences, ClientId client_id = ClientId::kIgnored) {
  JwtExpectation expected;
  expected.audiences = std::move(audiences);
  expected.client_id = client_id;
  return expected;
}

JwtExpectation with_leeway(std::chrono::seconds leeway) {
  JwtExpectation expected;
  expected.leeway = leeway;
  return expected;
}

const std::string kLong = R"("exp":4102444800)";

TEST(JwtTest, TokensOfEachAlgorithmAreAccepted) {
  JwtExpectation expected = for_issuer("https://issuer.example.com/");
  expected.audiences = {"orders"};
  for (const auto& [algorithm, token] : token_data()["tokens"].items()) {
    SCOPED_TRACE(algorithm);
    const auto verdict = verify_jwt(token.get<std::string>(), all_keys(), at(kNow), expected);
    ASSERT_TRUE(verdict.has_value()) << verdict.error().reason() << ": " << verdict.error().detail;
    EXPECT_EQ(verdict->find("sub").text(), "user|1234567890");
  }
}

TEST(JwtTest, OnlyTheExpectedAlgorithmsAreAccepted) {
  JwtExpectation expected;
  expected.algorithms = JwsAlgorithms().add(JwsAlgorithm::kRS256);
  EXPECT_EQ(reason(token_data()["tokens"]["RS256"].get<std::string>(), expected), "");
  EXPECT_EQ(reason(token_data()["tokens"]["PS256"].get<std::string>(), expected), "jwt_alg_not_allowed");
}

TEST(JwtTest, TheExamplesOfTheRfcAreAcceptedUntilTheyExpire) {
  for (const auto& vector : read_data("jws_vectors.json")) {
    const std::string name = vector["name"];
    if (name != "RFC 7515 A.1" && name != "RFC 7515 A.2" && name != "RFC 7515 A.3") continue;
    SCOPED_TRACE(name);
    const KeySet keys = key_set({vector["key"]});
    const std::string token = vector["compact"];
    EXPECT_EQ(reason(token, for_issuer("joe"), keys, 1300819379), "");
    EXPECT_EQ(reason(token, for_issuer("joe"), keys, 1300819380), "jwt_expired");
    EXPECT_EQ(reason(token, for_issuer("jo"), keys, 1300819379), "jwt_issuer_wrong");
  }
}

TEST(JwtTest, AnUnknownKidSaysThatNewKeysMayHelp) {
  const Judged unknown = judge(hs256(R"({"alg":"HS256","kid":"new"})", "{" + kLong + "}"));
  EXPECT_EQ(unknown.reason, "jwt_key_unknown");
  EXPECT_EQ(unknown.new_key, NewKey::kMayHelp);
  const Judged forged = judge(hs256(R"({"alg":"HS256","kid":"secret"})", "{" + kLong + "}", std::string(64, 'x')));
  EXPECT_EQ(forged.reason, "jwt_signature_invalid");
  EXPECT_EQ(forged.new_key, NewKey::kWouldNotHelp);
  const Judged nameless = judge(hs256(R"({"alg":"HS256"})", "{" + kLong + "}", std::string(64, 'x')));
  EXPECT_EQ(nameless.reason, "jwt_signature_invalid");
  EXPECT_EQ(nameless.new_key, NewKey::kMayHelp);
  const auto unnamed = KeySet::from_secret(secret(), JwsAlgorithms::all());
  ASSERT_TRUE(unnamed.has_value());
  const Judged other = judge(hs256(R"({"alg":"HS256","kid":"new"})", "{" + kLong + "}", std::string(64, 'x')), {}, *unnamed);
  EXPECT_EQ(other.reason, "jwt_signature_invalid");
  EXPECT_EQ(other.new_key, NewKey::kMayHelp);
}

TEST(JwtTest, ExpIsWhenTheTokenIsNoLongerGood) {
  const std::string token = with_claims(R"({"exp":1800000000})");
  EXPECT_EQ(reason(token, {}, all_keys(), 1799999999), "");
  EXPECT_EQ(reason(token, {}, all_keys(), 1800000000), "jwt_expired");
  EXPECT_EQ(reason(token, with_leeway(60s), all_keys(), 1800000059), "");
  EXPECT_EQ(reason(token, with_leeway(60s), all_keys(), 1800000060), "jwt_expired");
  EXPECT_EQ(reason(with_claims(R"({"exp":1800000000.5})")), "");
  EXPECT_EQ(reason(with_claims(R"({"exp":1.8000000001e9})")), "");
  EXPECT_EQ(reason(with_claims(R"({"exp":1799999999.9})")), "jwt_expired");
  EXPECT_EQ(reason(with_claims(R"({"exp":-1})")), "jwt_expired");
  EXPECT_EQ(reason(with_claims(R"({"exp":0})")), "jwt_expired");
}

TEST(JwtTest, ExpIsRequiredUnlessSaidOtherwise) {
  EXPECT_EQ(reason(with_claims("{}")), "jwt_claim_missing");
  JwtExpectation forever;
  forever.expiry = Expiry::kOptional;
  EXPECT_EQ(reason(with_claims("{}"), forever), "");
  EXPECT_EQ(reason(with_claims(R"({"exp":1})"), forever), "jwt_expired");
}

TEST(JwtTest, DatesThatAreNoneAreRefused) {
  for (const char* name : {"exp", "nbf", "iat"}) {
    for (const char* value : {"\"4102444800\"", "1e400", "1e300", "9007199254740994", "null", "true", "[4102444800]", "{}"}) {
      const std::string extra = std::string(name) == "exp" ? "" : "," + kLong;
      const Judged judged = judge(with_claims("{\"" + std::string(name) + "\":" + value + extra + "}"));
      EXPECT_EQ(judged.reason, "jwt_malformed") << name << value;
      EXPECT_EQ(judged.detail, std::string(name) + " is not a date");
    }
  }
}

TEST(JwtTest, NbfAndIatMustNotLieAhead) {
  EXPECT_EQ(reason(with_claims("{\"nbf\":1800000000," + kLong + "}")), "");
  EXPECT_EQ(reason(with_claims("{\"nbf\":1800000001," + kLong + "}")), "jwt_not_yet_valid");
  EXPECT_EQ(reason(with_claims("{\"nbf\":1800000060," + kLong + "}"), with_leeway(60s)), "");
  EXPECT_EQ(judge(with_claims("{\"iat\":1800000001," + kLong + "}")).detail, "the token was issued in the future");
  EXPECT_EQ(reason(with_claims("{\"iat\":1800000061," + kLong + "}"), with_leeway(60s)), "jwt_not_yet_valid");
  EXPECT_EQ(reason(with_claims("{\"iat\":-5,\"nbf\":-5.5," + kLong + "}")), "");
}

TEST(JwtTest, TheIssuerIsExactAndOneOfSeveral) {
  JwtExpectation expected;
  expected.issuers = {"https://a.example/", "https://b.example"};
  EXPECT_EQ(reason(with_claims(R"({"iss":"https://b.example",)" + kLong + "}"), expected), "");
  EXPECT_EQ(reason(with_claims(R"({"iss":"https://B.example",)" + kLong + "}"), expected), "jwt_issuer_wrong");
  EXPECT_EQ(reason(with_claims(R"({"iss":["https://b.example"],)" + kLong + "}"), expected), "jwt_issuer_wrong");
  EXPECT_EQ(reason(with_claims("{" + kLong + "}"), expected), "jwt_claim_missing");
  const std::string mistake = "the issuer differs from the expected one by a slash at the end";
  EXPECT_EQ(judge(with_claims(R"({"iss":"https://a.example",)" + kLong + "}"), expected).detail, mistake);
  EXPECT_EQ(judge(with_claims(R"({"iss":"https://b.example/",)" + kLong + "}"), expected).detail, mistake);
}

TEST(JwtTest, TheAudienceIsTextOrAnArrayOfTexts) {
  const JwtExpectation expected = for_audience({"orders", "stock"});
  const auto with = [&](const std::string& aud) { return reason(with_claims("{\"aud\":" + aud + "," + kLong + "}"), expected); };
  EXPECT_EQ(with("\"stock\""), "");
  EXPECT_EQ(with("[\"other\",\"orders\"]"), "");
  for (const char* aud : {"\"other\"", "\"order\"", "\"\"", "[]", "[\"other\"]", "null", "7", "{\"orders\":1}", "[[\"orders\"]]",
                          "[\"orders\",7]", "\"orders stock\""}) {
    EXPECT_EQ(with(aud), "jwt_audience_wrong") << aud;
  }
  EXPECT_EQ(reason(with_claims("{" + kLong + "}"), expected), "jwt_claim_missing");
}

TEST(JwtTest, AClientIdStandsForAMissingAudienceWhereExpected) {
  const std::string cognito = with_claims(R"({"client_id":"app",)" + kLong + "}");
  EXPECT_EQ(reason(cognito, for_audience({"app"})), "jwt_claim_missing");
  EXPECT_EQ(reason(cognito, for_audience({"app"}, ClientId::kInsteadOfAudience)), "");
  EXPECT_EQ(reason(cognito, for_audience({"other"}, ClientId::kInsteadOfAudience)), "jwt_audience_wrong");
  const std::string both = with_claims(R"({"client_id":"app","aud":"other",)" + kLong + "}");
  EXPECT_EQ(reason(both, for_audience({"app"}, ClientId::kInsteadOfAudience)), "jwt_audience_wrong");
}

TEST(JwtTest, RequiredClaimsMustBeThere) {
  JwtExpectation expected;
  expected.required = {"sub", "tenant"};
  EXPECT_EQ(reason(with_claims(R"({"sub":"a",)" + kLong + "}"), expected), "jwt_claim_missing");
  EXPECT_EQ(reason(with_claims(R"({"sub":"a","tenant":"b",)" + kLong + "}"), expected), "");
}

TEST(JwtTest, TypMeansNothing) {
  for (const char* typ : {"\"JWT\"", "\"at+jwt\"", "\"x\"", "5"})
    EXPECT_EQ(reason(hs256(R"({"alg":"HS256","kid":"secret","typ":)" + std::string(typ) + "}", "{" + kLong + "}")), "") << typ;
}

TEST(JwtTest, TheClaimedIssuerIsReadWithoutAKey) {
  EXPECT_EQ(claimed_issuer(hs256("{}", R"({"iss":"https://a.example"})")), "https://a.example");
  EXPECT_EQ(claimed_issuer(hs256("{}", R"({"iss":5})")), std::nullopt);
  EXPECT_EQ(claimed_issuer(hs256("{}", "{}")), std::nullopt);
  EXPECT_EQ(claimed_issuer("a.b"), std::nullopt);
  EXPECT_EQ(claimed_issuer("e30.!.e30"), std::nullopt);
  EXPECT_EQ(claimed_issuer(hs256("{}", R"({"iss":"a","iss":"b"})")), std::nullopt);
}

}  // namespace
}  // namespace gatehouse::crypto
