// Tokens, keys and vectors for the tests of JSON Web Tokens.
#pragma once

#include "crypto/jws_hash.hpp"
#include "gatehouse/crypto/jwt.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <string>
#include <string_view>

namespace gatehouse::crypto {

inline nlohmann::json read_data(const std::string& file) {
  std::ifstream in("tests/unit/crypto/data/" + file);
  return nlohmann::json::parse(in);
}

// Keys, and tokens made with another library; each is for the same claims.
inline const nlohmann::json& token_data() {
  static const nlohmann::json data = read_data("jwt_tokens.json");
  return data;
}

inline KeySet key_set(const std::vector<nlohmann::json>& keys, KeySource source = KeySource::kConfiguration) {
  auto set = KeySet::parse(nlohmann::json{{"keys", keys}}.dump(), source);
  EXPECT_TRUE(set.has_value() && set->problems().empty());
  return set ? std::move(*set) : KeySet();
}

// Every key of token_data(), the secret too.
inline const KeySet& all_keys() {
  static const KeySet keys = [] {
    std::vector<nlohmann::json> all = token_data()["jwks"]["keys"];
    all.push_back(token_data()["secret_key"]);
    return key_set(all);
  }();
  return keys;
}

inline Claims::WallTime at(std::int64_t seconds) { return Claims::WallTime(std::chrono::seconds(seconds)); }
inline constexpr std::int64_t kNow = 1'800'000'000;

inline std::string base64url(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  unsigned bits = 0;
  int held = 0;
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(byte);
    for (held += 8; held >= 6; held -= 6) text += kAlphabet[bits >> (held - 6) & 63];
  }
  if (held > 0) text += kAlphabet[bits << (6 - held) & 63];
  return text;
}

inline std::string secret() {
  std::string bytes;
  for (int i = 0; i < 64; ++i) bytes += static_cast<char>(i);
  return bytes;
}

// A token as somebody makes it who knows `key`.
inline std::string hs256(std::string_view header, std::string_view claims, std::string_view key = secret()) {
  const std::string text = base64url(header) + '.' + base64url(claims);
  return text + '.' + base64url(HmacKey(JwsAlgorithm::kHS256, key).sign(text).view());
}

inline std::string with_claims(std::string_view claims) { return hs256(R"({"alg":"HS256","kid":"secret"})", claims); }

struct Judged {
  std::string reason;  // empty: accepted
  std::string detail;
  NewKey new_key = NewKey::kWouldNotHelp;
};
inline Judged judge(std::string_view token, const JwtExpectation& expected = {}, const KeySet& keys = all_keys(),
                    std::int64_t now = kNow) {
  const auto verdict = verify_jwt(token, keys, at(now), expected);
  if (verdict) return {};
  return {std::string(verdict.error().reason()), std::string(verdict.error().detail), verdict.error().new_key};
}
inline std::string reason(std::string_view token, const JwtExpectation& expected = {}, const KeySet& keys = all_keys(),
                          std::int64_t now = kNow) {
  return judge(token, expected, keys, now).reason;
}

}  // namespace gatehouse::crypto
