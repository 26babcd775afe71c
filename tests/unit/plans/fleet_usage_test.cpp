// The accounts of a fleet: in simulated time, and as services with stores of their own on a real Redis.
#include "gatehouse/redis/client.hpp"
#include "accounts.hpp"
#include "service_fixture.hpp"
#include "unit/redis/real_redis.hpp"

#include <cstdio>
#include <deque>
#include <functional>
#include <map>
#include <random>
#include <thread>

namespace gatehouse::plans {
namespace {

using namespace std::chrono_literals;

using testing::admitted;
using testing::day;
using testing::kDay;
using testing::kMonth;

std::int64_t unwritten(Account& account) {
  std::int64_t sum = 0;
  for (const Unwritten& some : account.collect()) sum += some.requests;
  return sum;
}

// What Redis keeps.
class Numbers {
 public:
  struct Answer {
    std::uint64_t ours, others;
  };
  Answer tell(const std::string& gateway, const Account::Own& own) {
    auto& of_period = numbers_[own.period];
    std::uint64_t& ours = of_period[gateway];
    ours = std::max(ours, own.requests);
    std::uint64_t sum = 0;
    for (const auto& [name, number] : of_period) sum += number;
    return {ours, sum - ours};
  }
  void step(const std::string& gateway, Account& account, Day today) {
    const Account::Own own = account.own(today);
    const Answer answer = tell(gateway, own);
    account.heard(own, answer.ours, answer.others);
  }
  void forget() { numbers_.clear(); }

 private:
  std::map<Day, std::map<std::string, std::uint64_t>> numbers_;
};

TEST(FleetAccountTest, WhatOthersUsedCountsHereAndIsNotWrittenToTheStore) {
  Account account("a", kDay);
  EXPECT_TRUE(account.untold());
  EXPECT_EQ(admitted(account, 10, 100, 3), 3);
  const Account::Own own = account.own(100);
  EXPECT_EQ(own.requests, 3u);
  account.heard(own, 3, 5);
  EXPECT_EQ(account.used(100), 8u);
  EXPECT_FALSE(account.untold());
  EXPECT_EQ(unwritten(account), 3);
  EXPECT_EQ(admitted(account, 10, 100, 9), 2);
  EXPECT_TRUE(account.untold());
  EXPECT_EQ(account.own(100).requests, 5u);
}

TEST(FleetAccountTest, ToTellTwiceOrToARedisThatForgotChangesNothing) {
  Numbers numbers;
  Account one("a", kDay), two("a", kDay);
  admitted(one, 10, 100, 4);
  for (int i = 0; i < 3; ++i) numbers.step("one", one, 100);
  numbers.step("two", two, 100);
  EXPECT_EQ(two.used(100), 4u);
  numbers.forget();
  numbers.step("two", two, 100);
  EXPECT_EQ(two.used(100), 4u);  // remembers
  numbers.step("one", one, 100);
  admitted(one, 10, 100, 2);
  numbers.step("one", one, 100);
  numbers.step("two", two, 100);
  EXPECT_EQ(two.used(100), 6u);
  EXPECT_EQ(admitted(two, 10, 100, 9), 4);
}

TEST(FleetAccountTest, ARestartCountsNothingTwiceAndFindsWhatACrashForgot) {
  Numbers numbers;
  {
    Account other("a", kDay), before("a", kDay);
    admitted(other, 100, 100, 7);
    numbers.step("other", other, 100);
    admitted(before, 100, 100, 5);
    numbers.step("it", before, 100);
  }
  Account orderly("a", kDay);
  orderly.load(100, 5, 5);
  numbers.step("it", orderly, 100);
  EXPECT_EQ(orderly.used(100), 12u);
  EXPECT_EQ(unwritten(orderly), 0);

  Account crashed("a", kDay);
  crashed.load(100, 3, 3);  // two more were told than written
  numbers.step("it", crashed, 100);
  EXPECT_EQ(crashed.used(100), 12u);
  EXPECT_EQ(unwritten(crashed), 2);
}

TEST(FleetAccountTest, AnswersThatCrossEachOtherCountNothingTwice) {
  Numbers numbers;
  Account account("a", kDay);
  admitted(account, 100, 100, 5);
  const Account::Own first = account.own(100);
  admitted(account, 100, 100, 2);
  const Account::Own second = account.own(100);
  const auto to_second = numbers.tell("it", second);
  const auto to_first = numbers.tell("it", first);
  EXPECT_TRUE(account.heard(second, to_second.ours, to_second.others));
  EXPECT_TRUE(account.heard(first, to_first.ours, to_first.others));
  EXPECT_EQ(account.used(100), 7u);
}

TEST(FleetAccountTest, AnotherGatewayOfTheSameNameIsFoundOut) {
  Numbers numbers;
  Account one("a", kDay), copy("a", kDay);
  admitted(one, 100, 100, 2);
  numbers.step("it", one, 100);
  numbers.step("it", copy, 100);  // it may have crashed
  EXPECT_EQ(copy.used(100), 2u);
  admitted(one, 100, 100, 3);
  numbers.step("it", one, 100);
  admitted(copy, 100, 100, 1);
  const Account::Own own = copy.own(100);
  const auto answer = numbers.tell("it", own);
  EXPECT_FALSE(copy.heard(own, answer.ours, answer.others));
  EXPECT_EQ(copy.own(100).requests, 3u);
}

TEST(FleetAccountTest, APeriodThatEndsTakesTheOthersCountsWithIt) {
  Numbers numbers;
  Account one("a", kMonth), two("a", kMonth);
  admitted(one, 10, day("2026-02-27"), 6);
  numbers.step("one", one, day("2026-02-27"));
  numbers.step("two", two, day("2026-02-28"));
  EXPECT_EQ(admitted(two, 10, day("2026-02-28"), 9), 4);
  const Account::Own late = two.own(day("2026-02-28"));
  EXPECT_EQ(admitted(two, 10, day("2026-03-01"), 1), 1);
  two.heard(late, 4, 6);  // of February
  EXPECT_EQ(two.used(day("2026-03-01")), 1u);
  EXPECT_EQ(unwritten(two), 5);
  numbers.step("two", two, day("2026-03-01"));
  numbers.step("one", one, day("2026-03-01"));
  EXPECT_EQ(one.used(day("2026-03-01")), 1u);
  EXPECT_EQ(admitted(one, 10, day("2026-03-01"), 20), 9);
}

TEST(FleetAccountTest, NoAnswerMakesACountOverflow) {
  Account account("a", kDay);
  admitted(account, Account::kUnlimited, 100, 3);
  account.heard(account.own(100), ~std::uint64_t{0}, ~std::uint64_t{0});
  EXPECT_EQ(account.used(100), Account::kMost);
  EXPECT_FALSE(account.take(Account::kUnlimited, 100).admitted);
}

// Gateways whose rounds begin `every` after the last answer, and requests at any time. All times in milliseconds.
struct Simulation {
  int gateways, limit, every, one_way;
  double rate;  // requests a second, of each gateway

  struct Gateway {
    Account account{"a", kDay};
    int next_round = 0;
    int arrives = -1, answered = -1;
    Account::Own own{};
    Numbers::Answer answer{};
  };

  double bound() const { return limit + gateways * (1 + 2 * rate * (every + 4 * one_way) / 1000); }

  int run(std::uint64_t seed) const {
    std::mt19937_64 random(seed);
    Numbers numbers;
    std::deque<Gateway> all(static_cast<std::size_t>(gateways));
    // Some come late, when the others may have used everything.
    std::vector<int> begins;
    for (Gateway& gateway : all) {
      gateway.next_round = static_cast<int>(random() % static_cast<unsigned>(every + 1));
      begins.push_back(static_cast<int>(random() % 3000));
    }
    std::vector<double> due(all.size());
    int passed = 0;
    for (int now = 0; now < 10'000; ++now) {
      for (std::size_t i = 0; i < all.size(); ++i) {
        Gateway& gateway = all[i];
        if (now >= begins[i])
          for (due[i] += rate / 1000; due[i] >= 1; due[i] -= 1) passed += admitted(gateway.account, static_cast<std::uint64_t>(limit), 100, 1);
        if (now == gateway.next_round && !gateway.account.untold()) {
          gateway.next_round = now + every;
        } else if (now == gateway.next_round) {
          gateway.own = gateway.account.own(100);
          gateway.arrives = now + one_way;
        }
        if (now == gateway.arrives) {
          gateway.answer = numbers.tell(std::to_string(i), gateway.own);
          gateway.answered = now + one_way;
        }
        if (now == gateway.answered) {
          gateway.account.heard(gateway.own, gateway.answer.ours, gateway.answer.others);
          gateway.next_round = now + every;
        }
      }
    }
    return passed;
  }
};

TEST(FleetAccountTest, AFleetAdmitsAtMostTheQuotaAndTheDocumentedBound) {
  const Simulation cases[] = {{3, 500, 50, 1, 200}, {3, 500, 50, 5, 1000}, {3, 20, 50, 1, 10}, {10, 1000, 50, 1, 100}, {3, 2000, 500, 50, 200}, {1, 50, 50, 1, 500}};
  for (const Simulation& fleet : cases) {
    int most = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      const int passed = fleet.run(seed);
      ASSERT_GE(passed, fleet.limit);
      ASSERT_LE(passed, fleet.gateways == 1 ? fleet.limit : fleet.bound());
      most = std::max(most, passed);
    }
    std::printf("%d gateways, %d, %.0f/s each, every %d ms, one way %d ms: %d beyond, bound %.0f\n", fleet.gateways, fleet.limit, fleet.rate, fleet.every,
                fleet.one_way, most - fleet.limit, fleet.bound() - fleet.limit);
  }
}

// Services with stores of their own and one Redis.
class FleetUsageTest : public ServiceTest {
 protected:
  FleetUsageTest() {
    redis_.start();
    setup_.key_stores.clear();
    setup_.fleet = FleetSettings{redis_.settings(), "test:", 5ms, false};
    for (EnginePtr& engine : engines_) engine = open_store();
  }

  EnginePtr open_store() {
    dynamo::LocalEngineOptions options;
    options.background = false;
    auto engine = dynamo::LocalEngine::open(dynamo::open_memory(), dynamo::EngineKind::kMemory, options, clock_, pool_);
    return EnginePtr(std::move(*engine));
  }

  // With the store of that number.
  std::unique_ptr<Node> gateway(std::size_t store) {
    setup_.usage_engine = engines_[store];
    return node();
  }
  static bool connected(const Node& node) { return node.registry.scrape().find("\ngatehouse_quota_fleet_connected 1") != std::string::npos; }
  static void wait(const std::function<bool()>& true_now) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!true_now()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::sleep_for(2ms);
    }
  }
  static void wait_connected(const Node& node) {
    wait([&] { return connected(node); });
  }
  static std::uint64_t used(const Node& node, const std::string& id, PeriodRule rule) {
    return node.parts.book->ledger()->find(0, id, rule)->used(node.today);
  }
  // Until the store's numbers, and what Redis was told, are what was counted.
  static void write(Node& node) {
    wait_connected(node);
    ASSERT_TRUE(*node.service.write());
  }

  redis::RealRedis redis_;
  std::array<EnginePtr, 3> engines_;
};

TEST_F(FleetUsageTest, GatewaysWithStoresOfTheirOwnAddUp) {
  const auto one = gateway(0), two = gateway(1), three = gateway(2);
  wait_connected(*three);
  EXPECT_EQ(one->take("a", "daily", 4), 4);
  write(*one);
  EXPECT_EQ(two->take("a", "daily", 1), 1);
  write(*two);
  EXPECT_EQ(used(*two, "a", kDay), 5u);
  EXPECT_EQ(two->take("a", "daily", 20), 5);
  write(*two);
  EXPECT_EQ(three->take("a", "daily", 1), 1);  // has not heard: the bound
  write(*three);
  EXPECT_EQ(three->take("a", "daily", 20), 0);
  EXPECT_EQ(two->service.usage("a", two->today, two->today)->at(0).requests, 6u);  // its store has its own alone
}

TEST_F(FleetUsageTest, AStartKnowsWhatItselfAndTheOthersHaveUsed) {
  const auto one = gateway(0);
  EXPECT_EQ(one->take("a", "daily", 4), 4);
  write(*one);
  {
    const auto two = gateway(1);
    EXPECT_EQ(used(*two, "a", kDay), 4u);  // before its first round
    EXPECT_EQ(two->take("a", "daily", 3), 3);
    write(*two);
  }
  const auto again = gateway(1);
  EXPECT_EQ(used(*again, "a", kDay), 7u);
  EXPECT_EQ(one->take("a", "daily", 1), 1);
  write(*one);
  EXPECT_EQ(used(*one, "a", kDay), 8u);
}

TEST_F(FleetUsageTest, ANewMonthBeginsForAll) {
  const auto one = gateway(0), two = gateway(1);  // on 2024-10-04
  EXPECT_EQ(one->take("m", "monthly", 6), 6);
  write(*one);
  clock_.advance(24h * 27);  // the 31st
  one->today += 27;
  two->today += 27;
  EXPECT_EQ(two->take("m", "monthly", 1), 1);
  write(*two);
  EXPECT_EQ(two->take("m", "monthly", 20), 3);
  write(*two);
  clock_.advance(24h);
  one->today += 1;
  two->today += 1;
  EXPECT_EQ(two->take("m", "monthly", 7), 7);
  write(*two);
  EXPECT_EQ(one->take("m", "monthly", 1), 1);
  write(*one);
  EXPECT_EQ(one->take("m", "monthly", 20), 2);
}

TEST_F(FleetUsageTest, ARedisThatComesBackEmptyIsToldAgainAndMeanwhileEachCountsAlone) {
  const auto one = gateway(0), two = gateway(1);
  EXPECT_EQ(one->take("a", "daily", 3), 3);
  write(*one);
  redis_.kill();
  wait([&] { return !connected(*one) && !connected(*two); });
  EXPECT_TRUE(two->parts.book->may_admit());
  EXPECT_EQ(two->take("a", "daily", 2), 2);
  const auto late = gateway(2);  // begins without Redis
  EXPECT_EQ(late->error, "");
  EXPECT_EQ(late->take("a", "daily", 1), 1);
  redis_.start();
  wait([&] { return connected(*one) && connected(*two) && connected(*late); });
  for (Node* node : {one.get(), two.get(), late.get()}) {
    EXPECT_EQ(node->take("a", "daily", 1), 1);
    write(*node);
  }
  EXPECT_EQ(used(*late, "a", kDay), 9u);
  EXPECT_EQ(late->take("a", "daily", 20), 1);
}

TEST_F(FleetUsageTest, WhereItIsClosedNothingIsAdmittedWhileRedisIsAway) {
  setup_.fleet->closed = true;
  const auto one = gateway(0);
  wait_connected(*one);
  EXPECT_TRUE(one->parts.book->may_admit());
  redis_.kill();
  wait([&] { return !one->parts.book->may_admit(); });
  redis_.start();
  wait([&] { return one->parts.book->may_admit(); });
}

TEST_F(FleetUsageTest, AStartDoesNotWaitLongForARedisThatSaysNothing) {
  redis_.freeze();
  const auto began = std::chrono::steady_clock::now();
  const auto one = gateway(0);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 4s);
  EXPECT_EQ(one->error, "");
  EXPECT_EQ(one->take("a", "daily", 20), 10);
  redis_.thaw();
  wait_connected(*one);
}

TEST_F(FleetUsageTest, AGatewayWithACopyOfAnothersStoreTakesANameOfItsOwn) {
  for (const std::size_t store : {0, 1}) {
    gateway(store);
    std::string answer;
    ASSERT_EQ(engines_[store]->execute_blocking(
                  dynamo::Operation::kPutItem,
                  R"({"TableName":"gatehouse.usage","Item":{"month":{"S":"gateway"},"day_key":{"S":"name"},"name":{"S":"same"}}})", answer),
              200)
        << answer;
  }
  const auto one = gateway(0), copy = gateway(1);
  wait_connected(*one);
  wait_connected(*copy);
  EXPECT_EQ(one->take("m", "monthly", 5), 5);
  write(*one);
  EXPECT_EQ(copy->take("m", "monthly", 1), 1);
  wait([&] { return used(*copy, "m", kMonth) == 6; });
  EXPECT_EQ(one->take("m", "monthly", 1), 1);
  wait([&] { return used(*one, "m", kMonth) == 7; });
}

TEST_F(FleetUsageTest, MoreKeysThanOneExchangeHolds) {
  for (int i = 0; i < 1'300; ++i) setup_.written_keys.emplace_back("key" + std::to_string(i), "daily");
  const auto one = gateway(0);
  for (int i = 0; i < 1'300; ++i) EXPECT_TRUE(one->take("key" + std::to_string(i), "daily"));
  write(*one);
  const auto two = gateway(1);
  for (int i = 0; i < 1'300; ++i) ASSERT_EQ(used(*two, "key" + std::to_string(i), kDay), 1u);
}

TEST_F(FleetUsageTest, AnotherConfigurationKeepsTheConnectionOrEndsIt) {
  const auto one = gateway(0);
  wait_connected(*one);
  setup_.plans[0].quota.limit = 5;
  one->use(setup_);
  EXPECT_TRUE(connected(*one));
  const auto settings = setup_.fleet;
  const auto in_progress = one->parts.book;  // requests of the configuration that is replaced
  setup_.fleet.reset();
  one->use(setup_);
  wait([&] { return !connected(*one); });
  EXPECT_EQ(one->take("a", "daily", 2), 2);
  setup_.fleet = settings;
  one->use(setup_);
  write(*one);
  const auto two = gateway(1);
  EXPECT_EQ(used(*two, "a", kDay), 2u);
}

}  // namespace
}  // namespace gatehouse::plans
