#include "gatehouse/crypto/jwk.hpp"

#include "gatehouse/base/base64url.hpp"
#include "jwt_support.hpp"

#include <gmock/gmock.h>
#include <openssl/err.h>

#include <atomic>
#include <thread>

namespace gatehouse::crypto {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using Match = KeySet::Match;

const json& key_named(std::string_view kid) {
  for (const json& key : token_data()["jwks"]["keys"]) {
    if (key["kid"] == kid) return key;
  }
  throw std::logic_error("no such key");
}

json changed(json key, const json& patch) {
  key.merge_patch(patch);
  return key;
}

struct Read {
  std::size_t size;
  std::vector<std::string> problems;
};
Read read(const json& key, KeySource source = KeySource::kEndpoint) {
  const auto set = KeySet::parse(json{{"keys", {key}}}.dump(), source);
  EXPECT_TRUE(set.has_value());
  return {set->size(), set->problems()};
}

// What verifies with one key; the token's own kid is not looked at.
Match verify(const json& key, JwsAlgorithm algorithm, const std::string& token) {
  const std::size_t dot = token.rfind('.');
  std::string signature(base64url_decoded_size(token.size() - dot - 1), '\0');
  if (!decode_base64url(signature.data(), std::string_view(token).substr(dot + 1))) throw std::logic_error("no base64url");
  return key_set({key}).verify(std::nullopt, algorithm, std::string_view(token).substr(0, dot), signature);
}

std::string token_of(const char* algorithm) { return token_data()["tokens"][algorithm]; }

TEST(JwkTest, SignaturesOfTheStandardsVerifyAndNothingElseDoes) {
  for (const json& vector : read_data("jws_vectors.json")) {
    SCOPED_TRACE(vector["name"].get<std::string>());
    const auto algorithm = parse_jws_algorithm(vector["alg"].get<std::string>());
    ASSERT_TRUE(algorithm.has_value());
    std::string token = vector["compact"];
    EXPECT_EQ(verify(vector["key"], *algorithm, token), Match::kVerified);
    const std::size_t first = token.rfind('.') + 1;
    token[first] = token[first] == 'A' ? 'B' : 'A';
    EXPECT_EQ(verify(vector["key"], *algorithm, token), Match::kSignatureInvalid);
  }
}

TEST(JwkTest, NamesOfAlgorithmsAreExact) {
  EXPECT_EQ(parse_jws_algorithm("PS384"), JwsAlgorithm::kPS384);
  EXPECT_EQ(parse_jws_algorithm("Ed25519"), JwsAlgorithm::kEdDSA);
  EXPECT_EQ(to_string(JwsAlgorithm::kHS512), "HS512");
  for (const char* name : {"", "none", "None", "NONE", "nOnE", "rs256", "RS256 ", "RS1", "HS1", "ES256K", "Ed448"})
    EXPECT_EQ(parse_jws_algorithm(name), std::nullopt) << name;
}

TEST(JwkTest, AKeyIsBoundToTheAlgorithmsOfItsType) {
  const json& p256 = key_named("P-256");
  EXPECT_EQ(verify(p256, JwsAlgorithm::kES256, token_of("ES256")), Match::kVerified);
  for (const auto other : {JwsAlgorithm::kES384, JwsAlgorithm::kES512, JwsAlgorithm::kRS256, JwsAlgorithm::kEdDSA,
                           JwsAlgorithm::kHS256}) {
    EXPECT_EQ(verify(p256, other, token_of("ES256")), Match::kAlgorithmNotAllowed);
  }
  EXPECT_EQ(verify(key_named("rsa"), JwsAlgorithm::kHS256, token_of("RS256")), Match::kAlgorithmNotAllowed);
}

TEST(JwkTest, AlgBindsAKeyToOneAlgorithm) {
  const json key = changed(key_named("rsa"), {{"alg", "PS256"}});
  EXPECT_EQ(verify(key, JwsAlgorithm::kPS256, token_of("PS256")), Match::kVerified);
  EXPECT_EQ(verify(key, JwsAlgorithm::kRS256, token_of("RS256")), Match::kAlgorithmNotAllowed);
}

TEST(JwkTest, AnEcdsaSignatureIsTwoNumbersOfTheCurvesSize) {
  const std::string token = token_of("ES256");
  const std::string input = token.substr(0, token.rfind('.'));
  const KeySet keys = key_set({key_named("P-256")});
  for (const std::size_t size : {0U, 1U, 63U, 65U, 72U, 132U})
    EXPECT_EQ(keys.verify(std::nullopt, JwsAlgorithm::kES256, input, std::string(size, '\x30')), Match::kSignatureInvalid) << size;
  EXPECT_EQ(keys.verify(std::nullopt, JwsAlgorithm::kES256, input, std::string(64, '\0')), Match::kSignatureInvalid);
  EXPECT_EQ(keys.verify(std::nullopt, JwsAlgorithm::kES256, input, std::string(64, '\xFF')), Match::kSignatureInvalid);
}

TEST(JwkTest, ThePssSaltIsAsLongAsTheDigest) {
  EXPECT_EQ(verify(key_named("rsa"), JwsAlgorithm::kPS256, token_data()["pss_short_salt"]), Match::kSignatureInvalid);
}

TEST(JwkTest, KeysThatAreNotForSignaturesAreLeftOutSilently) {
  const json& rsa = key_named("rsa");
  for (const json& key : {changed(rsa, {{"use", "enc"}}), changed(rsa, {{"alg", "RSA-OAEP"}}), changed(rsa, {{"alg", "ES256"}}),
                          changed(rsa, {{"key_ops", {"encrypt"}}}), changed(rsa, {{"kty", "XYZ"}}),
                          changed(key_named("P-256"), {{"crv", "secp256k1"}}), changed(key_named("ed"), {{"crv", "X25519"}})}) {
    EXPECT_EQ(read(key).size, 0U) << key;
    EXPECT_TRUE(read(key).problems.empty()) << key;
  }
  EXPECT_EQ(read(changed(rsa, {{"key_ops", {"encrypt", "verify"}}, {"use", nullptr}})).size, 1U);
}

TEST(JwkTest, MalformedKeysAreLeftOutAndReported) {
  const json& rsa = key_named("rsa");
  const json& p256 = key_named("P-256");
  const json wrong_point = changed(p256, {{"y", p256["x"]}});
  const std::vector<std::pair<json, std::string>> cases = {
      {"text", "keys[0]: not an object"},
      {changed(rsa, {{"kty", nullptr}}), "keys[0]: has no kty"},
      {changed(rsa, {{"kid", 7}}), "keys[0]: kid is not text, or too long"},
      {changed(rsa, {{"n", nullptr}}), "keys[0]: has no n"},
      {changed(rsa, {{"n", 5}}), "keys[0]: n is not text"},
      {changed(rsa, {{"e", "AQAB=="}}), "keys[0]: e is not base64url"},
      {changed(rsa, {{"e", "AQ"}}), "keys[0]: e is no exponent"},
      {changed(rsa, {{"e", "AAAA"}}), "keys[0]: e is no exponent"},
      {changed(rsa, {{"n", base64url(std::string(256, '\xFE'))}}), "keys[0]: n is even"},
      {changed(rsa, {{"n", base64url(std::string(1025, '\xFF'))}}), "keys[0]: RSA key of 8200 bits"},
      {token_data()["small_rsa_key"], "keys[0]: RSA key of 1024 bits"},
      {changed(p256, {{"x", "AAAA"}}), "keys[0]: coordinates of the wrong size"},
      {wrong_point, "keys[0]: not a point of the curve"},
      {changed(key_named("ed"), {{"x", "AAAA"}}), "keys[0]: x is no Ed25519 key"},
      {changed(p256, {{"d", "AAAA"}}), "keys[0]: a private key is published; it is not used"},
      {token_data()["secret_key"], "keys[0]: a secret is published; it is not used"}};
  for (const auto& [key, problem] : cases) {
    EXPECT_EQ(read(key).size, 0U) << key;
    EXPECT_THAT(read(key).problems, ElementsAre(problem));
  }
  EXPECT_EQ(ERR_peek_error(), 0U) << "nothing stays in the thread's list of OpenSSL errors";
}

TEST(JwkTest, OneBadKeyDoesNotSpoilTheOthers) {
  json document = token_data()["jwks"];
  document["keys"].insert(document["keys"].begin() + 1, json::object());
  document["more"] = true;
  const auto set = KeySet::parse(document.dump());
  ASSERT_TRUE(set.has_value());
  EXPECT_EQ(set->size(), 5U);
  EXPECT_THAT(set->problems(), ElementsAre("keys[1]: has no kty"));
}

TEST(JwkTest, ASetThatIsNoneOrTooLargeIsAnError) {
  const auto failed = [](const std::string& text) {
    const auto set = KeySet::parse(text);
    return set ? std::string("accepted") : std::string(set.error().reason());
  };
  EXPECT_EQ(failed("<html>"), "jwks_malformed");
  EXPECT_EQ(failed("[]"), "jwks_malformed");
  EXPECT_EQ(failed("{}"), "jwks_malformed");
  EXPECT_EQ(failed(R"({"keys":{}})"), "jwks_malformed");
  EXPECT_EQ(failed(R"({"keys":[],"keys":[]})"), "jwks_malformed");
  EXPECT_EQ(failed("{\"keys\":" + std::string(1000, '[')), "jwks_malformed");
  EXPECT_EQ(failed(std::string(KeySet::kMaxBytes + 1, ' ')), "jwks_too_large");
  EXPECT_EQ(failed(R"({"keys":[]})" + std::string(KeySet::kMaxBytes - 11, ' ')), "accepted");
  EXPECT_EQ(failed(json{{"keys", std::vector<json>(101, json::object())}}.dump()), "jwks_too_large");
  EXPECT_EQ(failed(json{{"keys", std::vector<json>(100, json::object())}}.dump()), "accepted");
}

TEST(JwkTest, SecretsAreAtLeastAsLongAsTheDigest) {
  const auto with = [](std::size_t bytes, JwsAlgorithm algorithm) {
    const auto set = KeySet::from_secret(std::string(bytes, 's'), JwsAlgorithms().add(algorithm));
    return set ? std::string() : std::string(set.error().reason());
  };
  EXPECT_EQ(with(31, JwsAlgorithm::kHS256), "jwk_secret_too_short");
  EXPECT_EQ(with(32, JwsAlgorithm::kHS256), "");
  EXPECT_EQ(with(47, JwsAlgorithm::kHS384), "jwk_secret_too_short");
  EXPECT_EQ(with(63, JwsAlgorithm::kHS512), "jwk_secret_too_short");
  EXPECT_EQ(with(64, JwsAlgorithm::kHS512), "");
  EXPECT_THAT(read({{"kty", "oct"}, {"k", base64url("short")}}, KeySource::kConfiguration).problems,
              ElementsAre("keys[0]: secret of 5 bytes is too short"));
}

TEST(JwkTest, ASecretIsNeverBoundToAnAsymmetricAlgorithm) {
  const auto set = KeySet::from_secret(secret(), JwsAlgorithms::all());
  ASSERT_TRUE(set.has_value());
  EXPECT_EQ(set->verify(std::nullopt, JwsAlgorithm::kRS256, "input", "signature"), Match::kAlgorithmNotAllowed);
  EXPECT_EQ(set->verify(std::nullopt, JwsAlgorithm::kHS256, "input", HmacKey(JwsAlgorithm::kHS256, secret()).sign("input").view()),
            Match::kVerified);
}

TEST(JwkTest, AKidChoosesTheKeyAndNamelessKeysStandInForUnknownOnes) {
  const std::string token = token_of("RS256");
  const std::string input = token.substr(0, token.rfind('.'));
  std::string signature(256, '\0');
  ASSERT_TRUE(decode_base64url(signature.data(), token.substr(token.rfind('.') + 1)).has_value());
  const auto match = [&](const KeySet& keys, std::optional<std::string_view> kid) {
    return keys.verify(kid, JwsAlgorithm::kRS256, input, signature);
  };
  const json nameless = changed(key_named("rsa"), {{"kid", nullptr}});
  const json other = changed(token_data()["rsa_4096_key"], {{"kid", "rsa"}});
  EXPECT_EQ(match(key_set({key_named("rsa")}), "rsa"), Match::kVerified);
  EXPECT_EQ(match(key_set({key_named("rsa")}), "other"), Match::kKeyUnknown);
  EXPECT_EQ(match(key_set({key_named("rsa")}), ""), Match::kKeyUnknown);
  EXPECT_EQ(match(key_set({key_named("rsa")}), std::nullopt), Match::kVerified);
  EXPECT_EQ(match(key_set({nameless}), "any"), Match::kVerified);
  EXPECT_EQ(match(key_set({other, nameless}), "rsa"), Match::kSignatureInvalid);
  EXPECT_EQ(match(key_set({other, key_named("rsa")}), "rsa"), Match::kVerified);
  EXPECT_EQ(match(KeySet(), "rsa"), Match::kKeyUnknown);
}

TEST(JwkTest, AtMostFourKeysAreTried) {
  const std::string input = "input";
  const std::string mac(HmacKey(JwsAlgorithm::kHS256, secret()).sign(input).view());
  for (const std::size_t others : {3U, 4U}) {
    std::vector<json> keys(others, json{{"kty", "oct"}, {"kid", "k"}, {"k", base64url(std::string(64, 'x'))}});
    keys.push_back(changed(token_data()["secret_key"], {{"kid", "k"}}));
    // Those that are bound to something else do not count.
    keys.insert(keys.begin(), changed(key_named("rsa"), {{"kid", "k"}}));
    const Match expected = others < KeySet::kMaxTries ? Match::kVerified : Match::kSignatureInvalid;
    EXPECT_EQ(key_set(keys).verify("k", JwsAlgorithm::kHS256, input, mac), expected) << others;
    EXPECT_EQ(key_set(keys).verify(std::nullopt, JwsAlgorithm::kHS256, input, mac), expected) << others;
  }
}

TEST(JwkTest, FailuresLeaveNoTraceInOpenSsl) {
  for (const char* name : {"RS256", "PS256", "ES256", "EdDSA"}) {
    std::string token = token_of(name);
    token[token.size() - 5] = token[token.size() - 5] == 'A' ? 'B' : 'A';
    EXPECT_EQ(reason(token), "jwt_signature_invalid") << name;
    EXPECT_EQ(ERR_peek_error(), 0U) << name;
    EXPECT_EQ(reason(token_of(name)), "") << name;
  }
}

TEST(JwkTest, ManyThreadsCheckWithOneKey) {
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&wrong, thread] {
      const char* names[] = {"RS256", "PS512", "ES256", "HS384"};
      for (int i = 0; i < 50; ++i) {
        std::string token = token_of(names[(thread + i) % 4]);
        if (!reason(token).empty()) ++wrong;
        token[token.size() - 5] = token[token.size() - 5] == 'A' ? 'B' : 'A';
        if (reason(token) != "jwt_signature_invalid") ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace gatehouse::crypto
