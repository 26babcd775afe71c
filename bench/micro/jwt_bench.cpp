// A token that was not seen before: the whole of verify_jwt() beside its signature check alone; the difference is what reading
// and checking the claims costs. Same keys and tokens as the tests.
#include "gatehouse/base/base64url.hpp"
#include "gatehouse/crypto/jwt.hpp"

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <string>

namespace {

using namespace gatehouse;
using namespace gatehouse::crypto;

const nlohmann::json& data() {
  static const nlohmann::json read = [] {
    std::ifstream in(JWT_DATA);
    return nlohmann::json::parse(in);
  }();
  return read;
}

const KeySet& keys() {
  static const KeySet set = [] {
    nlohmann::json document = data()["jwks"];
    document["keys"].push_back(data()["secret_key"]);
    return std::move(*KeySet::parse(document.dump(), KeySource::kConfiguration));
  }();
  return set;
}

void run_whole(benchmark::State& state, const std::string& algorithm) {
  const std::string token = data()["tokens"][algorithm];
  const Claims::WallTime now(std::chrono::seconds(1'800'000'000));
  JwtExpectation expected;
  expected.issuers = {"https://issuer.example.com/"};
  expected.audiences = {"orders"};
  for (auto _ : state) {
    auto verdict = verify_jwt(token, keys(), now, expected);
    if (!verdict) state.SkipWithError("refused");
    benchmark::DoNotOptimize(verdict);
  }
}

void run_signature(benchmark::State& state, const std::string& algorithm) {
  const std::string token = data()["tokens"][algorithm];
  const std::string_view input = std::string_view(token).substr(0, token.rfind('.'));
  std::string signature(base64url_decoded_size(token.size() - input.size() - 1), '\0');
  decode_base64url(signature.data(), std::string_view(token).substr(input.size() + 1));
  const auto named = *parse_jws_algorithm(algorithm);
  for (auto _ : state) {
    const auto match = keys().verify(std::nullopt, named, input, signature);
    if (match != KeySet::Match::kVerified) state.SkipWithError("refused");
  }
}

void run_refused(benchmark::State& state, const std::string& token) {
  for (auto _ : state) {
    auto verdict = verify_jwt(token, keys(), {}, {});
    benchmark::DoNotOptimize(verdict);
  }
}

BENCHMARK_CAPTURE(run_whole, HS256, "HS256");
BENCHMARK_CAPTURE(run_signature, HS256, "HS256");
BENCHMARK_CAPTURE(run_whole, RS256, "RS256");
BENCHMARK_CAPTURE(run_signature, RS256, "RS256");
BENCHMARK_CAPTURE(run_whole, PS256, "PS256");
BENCHMARK_CAPTURE(run_signature, PS256, "PS256");
BENCHMARK_CAPTURE(run_whole, ES256, "ES256");
BENCHMARK_CAPTURE(run_signature, ES256, "ES256");
BENCHMARK_CAPTURE(run_whole, EdDSA, "EdDSA");
BENCHMARK_CAPTURE(run_signature, EdDSA, "EdDSA");
BENCHMARK_CAPTURE(run_refused, OfAnUnknownKey, "eyJhbGciOiJSUzI1NiIsImtpZCI6Im5ldyJ9.e30.AAAA");
BENCHMARK_CAPTURE(run_refused, ThatIsNone, "not a token");

}  // namespace
