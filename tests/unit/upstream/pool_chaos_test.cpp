// A backend that does everything wrong in turn, and requests that give up whenever they like: nothing may leak, hang or be
// answered with what belongs to another.
#include "gatehouse/net/task_group.hpp"
#include "gatehouse/upstream/pool.hpp"
#include "unit/upstream/support.hpp"

#include <gtest/gtest.h>

#include <random>

namespace gatehouse::upstream::testing {
namespace {

using Then = ScriptedBackend::Then;

struct Alarm final : net::Timer {
  explicit Alarm(net::Waiter& waiter) : wakes(waiter) {}
  void on_timer() override {
    rang = true;
    wakes.wake();
  }
  net::Waiter& wakes;
  bool rang = false;
};

struct Tally {
  int answered = 0;
  int failed = 0;
  int gave_up = 0;
  int foreign = 0;  // answers to another request
  std::mt19937 random{20261122};
};

bool in_progress(http::BodyState state) {
  return state == http::BodyState::kData || state == http::BodyState::kPending;
}

// Sees whose answer it is: the backend repeats the target in the body, which may come late or be cut.
net::Task<void> run_exchange(Attempt* attempt, net::Waiter* waiter, Alarm* alarm, std::string path, Tally* tally) {
  while (attempt->poll() == AttemptState::kPending && !alarm->rang) co_await *waiter;
  if (attempt->poll() != AttemptState::kReady) {
    ++(alarm->rang ? tally->gave_up : tally->failed);
    co_return;
  }
  http::UpstreamCall& call = attempt->call();
  call.send(http::testing::get(path), {}, http::More::kNo);
  while (call.poll_head() == http::HeadState::kPending && !alarm->rang) co_await *waiter;
  std::string body;
  http::BodyChunk chunk;
  while (call.poll_head() == http::HeadState::kReady && in_progress(chunk.state) && !alarm->rang) {
    chunk = call.poll_body();
    if (chunk.state == http::BodyState::kPending) co_await *waiter;
    if (chunk.state != http::BodyState::kData) continue;
    body += chunk.bytes;
    call.consume_body(chunk.bytes.size());
  }
  if (!path.starts_with(body)) ++tally->foreign;
  const bool answered = chunk.state == http::BodyState::kEnd;
  ++(answered ? tally->answered : alarm->rang ? tally->gave_up : tally->failed);
  attempt->finish(answered ? AttemptOutcome::kAnswered : AttemptOutcome::kFailed);
}

net::Task<void> run_requests(net::Worker* worker, Pool* pool, int client, Tally* tally) {
  for (int i = 0; i < 60; ++i) {
    net::Waiter waiter(worker->ready());
    Alarm alarm(waiter);
    worker->timers().arm(alarm, worker->now() + std::chrono::milliseconds(tally->random() % 40));
    Attempt attempt(*pool, waiter);
    attempt.start(0, 0, TimePoint::max());
    net::Task<void> exchange =
        run_exchange(&attempt, &waiter, &alarm, "/" + std::to_string(client) + "/" + std::to_string(i) + "/", tally);
    co_await exchange;
  }
}

ScriptedBackend::Reaction react(const std::string& head, std::mt19937& random) {
  const std::string path = head.substr(4, head.find(' ', 4) - 4);
  const std::string good = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(path.size()) + "\r\n\r\n" + path;
  switch (random() % 12) {
    case 0: return {good, Then::kClose};
    case 1: return {good.substr(0, good.size() - 2), Then::kReset};
    case 2: return {good.substr(0, 20), Then::kClose};
    case 3: return {"", Then::kReset};
    case 4: return {"", Then::kClose};
    case 5: return {"garbage\r\n\r\n"};
    case 6: return {good + good};
    case 7: return {""};
    case 8: return {"HTTP/1.1 103 Early Hints\r\n\r\n" + good};
    default: return {good};
  }
}

TEST(PoolChaosTest, NothingLeaksHangsOrIsMixedUp) {
  ManualClock clock;
  net::Worker worker{0};
  FakeResolver resolver;
  std::mt19937 random(4711);
  ScriptedBackend scripted(worker, [&](const std::string& head) { return react(head, random); });
  BackendSettings config = settings({target("127.0.0.1", scripted.port()), target("127.0.0.1", closed_port())});
  config.pool.connections = 6;
  config.pool.queue = 8;
  config.pool.idle = 4;
  config.pool.idle_time = 20ms;
  config.timeouts.connect = 20ms;
  const auto backend = Backend::make(config, clock).value();
  Pool pool(worker, backend, resolver);
  Tally tally;
  net::TaskGroup tasks(worker);
  for (int i = 0; i < 24; ++i) tasks.spawn("requests", run_requests(&worker, &pool, i, &tally));
  ASSERT_TRUE(run_until(worker, [&] { return tasks.size() == 0; }));
  EXPECT_EQ(tally.answered + tally.failed + tally.gave_up, 24 * 60);
  EXPECT_EQ(tally.foreign, 0);
  EXPECT_GT(tally.answered, 100);
  EXPECT_GT(tally.failed, 100);
  EXPECT_GT(tally.gave_up, 10);
  EXPECT_EQ(pool.open_connections(), pool.idle_connections());
  EXPECT_LE(pool.idle_connections(), 4u);
  for (const TargetState& state : backend->targets()) EXPECT_EQ(state.in_flight, 0u);
  EXPECT_TRUE(run_until(worker, [&] { return pool.idle_connections() == 0; }));
}

}  // namespace
}  // namespace gatehouse::upstream::testing
