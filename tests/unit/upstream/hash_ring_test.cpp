#include "upstream/hash_ring.hpp"

#include "gatehouse/base/strings.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace gatehouse::upstream {
namespace {

constexpr int kKeys = 20'000;

std::vector<TargetSettings> targets(std::size_t count) {
  std::vector<TargetSettings> made(count);
  for (std::size_t i = 0; i < count; ++i) made[i].url = "http://orders-" + std::to_string(i) + ":8000";
  return made;
}

std::uint64_t key(int i) { return stable_hash64("user-" + std::to_string(i)); }

bool any(std::size_t) { return true; }

std::vector<int> shares(const HashRing& ring, std::size_t count) {
  std::vector<int> picked(count);
  for (int i = 0; i < kKeys; ++i) ++picked[ring.pick(key(i), any)];
  return picked;
}

TEST(HashRingTest, SpreadsKeysEvenly) {
  const auto picked = shares(HashRing(targets(10)), 10);
  for (const int share : picked) EXPECT_NEAR(share, kKeys / 10, kKeys / 10 * 0.25);
}

TEST(HashRingTest, GivesWeightItsShare) {
  auto weighted = targets(3);
  weighted[1].weight = 2;
  const auto picked = shares(HashRing(weighted), 3);
  EXPECT_NEAR(picked[1], kKeys / 2, kKeys / 2 * 0.15);
}

TEST(HashRingTest, GivesNothingToWeightZero) {
  auto drained = targets(3);
  drained[0].weight = 0;
  EXPECT_EQ(shares(HashRing(drained), 3)[0], 0);
}

TEST(HashRingTest, RemovingOneOfTenMovesItsOwnKeysOnly) {
  const auto ten = targets(10);
  auto nine = ten;
  nine.erase(nine.begin() + 3);
  const HashRing before(ten);
  const HashRing after(nine);
  int moved = 0;
  for (int i = 0; i < kKeys; ++i) {
    const std::string& was = ten[before.pick(key(i), any)].url;
    const std::string& is = nine[after.pick(key(i), any)].url;
    if (was == is) continue;
    ++moved;
    EXPECT_EQ(was, ten[3].url);
  }
  EXPECT_GT(moved, 0);
  EXPECT_LE(moved, kKeys * 12 / 100);
}

TEST(HashRingTest, KeysOfATargetThatIsOutGoToManyOthers) {
  const HashRing ring(targets(10));
  std::map<std::size_t, int> heirs;
  for (int i = 0; i < kKeys; ++i) {
    if (ring.pick(key(i), any) == 3) ++heirs[ring.pick(key(i), [](std::size_t target) { return target != 3; })];
  }
  EXPECT_EQ(heirs.size(), 9u);
}

TEST(HashRingTest, DoesNotDependOnTheOrderOfTargets) {
  const auto forward = targets(5);
  const std::vector<TargetSettings> backward(forward.rbegin(), forward.rend());
  const HashRing one(forward);
  const HashRing other(backward);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(forward[one.pick(key(i), any)].url, backward[other.pick(key(i), any)].url);
}

TEST(HashRingTest, IsTheSameInEveryRelease) {
  const HashRing ring(targets(10));
  std::vector<std::size_t> picked;
  for (int i = 0; i < 8; ++i) picked.push_back(ring.pick(static_cast<std::uint64_t>(i), any));
  EXPECT_EQ(picked, (std::vector<std::size_t>{6, 8, 3, 9, 3, 4, 3, 2}));
}

TEST(HashRingTest, StaysWithinItsBoundForHugeWeights) {
  auto heavy = targets(2);
  heavy[0].weight = 1'000'003;
  heavy[1].weight = 1;
  const auto picked = shares(HashRing(heavy), 2);
  EXPECT_GT(picked[0], kKeys * 99 / 100);
}

}  // namespace
}  // namespace gatehouse::upstream
