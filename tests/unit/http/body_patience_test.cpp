#include "http/body_patience.hpp"

#include <gtest/gtest.h>

namespace gatehouse::http {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{100s};

TEST(BodyPatienceTest, EndsAfterTheTimeout) {
  BodyPatience patience;
  patience.begin(10s);
  EXPECT_FALSE(patience.waiting());
  patience.wait(kStart);
  EXPECT_TRUE(patience.waiting());
  EXPECT_EQ(patience.deadline(), kStart + 10s);
  patience.wait(kStart + 3s);
  EXPECT_EQ(patience.deadline(), kStart + 10s);
}

TEST(BodyPatienceTest, IsNotRenewedByAFewBytes) {
  BodyPatience patience;
  patience.begin(10s);
  TimePoint now = kStart;
  for (int i = 0; i < 5; ++i) {
    patience.wait(now);
    now += 1s;
    patience.received(100, 10s, now);
  }
  patience.wait(now);
  EXPECT_EQ(patience.deadline(), kStart + 10s);
}

TEST(BodyPatienceTest, IsRenewedByProgress) {
  BodyPatience patience;
  patience.begin(10s);
  TimePoint now = kStart;
  for (int i = 0; i < 20; ++i) {
    patience.wait(now);
    now += 4s;
    patience.received(BodyPatience::kProgress / 2, 10s, now);
  }
  patience.wait(now);
  EXPECT_EQ(patience.deadline(), now + 10s);
}

TEST(BodyPatienceTest, DoesNotCountTheTimeBetweenWaits) {
  BodyPatience patience;
  patience.begin(10s);
  patience.wait(kStart);
  patience.stop(kStart + 4s);
  EXPECT_FALSE(patience.waiting());
  patience.wait(kStart + 1h);
  EXPECT_EQ(patience.deadline(), kStart + 1h + 6s);
}

TEST(BodyPatienceTest, HasNoneLeftAfterADeadlineThatWasSeenLate) {
  BodyPatience patience;
  patience.begin(10s);
  patience.wait(kStart);
  patience.stop(kStart + 1min);
  patience.wait(kStart + 2min);
  EXPECT_EQ(patience.deadline(), kStart + 2min);
}

}  // namespace
}  // namespace gatehouse::http
