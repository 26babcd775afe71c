// What the gateway's side of one exchange with a backend costs on a kept connection: attempt, request, answer, end. The
// backend is the raw end of a loopback connection on the same thread; its own syscalls are not counted.
#include "gatehouse/net/listener.hpp"
#include "gatehouse/upstream/pool.hpp"

#include <sys/socket.h>

#include <benchmark/benchmark.h>

#include <chrono>
#include <stdexcept>
#include <string>

namespace gatehouse::upstream {
namespace {

// Only literals are asked for.
class NoResolver final : public net::Resolver {
 public:
  void resolve(const std::string&, Callback) override { throw std::logic_error("a name was looked up"); }
};

std::string make_response(std::size_t size, std::size_t chunk) {
  std::string response =
      "HTTP/1.1 200 OK\r\nServer: backend\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\nContent-Type: text/html\r\n"
      "Last-Modified: Sun, 22 Nov 2026 12:00:00 GMT\r\nETag: \"abc-12\"\r\nAccept-Ranges: bytes\r\n";
  if (chunk == 0) return response + "Content-Length: " + std::to_string(size) + "\r\n\r\n" + std::string(size, 'x');
  response += "Transfer-Encoding: chunked\r\n\r\n";
  char digits[20];
  for (std::size_t at = 0; at < size; at += chunk) {
    std::snprintf(digits, sizeof(digits), "%zx\r\n", std::min(chunk, size - at));
    response += digits + std::string(std::min(chunk, size - at), 'x') + "\r\n";
  }
  return response + "0\r\n\r\n";
}

class Backdrop {
 public:
  Backdrop() : listener(net::bind_listener({*IpAddress::parse("127.0.0.1"), 0}).value()) {
    TargetSettings target;
    target.url = "http://127.0.0.1";
    target.host = "127.0.0.1";
    target.port = net::local_endpoint(listener.get()).port;
    BackendSettings settings;
    settings.targets.push_back(target);
    backend = Backend::make(settings, clock).value();
    pool.emplace(worker, backend, resolver);
  }

  void hear() {
    if (!peer) peer.reset(::accept(listener.get(), nullptr, nullptr));
    char request[4096];
    if (::recv(peer.get(), request, sizeof(request), 0) <= 0) throw std::runtime_error("the connection ended");
  }

  SystemClock clock;
  net::Worker worker{0};
  net::Waiter waiter{worker.ready()};
  NoResolver resolver;
  net::UniqueFd listener;
  net::UniqueFd peer;
  std::shared_ptr<Backend> backend;
  std::optional<Pool> pool;
};

void exchange(benchmark::State& state) {
  Backdrop scene;
  const std::string response =
      make_response(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)));
  for (auto _ : state) {
    const auto began = std::chrono::steady_clock::now();
    Attempt attempt(*scene.pool, scene.waiter);
    attempt.start(0, 0, TimePoint::max());
    while (attempt.poll() == AttemptState::kPending) scene.worker.reactor().poll();
    http::UpstreamCall& call = attempt.call();
    http::OutgoingRequest request;
    request.method = "GET";
    request.target = "/index.html";
    request.authority = "backend:8000";
    call.send(request, {}, http::More::kNo);
    const auto asked = std::chrono::steady_clock::now();
    scene.hear();
    std::size_t said = 0;
    const auto say = [&] {
      const ssize_t sent = ::send(scene.peer.get(), response.data() + said, response.size() - said, MSG_DONTWAIT);
      if (sent > 0) said += static_cast<std::size_t>(sent);
    };
    say();
    const auto answered = std::chrono::steady_clock::now();
    while (call.poll_head() == http::HeadState::kPending) scene.worker.reactor().poll();
    for (http::BodyChunk chunk = call.poll_body(); chunk.state != http::BodyState::kEnd; chunk = call.poll_body()) {
      if (chunk.state == http::BodyState::kData) {
        call.consume_body(chunk.bytes.size());
      } else {
        say();
        scene.worker.reactor().poll();
      }
    }
    attempt.finish(AttemptOutcome::kAnswered);
    const auto ended = std::chrono::steady_clock::now();
    state.SetIterationTime(std::chrono::duration<double>(asked - began + (ended - answered)).count());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

// Body bytes, and the size of a chunk (0: Content-Length).
BENCHMARK(exchange)->Args({100, 0})->Args({10'000, 0})->Args({1'000'000, 0})->Args({1'000'000, 8192})->UseManualTime();

}  // namespace
}  // namespace gatehouse::upstream
