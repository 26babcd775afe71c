#include "gatehouse/middleware/concurrency.hpp"

#include "step_fixture.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <thread>

namespace gatehouse::middleware {
namespace {

using namespace std::chrono_literals;

class ConcurrencyStepTest : public StepTest {
 protected:
  void use(const net::PermitSettings& settings) { step_ = make_concurrency(settings, permits_); }

  // Runs the worker until `done`; the machine may be slow.
  bool run_until(const std::function<bool()>& done) {
    const auto give_up = std::chrono::steady_clock::now() + 20s;
    struct Look final : net::Timer {
      void on_timer() override {
        if (done() || std::chrono::steady_clock::now() > give_up) return worker.stop();
        worker.timers().arm(*this, worker.now());
      }
      Look(net::Worker& w, const std::function<bool()>& d, TimePoint g) : worker(w), done(d), give_up(g) {}
      net::Worker& worker;
      const std::function<bool()>& done;
      TimePoint give_up;
    } look(worker_, done, give_up);
    worker_.timers().arm(look, worker_.now());
    worker_.run();
    return done();
  }

  Step step_;
  std::shared_ptr<net::Permits> permits_ = std::make_shared<net::Permits>();
};

TEST_F(ConcurrencyStepTest, Answers503WithRetryAfterBeyondItsBoundAndGivesBackAtTheEnd) {
  use({1});
  Request first(worker_, route_, "GET", "/");
  Request second(worker_, route_, "GET", "/");
  EXPECT_FALSE(step_->on_request(first.context).answer());
  const pipeline::Decision refused = step_->on_request(second.context);
  ASSERT_TRUE(refused.answer());
  second.context.answer(*refused.answer());
  EXPECT_EQ(second.exchange.status, 503);
  EXPECT_EQ(second.context.reason, "too_many_in_flight");
  EXPECT_EQ(second.field("Retry-After"), "1");
  EXPECT_EQ(second.exchange.sent_body, R"({"message":"Service Unavailable"})");
  step_->on_end(second.context);  // held none
  EXPECT_EQ(permits_->held(), 1u);
  step_->on_end(first.context);
  EXPECT_EQ(permits_->held(), 0u);
}

TEST_F(ConcurrencyStepTest, GivesNothingBackForARequestThatNeverCameToIt) {
  use({1});
  Request refused_earlier(worker_, route_, "GET", "/");
  step_->on_end(refused_earlier.context);
  EXPECT_EQ(permits_->held(), 0u);
}

TEST_F(ConcurrencyStepTest, LetsARequestWaitForThePermitOfAnother) {
  use({1, 1, 1h});
  Request first(worker_, route_, "GET", "/");
  Request second(worker_, route_, "GET", "/");
  Request third(worker_, route_, "GET", "/");
  EXPECT_FALSE(step_->on_request(first.context).must_wait());
  ASSERT_TRUE(step_->on_request(second.context).must_wait());
  auto waiting = step_->wait(second.context);
  waiting.start();
  EXPECT_FALSE(waiting.done());
  ASSERT_TRUE(step_->on_request(third.context).must_wait());
  auto too_many = step_->wait(third.context);
  too_many.start();
  ASSERT_TRUE(too_many.done());
  EXPECT_EQ(too_many.take()->reason, "too_many_in_flight");
  step_->on_end(first.context);
  ASSERT_TRUE(run_until([&] { return waiting.done(); }));
  EXPECT_FALSE(waiting.take().has_value());
  EXPECT_EQ(permits_->held(), 1u);
  step_->on_end(second.context);
  EXPECT_EQ(permits_->held(), 0u);
}

TEST_F(ConcurrencyStepTest, EndsAWaitAtItsDeadline) {
  use({1, 1, 1ms});
  ASSERT_TRUE(permits_->take(1));
  Request request(worker_, route_, "GET", "/");
  ASSERT_TRUE(step_->on_request(request.context).must_wait());
  auto waiting = step_->wait(request.context);
  waiting.start();
  ASSERT_TRUE(run_until([&] { return waiting.done(); }));
  const auto answer = waiting.take();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
  step_->on_end(request.context);
  EXPECT_EQ(permits_->held(), 1u);
}

TEST_F(ConcurrencyStepTest, EndsTheWaitOfAClientThatLeft) {
  use({1, 1, 1h});
  ASSERT_TRUE(permits_->take(1));
  Request request(worker_, route_, "GET", "/");
  auto waiting = step_->wait(request.context);
  waiting.start();
  request.exchange.fail(http::Failure::kClientGone);
  ASSERT_TRUE(run_until([&] { return waiting.done(); }));
  EXPECT_EQ(waiting.take()->reason, "client_gone");
  EXPECT_EQ(permits_->waiting(), 0u);
}

TEST_F(ConcurrencyStepTest, LeavesTheLineWithARequestThatIsDestroyed) {
  use({1, 1, 1h});
  ASSERT_TRUE(permits_->take(1));
  {
    Request request(worker_, route_, "GET", "/");
    auto waiting = step_->wait(request.context);
    waiting.start();
    EXPECT_EQ(permits_->waiting(), 1u);
  }
  EXPECT_EQ(permits_->waiting(), 0u);
  permits_->give();
  EXPECT_EQ(permits_->held(), 0u);
}

}  // namespace
}  // namespace gatehouse::middleware
