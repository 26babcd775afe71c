// What the steps add to a request: one access log line, the metrics, a token from the throttle table.
#include "gatehouse/middleware/shared_buckets.hpp"
#include "gatehouse/middleware/steps.hpp"
#include "gatehouse/net/permits.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "support/fake_exchange.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <memory>

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
  for (auto _ : state) benchmark::DoNotOptimize(table.take(12345, rate, 100, start + Duration(now += 1000)));
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
    benchmark::DoNotOptimize(table.take((i % kClients + 1) * kOdd, rate, 100, start + std::chrono::microseconds(i)));
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
  for (auto _ : state) benchmark::DoNotOptimize(buckets.take(12345, rate, 100, start + Duration(now += 1000)));
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
    benchmark::DoNotOptimize(buckets.take((i % kClients + 1) * kOdd, rate, 100, start + std::chrono::microseconds(i)));
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

}  // namespace
}  // namespace gatehouse::middleware
