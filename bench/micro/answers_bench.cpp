// What compression and the response cache cost an answer of 10 KB, and a lookup among many.
#include "gatehouse/middleware/cache.hpp"
#include "gatehouse/middleware/compression.hpp"
#include "gatehouse/middleware/steps.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "support/fake_exchange.hpp"

#include <benchmark/benchmark.h>

#include <memory>
#include <string>

namespace gatehouse::middleware {
namespace {

using gatehouse::testing::FakeExchange;
using gatehouse::testing::FakeFields;
using gatehouse::testing::FieldList;

std::string json_of(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i)
    text += R"({"id":)" + std::to_string(i * 7919 % 100'003) + R"(,"name":"item )" + std::to_string(i * 31) + R"(","price":)" + std::to_string(i % 997) + "},";
  text.resize(size);
  return text;
}

const FieldList kBackend = {{"Content-Type", "application/json"}, {"Cache-Control", "max-age=3600"}, {"ETag", "\"v1\""},
                            {"Date", "Tue, 14 Nov 2023 22:13:20 GMT"}, {"Server", "origin"}};

struct Request {
  Request(net::Worker& worker, const pipeline::Route& route, const std::string& target, const std::string& accept)
      : exchange(worker, "GET", target,
                 {{"Host", "api.example.com"}, {"User-Agent", "bench"}, {"Accept", "application/json"}, {"Accept-Encoding", accept}}),
        context(exchange, route) {
    context.path = exchange.request().path;
    context.host = exchange.request().authority;
    context.scheme = "http";
  }
  void answer(const FakeFields& fields, const std::string& body) {
    http::ResponseHead head(context.arena());
    head.base = &fields.fields();
    head.content_length = body.size();
    context.respond(head, body, http::More::kNo);
  }
  FakeExchange exchange;
  pipeline::RequestContext context;
};

void compress_10_kb(benchmark::State& state, const char* accept) {
  net::Worker worker(0);
  observe::Registry registry(1);
  pipeline::Route route;
  route.steps = {make_compression({}, std::make_shared<Encoders>(registry))};
  const FakeFields fields(kBackend);
  const std::string body = json_of(10'000);
  std::size_t sent = 0;
  for (auto _ : state) {
    Request request(worker, route, "/x", accept);
    request.answer(fields, body);
    sent = request.exchange.sent_body.size();
  }
  state.counters["bytes"] = static_cast<double>(sent);
}
BENCHMARK_CAPTURE(compress_10_kb, identity, "identity");
BENCHMARK_CAPTURE(compress_10_kb, gzip, "gzip");
BENCHMARK_CAPTURE(compress_10_kb, brotli, "br");
BENCHMARK_CAPTURE(compress_10_kb, zstd, "zstd");

// The whole request through the step, with the fakes around it; `identity` above is what the fakes cost.
void cache_hit_10_kb(benchmark::State& state) {
  net::Worker worker(0);
  observe::Registry registry(1);
  const SystemClock clock;
  auto cache = std::make_shared<ResponseCache>(registry);
  auto scope = std::make_shared<CacheScope>(CacheScope{1, "shop", "GET /x"});
  pipeline::Route route;
  CacheSettings settings;
  settings.ttl = std::chrono::hours(1);
  const FakeFields fields(kBackend);
  const std::string body = json_of(10'000);
  settings.freshness = CacheFreshness::kTtl;
  route.steps = {make_cache(settings, {cache, scope, clock, registry, std::nullopt, false})};
  for (int i = 0; i < 3000; ++i) {
    Request request(worker, route, "/x?" + std::to_string(i), "identity");
    benchmark::DoNotOptimize(route.steps[0]->on_request(request.context));
    request.answer(fields, body);
  }
  int i = 0;
  std::size_t hits = 0;
  for (auto _ : state) {
    Request request(worker, route, "/x?" + std::to_string(i++ % 3000), "identity");
    hits += route.steps[0]->on_request(request.context).is_done() ? 1 : 0;
  }
  state.counters["hits_each"] = static_cast<double>(hits) / static_cast<double>(state.iterations());
}
BENCHMARK(cache_hit_10_kb);

void cache_lookup(benchmark::State& state) {
  observe::Registry registry(1);
  ResponseCache cache(registry);
  const auto scope = std::make_shared<CacheScope>(CacheScope{1, "shop", "GET /x"});
  std::vector<std::string> keys;
  for (int i = 0; i < 10'000; ++i) {
    auto entry = std::make_shared<CacheEntry>();
    entry->scope = scope;
    entry->key = "12345678http api.example.com /v1/orders/" + std::to_string(i) + "?currency=EUR";
    entry->hash = hash64(entry->key);
    entry->body = std::make_shared<KeptBody>(KeptBody{std::string(100, 'x')});
    entry->requested = TimePoint(std::chrono::hours(1));
    keys.push_back(entry->key);
    cache.keep(std::move(entry));
  }
  std::size_t i = 0;
  const auto print = [](const auto&) { return VaryPrint(); };
  for (auto _ : state) {
    const std::string& text = keys[i++ * 7919 % keys.size()];
    benchmark::DoNotOptimize(cache.find({text, hash64(text), 0}, print, TimePoint(std::chrono::hours(1))));
  }
}
BENCHMARK(cache_lookup);

}  // namespace
}  // namespace gatehouse::middleware
