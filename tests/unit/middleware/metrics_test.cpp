#include "step_fixture.hpp"

#include <string>
#include <thread>
#include <vector>

namespace gatehouse::middleware {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kLabels = R"({api="shop",route="GET /v1/orders/{id}"})";

class MetricsStepTest : public StepTest {
 protected:
  void end(int status, std::string_view reason = "ok") {
    Request request(worker_, route_, "GET", "/");
    request.context.status = status;
    request.context.reason = reason;
    step_->on_end(request.context);
  }
  std::string requests(const std::string& code, int count) {
    return R"(gatehouse_requests_total{api="shop",code=")" + code + R"(",route="GET /v1/orders/{id}"} )" +
           std::to_string(count) + "\n";
  }
  std::string sample(const std::string& name, const std::string& value) { return name + kLabels + " " + value + "\n"; }

  ManualClock clock_;
  observe::Registry registry_{1};
  Step step_ = make_metrics(registry_, "shop", "GET /v1/orders/{id}", clock_);
};

TEST_F(MetricsStepTest, CountsRequestsByTheClassOfTheirStatus) {
  for (const int status : {101, 200, 204, 299, 301, 404, 499, 500, 599, 0}) end(status);
  const std::string text = registry_.scrape();
  EXPECT_THAT(text, HasSubstr(requests("1xx", 1)));
  EXPECT_THAT(text, HasSubstr(requests("2xx", 3)));
  EXPECT_THAT(text, HasSubstr(requests("3xx", 1)));
  EXPECT_THAT(text, HasSubstr(requests("4xx", 2)));
  EXPECT_THAT(text, HasSubstr(requests("5xx", 2)));
  EXPECT_THAT(text, HasSubstr(requests("none", 1)));
}

TEST_F(MetricsStepTest, CountsAClientThatLeftAsAnErrorOfTheClient) {
  Request request(worker_, route_, "GET", "/");
  request.exchange.fail(http::Failure::kClientGone);
  step_->on_end(request.context);
  EXPECT_THAT(registry_.scrape(), HasSubstr(requests("4xx", 1)));
}

TEST_F(MetricsStepTest, RecordsDurationAndBytes) {
  Request request(worker_, route_, "GET", "/");
  request.exchange.arrived = clock_.now() - 1500ms;
  request.exchange.head_received = 100;
  request.exchange.head_sent = 50;
  request.run();
  step_->on_end(request.context);
  const std::string text = registry_.scrape();
  EXPECT_THAT(text, HasSubstr(sample("gatehouse_request_duration_seconds_sum", "1.5")));
  EXPECT_THAT(text, HasSubstr(sample("gatehouse_request_duration_seconds_count", "1")));
  EXPECT_THAT(text, HasSubstr(sample("gatehouse_request_bytes_total", "100")));
  EXPECT_THAT(text, HasSubstr(sample("gatehouse_response_bytes_total", "55")));
}

TEST_F(MetricsStepTest, RecordsTheBackendsTimeOnlyWhereThereWasOne) {
  end(200);
  EXPECT_THAT(registry_.scrape(), Not(HasSubstr("gatehouse_upstream_duration_seconds")));
  Request request(worker_, route_, "GET", "/");
  request.context.status = 200;
  request.context.upstream.backend = "orders";
  request.context.upstream.total = 250ms;
  step_->on_end(request.context);
  EXPECT_THAT(registry_.scrape(), HasSubstr(sample("gatehouse_upstream_duration_seconds_sum", "0.25")));
}

TEST_F(MetricsStepTest, CountsWhatIsThrottledAndWhoIsNotLetIn) {
  end(429, "throttled");
  end(429);  // a backend's own
  Request request(worker_, route_, "GET", "/");
  request.context.status = 401;
  request.context.reason = "jwt_expired";
  request.context.decided_by = "authenticate";
  step_->on_end(request.context);
  const std::string text = registry_.scrape();
  EXPECT_THAT(text, HasSubstr(sample("gatehouse_throttled_total", "1")));
  EXPECT_THAT(text, HasSubstr("gatehouse_auth_failures_total{reason=\"jwt_expired\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("gatehouse_auth_failures_total{reason=\"throttled\"}")));
}

TEST_F(MetricsStepTest, CountsRefusalsByReason) {
  end(429, "throttled");
  end(429, "throttled");
  end(502, "upstream_refused");
  end(0, "aborted");
  const std::string text = registry_.scrape();
  EXPECT_THAT(text, HasSubstr("gatehouse_refusals_total{reason=\"throttled\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("gatehouse_refusals_total{reason=\"upstream_refused\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("gatehouse_refusals_total{reason=\"aborted\"} 1\n"));
}

TEST_F(MetricsStepTest, CountsNoRefusalForABackendsErrorOrAnAnswerThatIsNone) {
  end(500);
  end(204, "cors_preflight");
  EXPECT_THAT(registry_.scrape(), Not(HasSubstr("gatehouse_refusals_total")));
}

TEST_F(MetricsStepTest, CountsMoreReasonsThanItRemembers) {
  std::vector<std::string> reasons;
  for (int i = 0; i < 20; ++i) reasons.push_back("reason_" + std::to_string(i));
  for (int round = 0; round < 2; ++round) {
    for (const auto& reason : reasons) end(400, reason);
  }
  const std::string text = registry_.scrape();
  for (const auto& reason : reasons) EXPECT_THAT(text, HasSubstr("{reason=\"" + reason + "\"} 2\n"));
}

TEST_F(MetricsStepTest, DoesNotMistakeOneReasonForAnotherInTheSamePlace) {
  std::string reason = "first_";
  end(400, reason);
  reason = "second";
  end(400, reason);
  EXPECT_THAT(registry_.scrape(), HasSubstr("{reason=\"second\"} 1\n"));
}

TEST_F(MetricsStepTest, ShowsNoSeriesForARouteThatNobodyAskedFor) { EXPECT_EQ(registry_.scrape(), ""); }

TEST_F(MetricsStepTest, GoesOnWithTheSameSeriesAfterAReload) {
  end(200);
  step_ = make_metrics(registry_, "shop", "GET /v1/orders/{id}", clock_);
  end(200);
  EXPECT_THAT(registry_.scrape(), HasSubstr(requests("2xx", 2)));
}

TEST_F(MetricsStepTest, LosesNothingWhenWorkersMeetItsSeriesAtTheSameTime) {
  constexpr unsigned kWorkers = 4;
  constexpr int kEach = 500;
  observe::Registry registry(kWorkers);
  const Step step = make_metrics(registry, "shop", "GET /v1/orders/{id}", clock_);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kWorkers; ++i) {
    threads.emplace_back([&, i] {
      net::Worker worker(i);
      for (int n = 0; n < kEach; ++n) {
        Request request(worker, route_, "GET", "/");
        request.context.status = n % 2 == 0 ? 200 : 503;
        request.context.reason = n % 2 == 0 ? "ok" : "breaker_open";
        step->on_end(request.context);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const std::string text = registry.scrape();
  EXPECT_THAT(text, HasSubstr(requests("2xx", kWorkers * kEach / 2)));
  EXPECT_THAT(text, HasSubstr(requests("5xx", kWorkers * kEach / 2)));
  EXPECT_THAT(text, HasSubstr("{reason=\"breaker_open\"} " + std::to_string(kWorkers * kEach / 2) + "\n"));
}

}  // namespace
}  // namespace gatehouse::middleware
