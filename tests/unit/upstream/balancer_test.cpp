#include "upstream/balancer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gatehouse::upstream {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ne;
using ::testing::Optional;

class BalancerTest : public ::testing::Test {
 protected:
  void make(Balance kind, const std::vector<std::uint32_t>& weights) {
    BackendSettings settings;
    settings.balance.kind = kind;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      TargetSettings target;
      target.url = "http://t" + std::to_string(i);
      target.weight = weights[i];
      settings.targets.push_back(target);
    }
    backend = Backend::make(settings, clock).value();
  }

  std::vector<std::size_t> picks(Balancer& balancer, int count, std::uint64_t tried = 0) {
    std::vector<std::size_t> picked;
    for (int i = 0; i < count; ++i) picked.push_back(*balancer.pick(static_cast<std::uint64_t>(i), tried));
    return picked;
  }

  ManualClock clock;
  std::shared_ptr<Backend> backend;
};

TEST_F(BalancerTest, RoundRobinGoesRound) {
  make(Balance::kRoundRobin, {1, 1, 1});
  Balancer balancer(*backend, 0);
  EXPECT_THAT(picks(balancer, 6), ElementsAre(0, 1, 2, 0, 1, 2));
}

TEST_F(BalancerTest, RoundRobinIsSmoothWithWeights) {
  make(Balance::kRoundRobin, {5, 1, 1});
  Balancer balancer(*backend, 0);
  EXPECT_THAT(picks(balancer, 7), ElementsAre(0, 0, 1, 0, 2, 0, 0));
}

TEST_F(BalancerTest, WorkersBeginWithDifferentTargets) {
  make(Balance::kRoundRobin, {1, 1, 1});
  for (unsigned worker = 0; worker < 3; ++worker) {
    Balancer balancer(*backend, worker);
    EXPECT_THAT(balancer.pick(0, 0), Optional(worker));
  }
}

TEST_F(BalancerTest, LeavesOutTargetsThatAreNotUsable) {
  for (const Balance kind : {Balance::kRoundRobin, Balance::kLeastRequests, Balance::kHash}) {
    make(kind, {1, 1, 1, 0});
    backend->targets()[1].healthy = false;
    Balancer balancer(*backend, 0);
    const auto picked = picks(balancer, 200);
    EXPECT_THAT(picked, Each(::testing::AnyOf(0u, 2u)));
    EXPECT_THAT(picked, ::testing::Contains(0u));
    EXPECT_THAT(picked, ::testing::Contains(2u));
  }
}

TEST_F(BalancerTest, LeavesOutTriedTargetsWhileOthersAreUsable) {
  for (const Balance kind : {Balance::kRoundRobin, Balance::kLeastRequests, Balance::kHash}) {
    make(kind, {1, 1, 1});
    Balancer balancer(*backend, 0);
    EXPECT_THAT(picks(balancer, 50, 0b101), Each(1u));
    EXPECT_TRUE(balancer.pick(0, 0b111).has_value()) << "all were tried: any is better than none";
  }
}

TEST_F(BalancerTest, PicksNoneWhenNoneIsUsable) {
  for (const Balance kind : {Balance::kRoundRobin, Balance::kLeastRequests, Balance::kHash}) {
    for (const std::vector<std::uint32_t>& weights : {std::vector<std::uint32_t>{0}, {0, 0}}) {
      make(kind, weights);
      Balancer balancer(*backend, 1);
      EXPECT_EQ(balancer.pick(7, 0), std::nullopt);
    }
  }
}

TEST_F(BalancerTest, LeastRequestsPicksTheIdlest) {
  make(Balance::kLeastRequests, {1, 1, 1});
  backend->targets()[0].in_flight = 2;
  backend->targets()[1].in_flight = 1;
  backend->targets()[2].in_flight = 3;
  Balancer balancer(*backend, 0);
  EXPECT_THAT(picks(balancer, 5), Each(1u));
}

TEST_F(BalancerTest, LeastRequestsCountsPerWeight) {
  make(Balance::kLeastRequests, {1, 4});
  backend->targets()[0].in_flight = 1;
  backend->targets()[1].in_flight = 4;
  Balancer balancer(*backend, 0);
  EXPECT_THAT(picks(balancer, 4), Each(1u)) << "five on weight four are less than two on weight one";
  backend->targets()[1].in_flight = 8;
  EXPECT_THAT(picks(balancer, 4), Each(0u));
}

TEST_F(BalancerTest, LeastRequestsTakesTurnsAmongEquals) {
  make(Balance::kLeastRequests, {1, 1, 1});
  Balancer balancer(*backend, 0);
  EXPECT_THAT(picks(balancer, 6), ElementsAre(0, 1, 2, 0, 1, 2));
}

TEST_F(BalancerTest, HashGivesAKeyTheSameTargetOnEveryWorker) {
  make(Balance::kHash, {1, 1, 1, 1});
  Balancer one(*backend, 0);
  Balancer other(*backend, 3);
  EXPECT_EQ(picks(one, 100), picks(other, 100));
}

TEST_F(BalancerTest, HashMovesOnlyTheKeysOfATargetThatIsOut) {
  make(Balance::kHash, {1, 1, 1, 1});
  Balancer balancer(*backend, 0);
  const auto before = picks(balancer, 400);
  backend->targets()[2].healthy = false;
  const auto after = picks(balancer, 400);
  EXPECT_THAT(after, Each(Ne(2u)));
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(before[i] == 2 || before[i] == after[i]) << i;
}

TEST_F(BalancerTest, MoreThanSixtyFourTargetsAreFine) {
  make(Balance::kRoundRobin, std::vector<std::uint32_t>(70, 1));
  Balancer balancer(*backend, 0);
  const auto picked = picks(balancer, 12, ~std::uint64_t{0});
  EXPECT_THAT(picked, Each(::testing::Ge(64u)));
}

}  // namespace
}  // namespace gatehouse::upstream
