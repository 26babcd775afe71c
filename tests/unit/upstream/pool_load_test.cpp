// Many requests at once: what one exchange allocates, and two workers that share a backend.
#include "gatehouse/net/task_group.hpp"
#include "gatehouse/upstream/pool.hpp"
#include "support/allocations.hpp"
#include "unit/upstream/support.hpp"

#include <sys/socket.h>

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>

namespace gatehouse::upstream::testing {
namespace {

struct Tally {
  std::atomic<int> good{0};
  std::atomic<int> failed{0};
};

// One request after the other, each on its own attempt.
net::Task<void> run_requests(net::Worker* worker, Pool* pool, int count, Tally* tally) {
  net::Waiter waiter(worker->ready());
  for (int i = 0; i < count; ++i) {
    Attempt attempt(*pool, waiter);
    attempt.start(static_cast<std::uint64_t>(i), 0, worker->now() + 10s);
    while (attempt.poll() == AttemptState::kPending) co_await waiter;
    if (attempt.poll() == AttemptState::kFailed) {
      tally->failed.fetch_add(1);
      continue;
    }
    http::UpstreamCall& call = attempt.call();
    call.send(http::testing::get("/"), {}, http::More::kNo);
    while (call.poll_head() == http::HeadState::kPending) co_await waiter;
    http::BodyChunk chunk = call.poll_body();
    while (chunk.state == http::BodyState::kData || chunk.state == http::BodyState::kPending) {
      if (chunk.state == http::BodyState::kData) {
        call.consume_body(chunk.bytes.size());
      } else {
        co_await waiter;
      }
      chunk = call.poll_body();
    }
    const bool good = chunk.state == http::BodyState::kEnd;
    (good ? tally->good : tally->failed).fetch_add(1);
    attempt.finish(good ? AttemptOutcome::kAnswered : AttemptOutcome::kFailed);
  }
}

std::string hello(const std::string&) { return "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Header: value\r\n\r\nhello"; }

TEST(PoolLoadTest, ManyRequestsShareFewConnections) {
  ManualClock clock;
  net::Worker worker{0};
  FakeResolver resolver;
  ScriptedBackend scripted(worker, hello);
  BackendSettings config = settings({target("127.0.0.1", scripted.port())});
  config.pool.connections = 4;
  const auto backend = Backend::make(config, clock).value();
  Pool pool(worker, backend, resolver);
  Tally tally;
  net::TaskGroup tasks(worker);
  for (int i = 0; i < 50; ++i) tasks.spawn("requests", run_requests(&worker, &pool, 20, &tally));
  EXPECT_TRUE(run_until(worker, [&] { return tasks.size() == 0; }));
  EXPECT_EQ(tally.good, 1000);
  EXPECT_EQ(backend->counters().connections_opened, 4u);
  EXPECT_EQ(backend->counters().connections_reused, 996u);
  EXPECT_EQ(backend->targets()[0].in_flight, 0u);
  EXPECT_EQ(pool.idle_connections(), 4u);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // under them blocks are not kept for reuse
TEST(PoolLoadTest, AnExchangeOnAKeptConnectionAllocatesNothing) {
  ManualClock clock;
  net::Worker worker{0};
  net::Waiter waiter(worker.ready());
  FakeResolver resolver;
  RawBackend raw;
  const auto backend = Backend::make(settings({target("127.0.0.1", raw.port())}), clock).value();
  Pool pool(worker, backend, resolver);
  net::UniqueFd peer;
  const std::string response = hello({});
  char request[1024];
  std::uint64_t before = 0;
  for (int i = 0; i < 20; ++i) {
    if (i == 10) before = gatehouse::testing::allocations();
    Attempt attempt(pool, waiter);
    attempt.start(0, 0, TimePoint::max());
    if (i == 0) {
      ASSERT_TRUE(run_until(worker, [&] { return attempt.poll() == AttemptState::kReady; }));
      peer = raw.accept();
    }
    http::UpstreamCall& call = attempt.call();
    call.send(http::testing::get("/"), {}, http::More::kNo);
    ASSERT_GT(::recv(peer.get(), request, sizeof(request), 0), 0);
    ASSERT_EQ(::send(peer.get(), response.data(), response.size(), 0), static_cast<ssize_t>(response.size()));
    while (call.poll_head() == http::HeadState::kPending) worker.reactor().poll();
    ASSERT_EQ(call.poll_body().bytes, "hello");
    call.consume_body(5);
    ASSERT_EQ(call.poll_body().state, http::BodyState::kEnd);
    attempt.finish(AttemptOutcome::kAnswered);
  }
  EXPECT_EQ(gatehouse::testing::allocations() - before, 0u);
}
#endif

// Runs `work` on the worker's thread and waits for it.
void run_on(net::testing::RunningWorker& worker, const std::function<void()>& work) {
  std::promise<void> done;
  worker->post([&] {
    work();
    done.set_value();
  });
  done.get_future().get();
}

// One worker's part of the test: made, used and destroyed on its thread.
struct Side {
  Side(net::Worker& on, const std::shared_ptr<Backend>& backend, Tally& tally)
      : pool(on, backend, resolver), tasks(on) {
    for (int i = 0; i < 8; ++i) tasks.spawn("requests", run_requests(&on, &pool, 100, &tally));
  }
  FakeResolver resolver;
  Pool pool;
  net::TaskGroup tasks;
};

TEST(PoolLoadTest, TwoWorkersShareABackend) {
  SystemClock clock;
  Tally tally;
  net::testing::RunningWorker serving(2);
  net::testing::RunningWorker one(0);
  net::testing::RunningWorker other(1);
  std::optional<ScriptedBackend> scripted;
  std::optional<Side> sides[2];
  run_on(serving, [&] { scripted.emplace(*serving, hello); });
  BackendSettings config = settings({target("127.0.0.1", scripted->port()), target("127.0.0.1", closed_port())});
  config.balance.kind = Balance::kLeastRequests;
  config.ejection = {.failures = 3, .open = 10ms};
  config.breaker.errors = 0.99;
  const auto backend = Backend::make(config, clock).value();
  run_on(one, [&] { sides[0].emplace(*one, backend, tally); });
  run_on(other, [&] { sides[1].emplace(*other, backend, tally); });
  while (tally.good + tally.failed < 1600) std::this_thread::yield();
  run_on(one, [&] { sides[0].reset(); });
  run_on(other, [&] { sides[1].reset(); });
  run_on(serving, [&] { scripted.reset(); });
  EXPECT_GT(tally.good, 800);
  EXPECT_EQ(backend->targets()[0].in_flight, 0u);
  EXPECT_EQ(backend->targets()[1].in_flight, 0u);
}

}  // namespace
}  // namespace gatehouse::upstream::testing
