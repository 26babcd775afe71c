#include "upstream/breaker.hpp"

#include <gtest/gtest.h>

namespace gatehouse::upstream {
namespace {

using namespace std::chrono_literals;

class BreakerTest : public ::testing::Test {
 protected:
  // 20 requests of which `failed` fail; true when the last report of a failure opened it.
  bool report(int failed) {
    for (int i = 0; i < 20 - failed; ++i) breaker.report(AttemptOutcome::kAnswered);
    bool opened = false;
    for (int i = 0; i < failed; ++i) opened = breaker.report(AttemptOutcome::kFailed);
    return opened;
  }

  ManualClock clock;
  Breaker breaker{{.errors = 0.5, .window = 10s, .open = 5s}, clock};
};

TEST_F(BreakerTest, OpensWhenTheShareIsReached) {
  EXPECT_TRUE(report(10));
  EXPECT_TRUE(breaker.open());
  EXPECT_FALSE(breaker.admits());
}

TEST_F(BreakerTest, SaysHowLongItStaysOpen) {
  EXPECT_EQ(breaker.remaining(), 0s);
  report(10);
  EXPECT_EQ(breaker.remaining(), 5s);
  clock.advance(3500ms);
  EXPECT_EQ(breaker.remaining(), 1500ms);
  clock.advance(10s);
  EXPECT_EQ(breaker.remaining(), 0s) << "a probe may go";
}

TEST_F(BreakerTest, StaysClosedBelowTheShare) {
  EXPECT_FALSE(report(9));
  EXPECT_TRUE(breaker.admits());
}

TEST_F(BreakerTest, SaysNothingAboutFewerThanTwentyRequests) {
  for (int i = 0; i < 19; ++i) EXPECT_FALSE(breaker.report(AttemptOutcome::kFailed));
  EXPECT_TRUE(breaker.admits());
  EXPECT_TRUE(breaker.report(AttemptOutcome::kFailed));
}

TEST_F(BreakerTest, CountsErrorAnswersAsFailures) {
  for (int i = 0; i < 20; ++i) breaker.report(AttemptOutcome::kAnsweredWithError);
  EXPECT_TRUE(breaker.open());
}

TEST_F(BreakerTest, IgnoresAbandonedAttempts) {
  for (int i = 0; i < 100; ++i) breaker.report(AttemptOutcome::kAbandoned);
  EXPECT_FALSE(report(9));
}

TEST_F(BreakerTest, ForgetsWhatIsOlderThanTheWindow) {
  for (int i = 0; i < 15; ++i) breaker.report(AttemptOutcome::kFailed);
  clock.advance(11s);
  for (int i = 0; i < 15; ++i) breaker.report(AttemptOutcome::kFailed);
  EXPECT_FALSE(breaker.open());
}

TEST_F(BreakerTest, LetsOneProbePassAfterAWhile) {
  report(20);
  clock.advance(4999ms);
  EXPECT_FALSE(breaker.admits());
  clock.advance(1ms);
  EXPECT_TRUE(breaker.admits());
  EXPECT_FALSE(breaker.admits());
  EXPECT_TRUE(breaker.open());
}

TEST_F(BreakerTest, ClosesWhenTheProbeIsAnswered) {
  report(20);
  clock.advance(5s);
  ASSERT_TRUE(breaker.admits());
  breaker.report(AttemptOutcome::kAnswered);
  EXPECT_FALSE(breaker.open());
  EXPECT_TRUE(breaker.admits());
  EXPECT_FALSE(report(9)) << "what was before the opening is forgotten";
}

TEST_F(BreakerTest, OpensAgainWhenTheProbeFails) {
  report(20);
  clock.advance(5s);
  ASSERT_TRUE(breaker.admits());
  EXPECT_TRUE(breaker.report(AttemptOutcome::kAnsweredWithError));
  EXPECT_FALSE(breaker.admits());
  clock.advance(5s);
  EXPECT_TRUE(breaker.admits());
}

TEST_F(BreakerTest, ReplacesAProbeThatWasAbandoned) {
  report(20);
  clock.advance(5s);
  ASSERT_TRUE(breaker.admits());
  breaker.report(AttemptOutcome::kAbandoned);
  EXPECT_TRUE(breaker.admits());
}

TEST_F(BreakerTest, ReplacesAProbeThatIsNeverReported) {
  report(20);
  clock.advance(5s);
  ASSERT_TRUE(breaker.admits());
  clock.advance(5s);
  EXPECT_TRUE(breaker.admits());
}

TEST_F(BreakerTest, IgnoresReportsOfAttemptsFromBeforeItOpened) {
  report(20);
  breaker.report(AttemptOutcome::kAnswered);
  EXPECT_TRUE(breaker.open());
  EXPECT_FALSE(breaker.report(AttemptOutcome::kFailed));
}

TEST(BreakerOffTest, NeverOpens) {
  ManualClock clock;
  Breaker breaker(BreakerSettings{}, clock);
  for (int i = 0; i < 1000; ++i) breaker.report(AttemptOutcome::kFailed);
  EXPECT_TRUE(breaker.admits());
  EXPECT_FALSE(breaker.open());
}

}  // namespace
}  // namespace gatehouse::upstream
