// A lookup among 10,000 routes: literal only, with variables, greedy, with a way back, and none at all. With permission to
// count (kernel.perf_event_paranoid), user instructions per lookup are printed beside the time.
#include "gatehouse/routing/router.hpp"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace gatehouse;

class Instructions {
 public:
  Instructions() {
    perf_event_attr attributes{};
    attributes.size = sizeof(attributes);
    attributes.type = PERF_TYPE_HARDWARE;
    attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
    attributes.exclude_kernel = 1;
    attributes.exclude_hv = 1;
    fd_ = static_cast<int>(::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
  }
  ~Instructions() {
    if (fd_ >= 0) ::close(fd_);
  }
  Instructions(const Instructions&) = delete;
  Instructions& operator=(const Instructions&) = delete;

  bool counts() const { return fd_ >= 0; }
  std::uint64_t read() const {
    std::uint64_t value = 0;
    if (fd_ < 0 || ::read(fd_, &value, sizeof(value)) != sizeof(value)) return 0;
    return value;
  }

 private:
  int fd_;
};

struct Routes {
  explicit Routes(int count) {
    add("ANY /files/{proxy+}");
    add("GET /users/{id}");
    add("GET /users/me/settings");
    for (int i = 3; i < count; ++i) {
      const std::string resource = "/v1/service" + std::to_string(i % 100) + "/resource" + std::to_string(i);
      add(i % 3 == 0   ? "GET " + resource
          : i % 3 == 1 ? "GET " + resource + "/{id}"
                       : "POST " + resource + "/{id}/items/{item}");
    }
    std::vector<const pipeline::Route*> pointers;
    for (const auto& route : all) pointers.push_back(route.get());
    router = std::make_unique<routing::Router>(std::vector<routing::ApiRoutes>{{{}, "", pointers, nullptr}});
  }
  void add(const std::string& text) {
    all.push_back(std::make_unique<pipeline::Route>());
    all.back()->pattern = *pipeline::RoutePattern::parse(text);
  }

  std::vector<std::unique_ptr<pipeline::Route>> all;
  std::unique_ptr<routing::Router> router;
};

void lookup(benchmark::State& state, std::string_view method, std::string_view path,
            routing::RouteMatch::Kind expected) {
  static const Routes routes(10'000);
  const routing::RouteQuery query{"api.example.com:8080", method, path, "", nullptr};
  pipeline::PathParams params;
  if (routes.router->match(query, params).kind != expected) state.SkipWithError("matched something else");
  const Instructions instructions;
  const std::uint64_t before = instructions.read();
  for (auto _ : state) {
    params.truncate(0);
    benchmark::DoNotOptimize(routes.router->match(query, params));
  }
  if (!instructions.counts()) return;
  const auto used = static_cast<double>(instructions.read() - before);
  state.counters["instructions"] = benchmark::Counter(used, benchmark::Counter::kAvgIterations);
}

using Kind = routing::RouteMatch::Kind;
BENCHMARK_CAPTURE(lookup, literal, "GET", "/v1/service50/resource8550", Kind::kRoute);
BENCHMARK_CAPTURE(lookup, variable, "GET", "/v1/service69/resource7069/4711", Kind::kRoute);
BENCHMARK_CAPTURE(lookup, two_variables, "POST", "/v1/service71/resource7571/4711/items/815", Kind::kRoute);
BENCHMARK_CAPTURE(lookup, way_back, "GET", "/users/me-too", Kind::kRoute);
BENCHMARK_CAPTURE(lookup, greedy, "GET", "/files/a/b/c/d.txt", Kind::kRoute);
BENCHMARK_CAPTURE(lookup, not_found, "GET", "/v1/service71/unknown", Kind::kNotFound);

}  // namespace
