// What the steps add to a request: one access log line, the metrics, a token from the throttle table.
#include "gatehouse/crypto/digest.hpp"
#include "gatehouse/middleware/known_keys.hpp"
#include "gatehouse/middleware/shared_buckets.hpp"
#include "gatehouse/middleware/steps.hpp"
#include "gatehouse/net/permits.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "support/fake_exchange.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::middleware {
namespace {

using gatehouse::testing::FakeExchange;
using gatehouse::testing::FieldList;

// A proxied GET as a browser sends it.
struct Request {
  Request() : exchange(worker, "GET", "/v1/orders/12345", fields()), context(exchange, route) {
    route.api = "shop";
    route.label = "GET /v1/orders/{id}";
    context.path = exchange.request().path;
    context.host = exchange.request().authority;
    context.client = exchange.peer().remote.address;
    context.request_id = "0123456789abcdef0123456789abcdef";
    context.status = 200;
    context.upstream = {
        "orders", "http://orders-1:8000", 1, true, 200, {}, std::chrono::milliseconds(2), std::chrono::milliseconds(3)};
    exchange.arrived = worker.now() - std::chrono::milliseconds(3);
    exchange.head_received = 412;
    exchange.head_sent = 1234;
  }
  static FieldList fields() {
    return {{"Host", "api.example.com"},
            {"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"},
            {"Accept", "application/json"},
            {"Accept-Language", "en-US,en;q=0.5"},
            {"Accept-Encoding", "gzip, deflate, br"}};
  }

  net::Worker worker{0};
  pipeline::Route route;
  FakeExchange exchange;
  pipeline::RequestContext context;
};

void access_log_line(benchmark::State& state) {
  observe::Registry registry(1);
  const SystemClock clock;
  const auto log = *observe::AccessLog::open({true, "/dev/null"}, 1, registry);
  Request request;
  const Step step = make_access_log(log, clock, request.route.api, request.route.label);
  // No real worker is as fast: the ring would fill, and a line that is dropped costs nothing.
  constexpr int kRingful = 512;
  int lines = 0;
  for (auto _ : state) {
    step->on_end(request.context);
    if (++lines % kRingful == 0) {
      state.PauseTiming();
      log->flush();
      state.ResumeTiming();
    }
  }
  state.counters["dropped"] = static_cast<double>(registry.counter("gatehouse_access_log_dropped_total", "").sum());
}
BENCHMARK(access_log_line);

void metrics_record(benchmark::State& state) {
  observe::Registry registry(1);
  const SystemClock clock;
  Request request;
  const Step step = make_metrics(registry, request.route.api, request.route.label, clock);
  for (auto _ : state) step->on_end(request.context);
}
BENCHMARK(metrics_record);

// A request without a trace that is not sampled: the way in, and the end.
void tracing_of_an_unsampled_request(benchmark::State& state) {
  observe::Registry registry(1);
  const SystemClock clock;
  Request request;
  TracingSettings never;
  never.sample = 0;
  const Step unsampled = make_tracing(never, std::make_shared<observe::SpanQueue>(registry), clock);
  for (auto _ : state) {
    request.context.request_edits = http::FieldEdits(request.context.arena());
    benchmark::DoNotOptimize(unsampled->on_request(request.context));
    unsampled->on_end(request.context);
    request.context.arena().clear();
  }
}
BENCHMARK(tracing_of_an_unsampled_request);

void throttle_take_of_one_client(benchmark::State& state) {
  ThrottleTable table;
  const Rate rate{1e6, std::chrono::seconds(1)};
  const TimePoint start{std::chrono::hours(1)};
  std::int64_t now = 0;
  for (auto _ : state) benchmark::DoNotOptimize(table.take(12345, {rate, 100}, start + Duration(now += 1000)));
}
BENCHMARK(throttle_take_of_one_client);

void throttle_take_of_100000_clients(benchmark::State& state) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  constexpr std::uint64_t kClients = 100'000;
  ThrottleTable table;
  const Rate rate{50, std::chrono::seconds(1)};
  const TimePoint start{std::chrono::hours(1)};
  std::uint64_t i = 0;
  for (auto _ : state) {
    ++i;
    benchmark::DoNotOptimize(table.take((i % kClients + 1) * kOdd, {rate, 100}, start + std::chrono::microseconds(i)));
  }
}
BENCHMARK(throttle_take_of_100000_clients);

// Buckets of a fleet.
void shared_take_of_one_client(benchmark::State& state) {
  SharedBuckets buckets(OnFailure::kLocal, 1, std::chrono::milliseconds(50));
  buckets.set_connected(true);
  const Rate rate{1e6, std::chrono::seconds(1)};
  const TimePoint start{std::chrono::hours(1)};
  std::int64_t now = 0;
  for (auto _ : state) benchmark::DoNotOptimize(buckets.take(12345, {rate, 100}, start + Duration(now += 1000)));
}
BENCHMARK(shared_take_of_one_client);

void shared_take_of_100000_clients(benchmark::State& state) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  constexpr std::uint64_t kClients = 100'000;
  SharedBuckets buckets(OnFailure::kLocal, 1, std::chrono::milliseconds(50), 1 << 18);
  const Rate rate{50, std::chrono::seconds(1)};
  const TimePoint start{std::chrono::hours(1)};
  std::uint64_t i = 0;
  for (auto _ : state) {
    ++i;
    benchmark::DoNotOptimize(buckets.take((i % kClients + 1) * kOdd, {rate, 100}, start + std::chrono::microseconds(i)));
  }
}
BENCHMARK(shared_take_of_100000_clients);

void concurrency_permit(benchmark::State& state) {
  net::Permits permits;
  for (auto _ : state) {
    benchmark::DoNotOptimize(permits.take(100));
    permits.give();
  }
}
BENCHMARK(concurrency_permit);

// Rules, bucket and fields of the answer.
void throttle_step(benchmark::State& state) {
  const SystemClock clock;
  const Step step = make_throttle({{ThrottleKey::kClientIp, {}, {1e9, std::chrono::seconds(1)}, 1000}}, "shop",
                                  "shop GET /v1/orders/{id}", std::make_shared<ThrottleTable>(), clock);
  Request request;
  for (auto _ : state) {
    benchmark::DoNotOptimize(step->on_request(request.context));
    http::ResponseHead head(request.context.arena());
    step->on_response(request.context, head);
    request.context.arena().clear();
  }
}
BENCHMARK(throttle_step);

// Of 100,000 keys of a store: found by what is shown, then a token of the plan's bucket and one of its quota.
struct Keys {
  static constexpr std::size_t kKeys = 100'000;
  Keys() {
    std::vector<plans::KeyRecord> records;
    plans::Ledger::Wanted wanted;
    for (std::size_t i = 0; i < kKeys; ++i) {
      const std::string id = "partner-" + std::to_string(i);
      shown.push_back("gk_0123456789abcdef0123456789abcdef0123" + std::to_string(i));
      digests.push_back(crypto::sha256(shown.back()));
      records.push_back({digests.back(), id, "free", 0});
      wanted.emplace_back(id, plans::PeriodRule{plans::Unit::kMonth, 0});
    }
    ring->publish(std::move(records));
    ledger->publish(wanted, ledger->make_missing(wanted));
  }
  observe::Registry registry{1};
  SystemClock clock;
  std::vector<std::string> shown;
  std::vector<crypto::Sha256> digests;
  std::shared_ptr<plans::KeyRing> ring = std::make_shared<plans::KeyRing>(1);
  std::shared_ptr<plans::Ledger> ledger = std::make_shared<plans::Ledger>(1);
  std::shared_ptr<const plans::PlanBook> book = std::make_shared<const plans::PlanBook>(
      std::vector<plans::PlanSettings>{{"free", {1e9, std::chrono::seconds(1)}, 1000, {1'000'000'000'000, {plans::Unit::kMonth, 0}}}}, ledger, registry);
};

// The first argument: how many of the keys take turns.
void key_lookup_rate_and_quota(benchmark::State& state) {
  Keys keys;
  const KnownKeys known({}, keys.ring, keys.clock);
  const Step step = make_throttle({}, "shop", "shop", std::make_shared<ThrottleTable>(), keys.clock, {keys.book, {}});
  Request request;
  std::size_t i = 0;
  const auto turns = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    const auto found = known.find(keys.digests[i++ % turns], request.context);
    request.context.identity = {"api_key", found->id, found->id, found->plan, {}};
    request.context.rate = {};
    benchmark::DoNotOptimize(step->on_request(request.context));
    request.context.arena().clear();
  }
}
BENCHMARK(key_lookup_rate_and_quota)->Arg(1)->Arg(1000)->Arg(100'000);

void key_hash(benchmark::State& state) {
  const std::string key = "gk_0123456789abcdef0123456789abcdef0123456789a";
  for (auto _ : state) benchmark::DoNotOptimize(crypto::sha256(key));
}
BENCHMARK(key_hash);

}  // namespace
}  // namespace gatehouse::middleware
