// usage_plans, usage, and where plans are named.
#include "support.hpp"

namespace gatehouse::config::test {
namespace {

using plans::Unit;

TEST(PlansTest, ReadsPlans) {
  const Settings settings = settings_of(R"(usage_plans:
  free: {rate: 5/s, burst: 10, quota: 1000/day}
  pro: {rate: 100/s, quota: {limit: 50000, per: month, offset: 14}}
  weekly: {quota: 7000/week})");
  ASSERT_EQ(settings.usage_plans.size(), 3u);
  const auto& free = settings.usage_plans[0];
  EXPECT_EQ(free.name, "free");
  EXPECT_EQ(free.rate.events, 5);
  EXPECT_EQ(free.burst, 10u);
  EXPECT_EQ(free.quota.limit, 1000u);
  EXPECT_EQ(free.quota.per, (plans::PeriodRule{Unit::kDay, 0}));
  EXPECT_EQ(settings.usage_plans[1].quota.per, (plans::PeriodRule{Unit::kMonth, 14}));
  EXPECT_EQ(settings.usage_plans[2].rate.events, 0);
  EXPECT_EQ(settings.usage_plans[2].quota.per.unit, Unit::kWeek);
}

TEST(PlansTest, AQuotaOpensTheStoreThatKeepsIt) {
  const Settings quota = settings_of("usage_plans: {free: {quota: 1000/day}}");
  EXPECT_TRUE(quota.usage.kept);
  ASSERT_EQ(quota.stores.size(), 1u);
  EXPECT_EQ(quota.stores[0].name, "main");

  const Settings rate = settings_of("usage_plans: {free: {rate: 5/s}}");
  EXPECT_FALSE(rate.usage.kept);
  EXPECT_TRUE(rate.stores.empty());

  const Settings chosen = settings_of("stores: {a: {engine: memory}, b: {engine: memory}}\nusage: {store: b, keep: 90d}");
  EXPECT_TRUE(chosen.usage.kept);
  EXPECT_EQ(chosen.usage.store, "b");
  EXPECT_EQ(chosen.usage.keep, std::chrono::hours(24 * 90));
}

TEST(PlansTest, KeysAndRulesNamePlans) {
  const Settings settings = settings_of(R"(usage_plans: {free: {rate: 5/s}}
authorizers: {k: {api_key: {store: main, refresh: 5s, keys: [{id: a, key: "${SECRET:-x}", plan: free}]}}}
auth: [k]
throttle: [{per: api_key, plan: free}, {per: client_ip, rate: 1/s}]
apis: [{name: a, routes: [{match: GET /a, mock: {status: 200}}]}])");
  const auto& keys = std::get<middleware::ApiKeySettings>(settings.authorizers[0].kind);
  EXPECT_EQ(keys.keys[0].plan, "free");
  EXPECT_EQ(keys.store, "main");
  EXPECT_EQ(keys.refresh, std::chrono::seconds(5));
  EXPECT_EQ(settings.stores.size(), 1u);
  EXPECT_EQ(settings.scoped.throttle->at(0).plan, "free");
  EXPECT_TRUE(settings.scoped.throttle->at(1).plan.empty());
}

class PlanProblemsTest : public testing::TestWithParam<ProblemCase> {};
TEST_P(PlanProblemsTest, AreReportedWithTheirFix) { expect_problems(GetParam()); }

const std::vector<ProblemCase> kPlanProblems = {
    {"BadQuotas",
     R"(usage_plans:
  a: {quota: 1000}
  b: {quota: 1000/hour}
  c: {quota: 0/day}
  d: {quota: {limit: 5, per: week, offset: 7}}
  e: {quota: {limit: 5, offset: 1}}
  f: {}
  g: {burst: 5, quota: 1/day}
usage: {store: main})",
     {R"(3:14: usage_plans.a.quota: expected a quota such as 1000/day, 5000/week or 20000/month, found '1000' (say in what time: 1000/day))",
      R"(4:14: usage_plans.b.quota: expected a quota such as 1000/day, 5000/week or 20000/month, found '1000/hour' (quotas are per day, week or month; for shorter times there is rate))",
      R"(5:14: usage_plans.c.quota: a quota is from 1 to 1000000000000 requests, found '0/day')",
      R"(6:44: usage_plans.d.quota.offset: the offset of a week is at most 6)",
      R"(7:33: usage_plans.e.quota.offset: the offset of a day is at most 0)",
      R"(8:6: usage_plans.f: the plan bounds nothing (give a rate, a quota, or both))",
      R"(9:14: usage_plans.g.burst: a burst needs a rate (add rate: 5/s))"}},
    {"PlansThatAreNotThere",
     R"(usage_plans: {free: {rate: 5/s}}
authorizers: {k: {api_key: {keys: [{id: a, key: x, plan: fre}]}}}
auth: [k]
throttle: [{per: api_key, plan: pro}]
apis: [{name: a, routes: [{match: GET /a, mock: {status: 200}}]}])",
     {R"(3:58: authorizers.k.api_key.keys[0].plan: there is no usage plan 'fre' (did you mean 'free'?))",
      R"(5:33: throttle[0].plan: there is no usage plan 'pro' (define it under 'usage_plans'))"}},
    {"RulesThatMeanTwoThings",
     R"(usage_plans: {free: {rate: 5/s}, pro: {rate: 9/s}}
authorizers: {k: {api_key: {}}}
auth: [k]
throttle: [{per: api_key, plan: free, rate: 1/s}, {per: client_ip, plan: pro}]
apis: [{name: a, routes: [{match: GET /a, mock: {status: 200}}]}])",
     {R"(5:11: throttle: a caller whose key has no plan can be given one plan only (keep one of the rules with a plan))",
      R"(5:12: throttle[0]: 'rate' and 'plan' are given, which exclude each other (keep one of them))",
      R"(5:74: throttle[1].plan: usage plans measure API keys (say per: api_key))"}},
    {"QuotasBetweenStores",
     R"(stores: {a: {engine: memory}, b: {engine: memory}}
usage_plans: {free: {quota: 5/day}})",
     {R"(3:14: usage_plans: quotas need a store, and there are several (add usage: {store: a}))"}},
    {"RefreshOfNothing",
     R"(authorizers: {k: {api_key: {refresh: 5s}}})",
     {R"(2:38: authorizers.k.api_key.refresh: there is no store to read keys from (add store, or leave it out))"}},
};
INSTANTIATE_TEST_SUITE_P(All, PlanProblemsTest, testing::ValuesIn(kPlanProblems), name_of);

}  // namespace
}  // namespace gatehouse::config::test
