// What authentication by token and a scope add to a request: a token that the worker remembers, and one that it does not, beside
// verify_jwt() alone (jwt_bench.cpp).
#include "gatehouse/middleware/authorizers.hpp"
#include "gatehouse/middleware/steps.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "support/fake_exchange.hpp"

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <string>

namespace gatehouse::middleware {
namespace {

const nlohmann::json& data() {
  static const nlohmann::json read = [] {
    std::ifstream in(JWT_DATA);
    return nlohmann::json::parse(in);
  }();
  return read;
}

void run(benchmark::State& state, const std::string& algorithm, std::uint32_t cache) {
  const SystemClock clock;
  JwtSettings settings;
  settings.issuers.resize(1);
  settings.issuers[0].issuer = "https://issuer.example.com/";
  settings.issuers[0].audiences = {"orders"};
  settings.issuers[0].jwks = data()["jwks"].dump();
  settings.cache = cache;
  AuthorizeSettings asked;
  asked.scopes = {"orders:read"};
  const Step authenticate = make_authenticate({{make_jwt(settings, "users", {nullptr}, clock, 1)}});
  const Step authorize = make_authorize(asked);

  net::Worker worker{0};
  const pipeline::Route route;
  testing::FakeExchange exchange(worker, "GET", "/v1/orders/12345",
                                 {{"Host", "api.example.com"},
                                  {"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"},
                                  {"Accept", "application/json"},
                                  {"Authorization", "Bearer " + data()["tokens"][algorithm].get<std::string>()}});
  pipeline::RequestContext context(exchange, route);
  for (auto _ : state) {
    const auto who = authenticate->on_request(context);
    const auto may = authorize->on_request(context);
    if (who.answer() || may.answer()) state.SkipWithError("refused");
  }
}

BENCHMARK_CAPTURE(run, RememberedRS256, "RS256", 4096);
BENCHMARK_CAPTURE(run, RememberedES256, "ES256", 4096);
BENCHMARK_CAPTURE(run, NewRS256, "RS256", 0);
BENCHMARK_CAPTURE(run, NewES256, "ES256", 0);

}  // namespace
}  // namespace gatehouse::middleware
