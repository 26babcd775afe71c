// Usage plans within the throttle step.
#include "gatehouse/middleware/known_keys.hpp"
#include "step_fixture.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::middleware {
namespace {

using namespace std::chrono_literals;

class PlanThrottleTest : public StepTest {
 protected:
  PlanThrottleTest() {
    const plans::Ledger::Wanted wanted{{"a", kDay}, {"a", kMonth}, {"b", kDay}, {"b", kMonth}};
    ledger_->publish(wanted, ledger_->make_missing(wanted));
  }

  // Plans: rated has a rate, daily and monthly have quotas, both has both.
  void use(std::string otherwise = {}, std::vector<ThrottleSettings> rules = {}) {
    const std::vector<plans::PlanSettings> settings = {{"rated", {1, 1s}, 2, {}},
                                                       {"daily", {}, 0, {3, kDay}},
                                                       {"monthly", {}, 0, {3, kMonth}},
                                                       {"both", {1, 1s}, 2, {3, kDay}}};
    auto book = std::make_shared<const plans::PlanBook>(settings, ledger_, registry_);
    route_.steps = {make_throttle(std::move(rules), {"shop", "shop", "shop GET /orders"}, table_, clock_, {std::move(book), std::move(otherwise)})};
  }
  std::unique_ptr<Request> request(const std::string& key, const std::string& plan) {
    auto made = std::make_unique<Request>(worker_, route_, "GET", "/orders");
    made->context.identity = {"api_key", made->context.arena().copy(key), made->context.arena().copy(key), made->context.arena().copy(plan), {}};
    made->run();
    return made;
  }
  // How many of `attempts` pass.
  int passing(int attempts, const std::string& key, const std::string& plan) {
    int passed = 0;
    for (int i = 0; i < attempts; ++i) passed += request(key, plan)->exchange.status == 200 ? 1 : 0;
    return passed;
  }

  static constexpr plans::PeriodRule kDay{plans::Unit::kDay, 0};
  static constexpr plans::PeriodRule kMonth{plans::Unit::kMonth, 0};
  observe::Registry registry_{1};
  std::shared_ptr<ThrottleTable> table_ = std::make_shared<ThrottleTable>();
  std::shared_ptr<plans::Ledger> ledger_ = std::make_shared<plans::Ledger>(1);
  ManualClock clock_;  // begins at a midnight
};

TEST_F(PlanThrottleTest, AQuotaThatIsUsedUpIs429UntilThePeriodEnds) {
  use();
  EXPECT_EQ(passing(3, "a", "daily"), 3);
  clock_.advance(23h + 59min);
  const auto refused = request("a", "daily");
  EXPECT_EQ(refused->exchange.status, 429);
  EXPECT_EQ(refused->exchange.sent_body, R"({"message":"Limit Exceeded"})");
  EXPECT_EQ(refused->context.reason, "quota_exceeded");
  EXPECT_EQ(refused->field("Retry-After"), "60");
  EXPECT_EQ(refused->field("RateLimit-Limit"), "3");
  EXPECT_EQ(refused->field("RateLimit-Remaining"), "0");
  EXPECT_EQ(refused->field("RateLimit-Reset"), "60");
  EXPECT_EQ(passing(3, "b", "daily"), 3);  // each key for itself
  clock_.advance(1min);
  EXPECT_EQ(passing(5, "a", "daily"), 3);
}

TEST_F(PlanThrottleTest, AMonthEndsWithItsLastDay) {
  use();
  const auto now = plans::day_of(clock_.wall());
  EXPECT_EQ(passing(5, "a", "monthly"), 3);
  const auto left = plans::beginning_of(plans::next_period(kMonth, now)) - clock_.wall();
  clock_.advance(left - 1s);
  EXPECT_EQ(request("a", "monthly")->field("Retry-After"), "1");
  clock_.advance(1s);
  EXPECT_EQ(passing(5, "a", "monthly"), 3);
}

TEST_F(PlanThrottleTest, ARateIsTheKeysOwnAndCostsNoQuotaWhenItRefuses) {
  use();
  EXPECT_EQ(passing(5, "a", "both"), 2);
  EXPECT_EQ(request("a", "both")->context.reason, "throttled");
  EXPECT_EQ(passing(5, "b", "both"), 2);
  clock_.advance(10s);
  EXPECT_EQ(passing(2, "a", "both"), 1);  // the third of its quota
  EXPECT_EQ(request("a", "both")->context.reason, "quota_exceeded");
}

TEST_F(PlanThrottleTest, AUsedUpQuotaTakesNoTokensOfOtherRules) {
  use({}, {{ThrottleKey::kRoute, {}, {0.001, 1s}, 4}});
  EXPECT_EQ(passing(10, "a", "daily"), 3);
  EXPECT_EQ(passing(10, "b", "daily"), 1);  // the fourth of the route
  EXPECT_EQ(request("b", "daily")->context.reason, "throttled");
}

TEST_F(PlanThrottleTest, TellsOfTheTightestBound) {
  use();
  EXPECT_EQ(request("a", "both")->field("RateLimit-Remaining"), "1");
  EXPECT_EQ(request("a", "rated")->field("RateLimit-Limit"), "2");
  clock_.advance(10s);
  request("a", "both");
  clock_.advance(10s);
  const auto last = request("a", "both");
  EXPECT_EQ(last->field("RateLimit-Limit"), "3");
  EXPECT_EQ(last->field("RateLimit-Remaining"), "0");
}

TEST_F(PlanThrottleTest, WhoHasNoPlanIsMeasuredByThatOfTheRoute) {
  use("daily");
  EXPECT_EQ(passing(5, "a", ""), 3);
  EXPECT_EQ(passing(5, "b", "rated"), 2);  // has one
  use();
  EXPECT_EQ(passing(5, "b", ""), 5);  // neither has
}

TEST_F(PlanThrottleTest, CallersWithoutAKeyAreMeasuredByTheRateAlone) {
  use("both");
  const auto passing_subject = [&](const std::string& subject, int attempts) {
    int passed = 0;
    for (int i = 0; i < attempts; ++i) {
      Request request(worker_, route_, "GET", "/orders");
      request.context.identity.subject = subject;
      passed += request.run() ? 1 : 0;
    }
    return passed;
  };
  EXPECT_EQ(passing_subject("eve", 5), 2);
  EXPECT_EQ(passing_subject("bob", 5), 2);
  EXPECT_EQ(passing_subject("", 5), 2);
}

TEST_F(PlanThrottleTest, NobodyPassesByAPlanThatIsNotThereOrAKeyThatCannotBeCounted) {
  use();
  EXPECT_EQ(request("a", "gone")->exchange.status, 403);
  EXPECT_EQ(request("a", "gone")->context.reason, "plan_unknown");
  EXPECT_EQ(request("stranger", "daily")->exchange.status, 403);
  EXPECT_EQ(request("stranger", "daily")->context.reason, "api_key_uncounted");
  EXPECT_EQ(request("stranger", "rated")->exchange.status, 200);
}

TEST_F(PlanThrottleTest, CountsWhatPassesAndWhatDoesNot) {
  use();
  passing(5, "a", "daily");
  EXPECT_EQ(registry_.counter("gatehouse_quota_requests_total", "", {{"plan", "daily"}}).sum(), 3u);
  EXPECT_EQ(registry_.counter("gatehouse_quota_exceeded_total", "", {{"plan", "daily"}}).sum(), 2u);
}

class KnownKeysTest : public StepTest {
 protected:
  ManualClock clock_;
  std::shared_ptr<plans::KeyRing> ring_ = std::make_shared<plans::KeyRing>(1);
};

TEST_F(KnownKeysTest, FindsKeysOfTheFileAndOfTheStore) {
  const std::int64_t now = std::chrono::duration_cast<std::chrono::seconds>(clock_.wall().time_since_epoch()).count();
  const KnownKeys keys({{"a", crypto::sha256_hex("ka"), "free"}}, ring_, clock_);
  Request request(worker_, route_, "GET", "/");
  EXPECT_EQ(keys.find("ka", request.context)->plan, "free");
  EXPECT_FALSE(keys.find("kb", request.context));
  ring_->publish({{crypto::sha256("kb"), "b", "pro", now + 60}});
  const auto found = keys.find("kb", request.context);
  ring_->publish({});
  EXPECT_FALSE(keys.find("kb", request.context));
  EXPECT_EQ(found->id, "b");  // outlives the table
  EXPECT_EQ(found->plan, "pro");
  EXPECT_FALSE(found->expired);
}

TEST_F(KnownKeysTest, AKeyExpiresWithoutBeingReadAgain) {
  const std::int64_t now = std::chrono::duration_cast<std::chrono::seconds>(clock_.wall().time_since_epoch()).count();
  ring_->publish({{crypto::sha256("kb"), "b", "", now + 60}});
  const auto keys = std::make_shared<const KnownKeys>(std::vector<ApiKey>{}, ring_, clock_);
  KeyDirectory directory;
  directory.add(keys);
  Request request(worker_, route_, "GET", "/");
  pipeline::Identity identity;
  clock_.advance(59s);
  EXPECT_TRUE(directory.identify("kb", request.context, identity));
  EXPECT_EQ(identity.api_key, "b");
  clock_.advance(1s);
  EXPECT_TRUE(keys->find("kb", request.context)->expired);
  EXPECT_FALSE(directory.identify("kb", request.context, identity));
  EXPECT_FALSE(directory.identify("", request.context, identity));
}

}  // namespace
}  // namespace gatehouse::middleware
