// A pool with raw sockets behind it, all on the test's thread.
#pragma once

#include "gatehouse/upstream/pool.hpp"
#include "unit/upstream/support.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string_view>

namespace gatehouse::upstream::testing {

inline constexpr TimePoint kNoDeadline = TimePoint::max();
inline constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

class PoolTest : public ::testing::Test {
 protected:
  // An attempt and the waiter of the request that makes it.
  struct Try {
    explicit Try(PoolTest& test) : waiter(test.worker.ready()), attempt(*test.pool, waiter) {}
    net::Waiter waiter;
    Attempt attempt;
  };

  void make() {
    backend = Backend::make(config, clock).value();
    pool = std::make_unique<Pool>(worker, backend, resolver);
  }

  std::unique_ptr<Try> start(TimePoint deadline = kNoDeadline) {
    auto made = std::make_unique<Try>(*this);
    made->attempt.start(0, 0, deadline);
    return made;
  }

  std::unique_ptr<Try> start_ready() {
    auto made = start();
    EXPECT_TRUE(settled(*made));
    EXPECT_EQ(made->attempt.poll(), AttemptState::kReady);
    return made;
  }

  bool settled(Try& made) {
    return run_until(worker, [&] { return made.attempt.poll() != AttemptState::kPending; });
  }

  // A whole exchange over `made`, whose other end is `peer`.
  void exchange(Try& made, int peer, std::string_view response = kOk) {
    http::UpstreamCall& call = made.attempt.call();
    call.send(http::testing::get("/"), {}, http::More::kNo);
    hear_head(peer);
    say(peer, response);
    ASSERT_TRUE(run_until(worker, [&] { return call.poll_head() == http::HeadState::kReady; }));
    EXPECT_EQ(call.poll_body().state, http::BodyState::kEnd);
  }

  // A connection that is idle in the pool; its other end.
  net::UniqueFd make_idle(RawBackend& from) {
    auto made = start_ready();
    net::UniqueFd peer = from.accept();
    exchange(*made, peer.get());
    made->attempt.finish(AttemptOutcome::kAnswered);
    return peer;
  }

  std::uint32_t in_flight() { return backend->targets()[0].in_flight.load(); }

  ManualClock clock;
  net::Worker worker{0};
  FakeResolver resolver;
  RawBackend raw;
  BackendSettings config = settings({target("127.0.0.1", raw.port())});
  std::shared_ptr<Backend> backend;
  std::unique_ptr<Pool> pool;
};

}  // namespace gatehouse::upstream::testing
