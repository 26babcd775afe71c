#include "step_fixture.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::middleware {
namespace {

using namespace std::chrono_literals;

class ThrottleStepTest : public StepTest {
 protected:
  void use(std::vector<ThrottleSettings> rules) {
    route_.steps = {make_throttle(std::move(rules), {"shop", "shop", "shop GET /orders"}, table_, clock_)};
  }
  static ThrottleSettings rule(ThrottleKey per, double per_second, std::uint64_t burst, std::string header = {}) {
    return {per, std::move(header), {per_second, 1s}, burst};
  }

  // How many of `attempts` pass.
  int passing(int attempts, const std::string& client = "192.0.2.7", const std::string& subject = {},
              const FieldList& fields = {}) {
    int passed = 0;
    for (int i = 0; i < attempts; ++i) {
      Request request(worker_, route_, "GET", "/orders", fields);
      request.context.client = *IpAddress::parse(client);
      request.context.identity.subject = subject;
      passed += request.run() ? 1 : 0;
    }
    return passed;
  }

  std::shared_ptr<ThrottleTable> table_ = std::make_shared<ThrottleTable>();
  ManualClock clock_;
};

TEST_F(ThrottleStepTest, RefusesWith429WhenTheBucketIsEmpty) {
  use({rule(ThrottleKey::kRoute, 0.4, 2)});
  EXPECT_EQ(passing(2), 2);
  Request request(worker_, route_, "GET", "/orders");
  EXPECT_FALSE(request.run());
  EXPECT_EQ(request.exchange.status, 429);
  EXPECT_EQ(request.exchange.sent_body, R"({"message":"Too Many Requests"})");
  EXPECT_EQ(request.context.reason, "throttled");
  EXPECT_EQ(request.field("Retry-After"), "3");  // 2.5 s, rounded up
  EXPECT_EQ(request.field("RateLimit-Limit"), "2");
  EXPECT_EQ(request.field("RateLimit-Remaining"), "0");
  EXPECT_EQ(request.field("RateLimit-Reset"), "5");
}

TEST_F(ThrottleStepTest, LetsAClientPassThatWaitedAsLongAsItWasTold) {
  use({rule(ThrottleKey::kRoute, 0.4, 1)});
  EXPECT_EQ(passing(2), 1);
  clock_.advance(2s);
  EXPECT_EQ(passing(1), 0);
  clock_.advance(1s);
  EXPECT_EQ(passing(1), 1);
}

TEST_F(ThrottleStepTest, TellsOnEveryAnswerWhatRemains) {
  use({rule(ThrottleKey::kRoute, 10, 5)});
  Request request(worker_, route_, "GET", "/orders");
  EXPECT_TRUE(request.run({{"RateLimit-Remaining", "999"}, {"x-other", "kept"}}));
  EXPECT_EQ(request.field("RateLimit-Limit"), "5");
  EXPECT_EQ(request.field("RateLimit-Remaining"), "4");
  EXPECT_EQ(request.field("RateLimit-Reset"), "1");
  EXPECT_EQ(count_fields(request.exchange.sent_fields, "RateLimit-Remaining"), 1u);
  EXPECT_EQ(request.field("x-other"), "kept");
}

TEST_F(ThrottleStepTest, TakesASecondOfTheRateForABurstThatIsNotGiven) {
  use({rule(ThrottleKey::kRoute, 7.9, 0)});
  EXPECT_EQ(passing(20), 7);
  use({{ThrottleKey::kRoute, {}, {1000, 24h}, 0}});
  EXPECT_EQ(passing(20), 1);
}

TEST_F(ThrottleStepTest, KeepsABucketForEachClient) {
  use({rule(ThrottleKey::kClientIp, 1, 3)});
  EXPECT_EQ(passing(5, "192.0.2.1"), 3);
  EXPECT_EQ(passing(5, "192.0.2.2"), 3);
}

TEST_F(ThrottleStepTest, TakesAnIpv6NetworkOf64BitsForOneClient) {
  use({rule(ThrottleKey::kClientIp, 1, 3)});
  EXPECT_EQ(passing(2, "2001:db8:0:1::1"), 2);
  EXPECT_EQ(passing(5, "2001:db8:0:1:ffff::2"), 1);
  EXPECT_EQ(passing(5, "2001:db8:0:2::1"), 3);
}

TEST_F(ThrottleStepTest, TellsIpv4ClientsApartAlthoughTheirMappedNetworkIsOne) {
  use({rule(ThrottleKey::kClientIp, 1, 1)});
  EXPECT_EQ(passing(1, "::ffff:192.0.2.1"), 1);
  EXPECT_EQ(passing(1, "::ffff:192.0.2.2"), 1);
}

TEST_F(ThrottleStepTest, KeepsABucketForEachApiKeyAndCountsStrangersByClient) {
  use({rule(ThrottleKey::kApiKey, 1, 3)});
  EXPECT_EQ(passing(5, "192.0.2.1", "partner-1"), 3);
  EXPECT_EQ(passing(5, "192.0.2.2", "partner-1"), 0);
  EXPECT_EQ(passing(5, "192.0.2.1", "partner-2"), 3);
  EXPECT_EQ(passing(5, "192.0.2.1"), 3);
  EXPECT_EQ(passing(5, "192.0.2.2"), 3);
}

TEST_F(ThrottleStepTest, KeepsABucketForEachValueOfAField) {
  for (const std::string name : {"x-tenant", "authorization"}) {
    use({rule(ThrottleKey::kHeader, 1, 2, name)});
    EXPECT_EQ(passing(5, "192.0.2.1", {}, {{name, "a"}}), 2) << name;
    EXPECT_EQ(passing(5, "192.0.2.2", {}, {{name, "a"}}), 0) << name;
    EXPECT_EQ(passing(5, "192.0.2.1", {}, {{name, "b"}}), 2) << name;
    EXPECT_EQ(passing(5, "192.0.2.1"), 2) << name;
  }
}

TEST_F(ThrottleStepTest, SharesTheBucketOfAnApiAmongItsRoutesAndNoneOfARoute) {
  const auto rules = std::vector{rule(ThrottleKey::kApi, 1, 5), rule(ThrottleKey::kRoute, 1, 3)};
  use(rules);
  EXPECT_EQ(passing(5), 3);
  route_.label = "POST /orders";
  route_.steps = {make_throttle(rules, {"shop", "shop", "shop POST /orders"}, table_, clock_)};
  EXPECT_EQ(passing(5), 2);
  route_.steps = {make_throttle(rules, {"other", "other", "other POST /orders"}, table_, clock_)};
  EXPECT_EQ(passing(5), 3);
}

TEST_F(ThrottleStepTest, KeepsTheBucketsOfStagesApartAndThatOfTheirApiTogether) {
  const auto rules = std::vector{rule(ThrottleKey::kApi, 1, 5), rule(ThrottleKey::kStage, 1, 3), rule(ThrottleKey::kRoute, 1, 2)};
  route_.steps = {make_throttle(rules, {"shop", "shop/dev", "shop"}, table_, clock_)};
  EXPECT_EQ(passing(5), 2);
  route_.label = "POST /orders";
  EXPECT_EQ(passing(5), 1);
  route_.steps = {make_throttle(rules, {"shop", "shop/prod", "shop"}, table_, clock_)};
  EXPECT_EQ(passing(5), 2);
  route_.label = "GET /orders";
  EXPECT_EQ(passing(5), 0);
}

TEST_F(ThrottleStepTest, LetsTheTightestOfSeveralRulesDecide) {
  use({rule(ThrottleKey::kRoute, 1, 10), {ThrottleKey::kClientIp, {}, {2, 60s}, 2}});
  Request request(worker_, route_, "GET", "/orders");
  EXPECT_TRUE(request.run());
  EXPECT_EQ(request.field("RateLimit-Limit"), "2");
  EXPECT_EQ(request.field("RateLimit-Remaining"), "1");
  EXPECT_EQ(passing(5), 1);
  Request refused(worker_, route_, "GET", "/orders");
  EXPECT_FALSE(refused.run());
  EXPECT_EQ(refused.field("RateLimit-Limit"), "2");
  EXPECT_EQ(refused.field("Retry-After"), "30");
}

TEST_F(ThrottleStepTest, NamesTheLongestWaitWhenSeveralRulesRefuse) {
  use({rule(ThrottleKey::kRoute, 0.1, 1), rule(ThrottleKey::kClientIp, 0.5, 1)});
  EXPECT_EQ(passing(1), 1);
  Request refused(worker_, route_, "GET", "/orders");
  EXPECT_FALSE(refused.run());
  EXPECT_EQ(refused.field("Retry-After"), "10");
  EXPECT_EQ(refused.field("RateLimit-Reset"), "10");
}

TEST_F(ThrottleStepTest, ChargesARefusedRequestToNoBucket) {
  use({rule(ThrottleKey::kRoute, 1, 5), rule(ThrottleKey::kClientIp, 1, 1)});
  EXPECT_EQ(passing(100, "192.0.2.1"), 1);
  EXPECT_EQ(passing(1, "192.0.2.2"), 1);
  EXPECT_EQ(passing(1, "192.0.2.3"), 1);
  EXPECT_EQ(passing(1, "192.0.2.4"), 1);
  EXPECT_EQ(passing(1, "192.0.2.5"), 1);
  EXPECT_EQ(passing(1, "192.0.2.6"), 0);
}

TEST_F(ThrottleStepTest, StartsAFreshBucketWhenAReloadChangesTheRate) {
  use({{ThrottleKey::kRoute, {}, {1, 24h}, 1}});
  EXPECT_EQ(passing(2), 1);
  use({{ThrottleKey::kRoute, {}, {1, 24h}, 1}});
  EXPECT_EQ(passing(1), 0);
  use({rule(ThrottleKey::kRoute, 100, 1)});
  EXPECT_EQ(passing(1), 1);
}

}  // namespace
}  // namespace gatehouse::middleware
