// Tokens as attackers send them (RFC 8725, and what libraries were caught accepting): each is refused, with its own reason.
#include "gatehouse/crypto/jwt.hpp"

#include "jwt_support.hpp"

namespace gatehouse::crypto {
namespace {

const std::string kClaims = R"({"sub":"admin","exp":4102444800})";

std::string token_of(const char* algorithm) { return token_data()["tokens"][algorithm]; }

std::string unsigned_token(std::string_view header) { return base64url(header) + '.' + base64url(kClaims) + '.'; }

// Validly signed, so that only the header can be what is wrong.
std::string with_header(const std::string& more) { return hs256(R"({"alg":"HS256","kid":"secret",)" + more + "}", kClaims); }

TEST(JwtAttackTest, TheCarrierOfTheAttacksIsItselfAccepted) {
  EXPECT_EQ(reason(with_header(R"("typ":"JWT")")), "");
  EXPECT_EQ(reason(with_claims(kClaims)), "");
}

TEST(JwtAttackTest, NoneInAnySpellingIsNoAlgorithm) {
  for (const char* none : {"none", "None", "NONE", "nOnE", "none ", "", "null", "n\\u006fne"}) {
    const std::string token = unsigned_token("{\"alg\":\"" + std::string(none) + "\",\"kid\":\"rsa\"}");
    EXPECT_EQ(reason(token), "jwt_alg_not_allowed") << none;
    EXPECT_EQ(reason(token, {}, KeySet()), "jwt_alg_not_allowed") << none;
  }
}

TEST(JwtAttackTest, AnAlgorithmThatIsNoTextIsMalformed) {
  for (const char* header : {"{}", R"({"alg":null})", R"({"alg":["none"]})", R"({"alg":0})", R"({"ALG":"HS256"})"})
    EXPECT_EQ(reason(unsigned_token(header)), "jwt_malformed") << header;
}

TEST(JwtAttackTest, APublicKeyIsNoSecretForHmac) {
  const std::string pem = token_data()["rsa_public_pem"];
  const auto& rsa = token_data()["jwks"]["keys"][0];
  const std::string stripped = pem.substr(0, pem.size() - 1);
  for (const std::string& key : {pem, stripped, rsa["n"].get<std::string>(), rsa.dump()}) {
    EXPECT_EQ(reason(hs256(R"({"alg":"HS256","kid":"rsa"})", kClaims, key)), "jwt_alg_not_allowed");
    EXPECT_EQ(reason(hs256(R"({"alg":"HS256"})", kClaims, key), {}, key_set({rsa})), "jwt_alg_not_allowed");
    EXPECT_EQ(reason(hs256(R"({"alg":"HS256"})", kClaims, key)), "jwt_signature_invalid");
  }
}

TEST(JwtAttackTest, TheHeaderCannotMoveASignatureToAnotherAlgorithmOrKey) {
  for (const char* from : {"RS256", "ES256", "EdDSA", "HS256"}) {
    for (const char* to : {"RS256", "RS384", "PS256", "ES256", "ES384", "EdDSA", "HS256"}) {
      if (std::string_view(from) == to) continue;
      for (const char* kid : {"rsa", "P-256", "P-384", "ed", "secret"}) {
        const std::string token = token_of(from);
        const std::string header = R"({"alg":")" + std::string(to) + R"(","kid":")" + kid + "\"}";
        const std::string why = reason(base64url(header) + token.substr(token.find('.')));
        EXPECT_TRUE(why == "jwt_alg_not_allowed" || why == "jwt_signature_invalid") << header << why;
      }
    }
  }
}

TEST(JwtAttackTest, EmptySignaturesAreInvalid) {
  for (const char* algorithm : {"RS256", "PS256", "ES256", "EdDSA", "HS256"}) {
    const std::string token = token_of(algorithm);
    EXPECT_EQ(reason(token.substr(0, token.rfind('.') + 1)), "jwt_signature_invalid") << algorithm;
    EXPECT_EQ(reason(token.substr(0, token.rfind('.') + 1) + std::string(4000, 'A')), "jwt_signature_invalid") << algorithm;
  }
}

TEST(JwtAttackTest, ZeroSignaturesOfEcdsaAreInvalid) {  // CVE-2022-21449
  const std::string header = R"({"alg":"ES256","kid":"P-256"})";
  const std::string zeros = base64url(std::string(64, '\0'));
  EXPECT_EQ(reason(base64url(header) + '.' + base64url(kClaims) + '.' + zeros), "jwt_signature_invalid");
}

TEST(JwtAttackTest, ExtensionsThatMustBeUnderstoodAreRefused) {
  for (const char* crit : {R"("crit":["exp"],"exp":1)", R"("crit":["b64"],"b64":true)", R"("crit":["b64"],"b64":false)",
                           R"("crit":[])", R"("crit":"b64")", R"("crit":null)", R"("crit":["http://example.com/x"])",
                           R"("b64":false)", R"("b64":"false")", R"("b64":null)"}) {
    EXPECT_EQ(reason(with_header(crit)), "jwt_crit_unknown") << crit;
  }
  EXPECT_EQ(reason(with_header(R"("b64":true)")), "");
}

TEST(JwtAttackTest, KeysInTheHeaderMeanNothing) {
  const std::string key(64, 'x');
  const std::string jwk = R"("jwk":{"kty":"oct","k":")" + base64url(key) + "\"}";
  for (const std::string& more : {jwk, std::string(R"("jku":"https://evil.example/keys")"),
                                  std::string(R"("x5u":"https://evil.example/cert")"), std::string(R"("x5c":["MIIB"])")}) {
    EXPECT_EQ(reason(hs256("{\"alg\":\"HS256\"," + more + "}", kClaims, key)), "jwt_signature_invalid") << more;
    EXPECT_EQ(reason(hs256("{\"alg\":\"HS256\",\"kid\":\"evil\"," + more + "}", kClaims, key)), "jwt_key_unknown") << more;
    EXPECT_EQ(reason(with_header(more)), "") << "ignored where the key is ours: " << more;
  }
}

TEST(JwtAttackTest, AKidIsOnlyAName) {
  for (const char* kid : {"../../../../dev/null", "/dev/null", "secret\\u0000", "secret ", "SECRET", "' OR '1'='1",
                          "http://evil.example/k", "", "*", "rsa/../secret"}) {
    EXPECT_EQ(reason(hs256(R"({"alg":"HS256","kid":")" + std::string(kid) + "\"}", kClaims, "")), "jwt_key_unknown") << kid;
  }
  for (const char* kid : {"null", "0", "[\"secret\"]", "{\"$ne\":\"\"}", "true"})
    EXPECT_EQ(reason(hs256(R"({"alg":"HS256","kid":)" + std::string(kid) + "}", kClaims)), "jwt_malformed") << kid;
}

TEST(JwtAttackTest, MembersTwiceAreRefusedInHeaderAndClaims) {
  EXPECT_EQ(reason(hs256(R"({"alg":"none","alg":"HS256","kid":"secret"})", kClaims)), "jwt_duplicate_member");
  EXPECT_EQ(reason(hs256(R"({"alg":"HS256","kid":"secret","\u0061lg":"none"})", kClaims)), "jwt_duplicate_member");
  EXPECT_EQ(reason(with_claims(R"({"sub":"user","sub":"admin","exp":4102444800})")), "jwt_duplicate_member");
  EXPECT_EQ(reason(with_claims(R"({"exp":1,"e\u0078p":4102444800})")), "jwt_duplicate_member");
  EXPECT_EQ(reason(with_claims(R"({"a":{"roles":[],"roles":["admin"]},"exp":4102444800})")), "jwt_duplicate_member");
}

TEST(JwtAttackTest, ClaimsOfUnsignedTokensAreNotRead) {
  EXPECT_EQ(reason(hs256(R"({"alg":"HS256","kid":"secret"})", R"({"a":1,"a":2})", "wrong")), "jwt_signature_invalid");
  EXPECT_EQ(reason(hs256(R"({"alg":"HS256","kid":"secret"})", "no JSON", "wrong")), "jwt_signature_invalid");
}

TEST(JwtAttackTest, Base64MustBeTheOnlySpelling) {
  const std::string token = with_claims(kClaims);
  const std::size_t first = token.find('.');
  const std::size_t second = token.rfind('.');
  const auto inserted = [&token](std::size_t at, const std::string& what) {
    return token.substr(0, at) + what + token.substr(at);
  };
  for (const std::string& junk : {std::string("="), std::string("=="), std::string(" "), std::string("\n"), std::string("+"),
                                  std::string("/"), std::string("%3D"), std::string(1, '\0'), std::string("\xC3\xA9")}) {
    // In the claims it is the signature that no longer fits; they are not decoded before.
    for (const std::size_t at : {std::size_t{0}, first, second, token.size()})
      EXPECT_EQ(reason(inserted(at, junk)), at == second ? "jwt_signature_invalid" : "jwt_malformed") << at << junk;
  }
  // The last character of 32 bytes has two bits that must be zero.
  std::string trailing = token;
  const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  trailing.back() = alphabet[alphabet.find(trailing.back()) + 1];
  EXPECT_EQ(reason(trailing), "jwt_malformed");
}

TEST(JwtAttackTest, TruncatedAndExtendedTokensAreRefused) {
  for (const char* algorithm : {"RS256", "ES256", "EdDSA", "HS256"}) {
    const std::string token = token_of(algorithm);
    for (std::size_t size = 0; size < token.size(); ++size) ASSERT_NE(reason(token.substr(0, size)), "") << algorithm << size;
    for (const char* more : {".", ".e30", "A", "AAAA", ".."}) EXPECT_NE(reason(token + more), "") << algorithm << more;
  }
}

TEST(JwtAttackTest, OtherFormsAreMalformed) {
  for (const char* token : {"", ".", "..", "...", "....", "a", "a.b", "e30.e30", "e30.e30.e30.e30", "a.b.c.d.e", "Bearer e30.e30.",
                            "e30..", ".e30.", R"({"protected":"e30","payload":"e30","signature":""})"}) {
    EXPECT_EQ(reason(token), "jwt_malformed") << token;
  }
  EXPECT_EQ(reason(hs256(R"(["HS256"])", kClaims)), "jwt_malformed");
  for (const char* claims : {"[]", "\"text\"", "1", "null", "{", "{}{}", "", " "})
    EXPECT_EQ(reason(with_claims(claims)), "jwt_malformed") << claims;
}

TEST(JwtAttackTest, SizeIsCheckedBeforeAnythingElse) {
  EXPECT_EQ(reason(std::string(1024 * 1024, 'A')), "jwt_too_large");
  EXPECT_EQ(reason(std::string(kMaxTokenBytes + 1, '.')), "jwt_too_large");
  EXPECT_EQ(reason(std::string(kMaxTokenBytes, '.')), "jwt_malformed");
  const auto filled = [](std::size_t spaces) { return with_claims(kClaims + std::string(spaces, ' ')); };
  const std::size_t base = filled(0).size();
  EXPECT_EQ(reason(filled((kMaxTokenBytes - base) * 3 / 4 - 4)), "");
  EXPECT_EQ(reason(filled((kMaxTokenBytes - base) * 3 / 4 + 4)), "jwt_too_large");
}

TEST(JwtAttackTest, DeepNestingIsRefusedCheaply) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(reason(with_claims("{\"exp\":4102444800,\"a\":" + nested(31) + "}")), "");
  EXPECT_EQ(reason(with_claims("{\"exp\":4102444800,\"a\":" + nested(32) + "}")), "jwt_malformed");
  EXPECT_EQ(reason(with_claims("{\"exp\":4102444800,\"a\":" + nested(5000) + "}")), "jwt_malformed");
  EXPECT_EQ(reason(with_header("\"a\":" + nested(4000))), "jwt_malformed");
}

TEST(JwtAttackTest, TextThatIsNotUnicodeIsRefused) {
  for (const char* sub : {"\xC0\xAF", "\xED\xA0\x80", "\xFF", "\\uD800", "\\uDC00x", "a\nb"})
    EXPECT_EQ(reason(with_claims("{\"exp\":4102444800,\"sub\":\"" + std::string(sub) + "\"}")), "jwt_malformed") << sub;
  EXPECT_EQ(reason(with_claims("\xEF\xBB\xBF" + kClaims)), "jwt_malformed");
  EXPECT_EQ(reason(with_claims("{\"exp\":4102444800,\"sub\":\"\u6771\\uD83D\\uDE00\"}")), "");
}

TEST(JwtAttackTest, LookalikesOfNamesAndValuesAreOthers) {
  JwtExpectation expected;
  expected.issuers = {"https://issuer.example"};
  expected.audiences = {"api"};
  const auto with = [&](const std::string& claims) { return reason(with_claims("{" + claims + ",\"exp\":4102444800}"), expected); };
  EXPECT_EQ(with(R"("iss":"https://issuer.example","aud":"api")"), "");
  EXPECT_EQ(with(R"("iss":"https:\/\/issuer.example","aud":"\u0061pi")"), "");
  EXPECT_EQ(with(R"("Iss":"https://issuer.example","aud":"api")"), "jwt_claim_missing");
  EXPECT_EQ(with(R"("iss":"https://issuer.example\u0000.evil","aud":"api")"), "jwt_issuer_wrong");
  EXPECT_EQ(with(R"("iss":"https://issuer.example.evil","aud":"api")"), "jwt_issuer_wrong");
  EXPECT_EQ(with(R"("iss":"https://issuer.example","aud":"api\u0000")"), "jwt_audience_wrong");
  EXPECT_EQ(with("\"iss\":\"https://issuer.example\",\"aud\":\"\u0430pi\""), "jwt_audience_wrong");
}

}  // namespace
}  // namespace gatehouse::crypto
