#include "gatehouse/upstream/backend.hpp"

#include <gtest/gtest.h>

namespace gatehouse::upstream {
namespace {

using namespace std::chrono_literals;

class BackendTest : public ::testing::Test {
 protected:
  BackendTest() {
    settings.name = "orders";
    settings.targets.resize(2);
    settings.targets[0].url = "http://a";
    settings.targets[1].url = "http://b";
    settings.ejection = {.failures = 3, .open = 10s};
    make();
  }

  void make() { backend = Backend::make(settings, clock).value(); }

  void fail(std::size_t target, int times) {
    for (int i = 0; i < times; ++i) backend->report(target, AttemptOutcome::kFailed);
  }

  ManualClock clock;
  BackendSettings settings;
  std::shared_ptr<Backend> backend;
};

TEST_F(BackendTest, EjectsATargetThatFailsInARow) {
  fail(0, 2);
  EXPECT_TRUE(backend->usable(0));
  fail(0, 1);
  EXPECT_FALSE(backend->usable(0));
  EXPECT_TRUE(backend->usable(1));
  clock.advance(10s);
  EXPECT_TRUE(backend->usable(0));
}

TEST_F(BackendTest, AnAnswerBreaksTheRow) {
  for (const AttemptOutcome answer : {AttemptOutcome::kAnswered, AttemptOutcome::kAnsweredWithError}) {
    fail(0, 2);
    backend->report(0, answer);
    fail(0, 2);
    EXPECT_TRUE(backend->usable(0));
    backend->report(0, answer);
  }
}

TEST_F(BackendTest, AnAbandonedAttemptSaysNothing) {
  fail(0, 2);
  backend->report(0, AttemptOutcome::kAbandoned);
  fail(0, 1);
  EXPECT_FALSE(backend->usable(0));
}

TEST_F(BackendTest, EjectsForLongerEachTimeInARow) {
  fail(0, 3);
  clock.advance(10s);
  ASSERT_TRUE(backend->usable(0));
  fail(0, 1);
  EXPECT_FALSE(backend->usable(0)) << "one failure is enough the second time";
  clock.advance(19s);
  EXPECT_FALSE(backend->usable(0));
  clock.advance(1s);
  EXPECT_TRUE(backend->usable(0));
}

TEST_F(BackendTest, EjectsForAtMostTenTimes) {
  for (int i = 0; i < 30; ++i) {
    fail(0, 3);
    clock.advance(100s);
    ASSERT_TRUE(backend->usable(0));
  }
  fail(0, 1);
  clock.advance(99s);
  EXPECT_FALSE(backend->usable(0));
}

TEST_F(BackendTest, FailuresOfRequestsInFlightDoNotProlongAnEjection) {
  fail(0, 20);
  clock.advance(10s);
  EXPECT_TRUE(backend->usable(0));
}

TEST_F(BackendTest, AnAnswerEndsTheEjectionAndItsRow) {
  fail(0, 3);
  clock.advance(10s);
  fail(0, 1);
  backend->report(0, AttemptOutcome::kAnswered);
  EXPECT_TRUE(backend->usable(0));
  fail(0, 3);
  clock.advance(10s);
  EXPECT_TRUE(backend->usable(0)) << "as long as the first time";
}

TEST_F(BackendTest, NeverEjectsAll) {
  fail(0, 3);
  fail(1, 3);
  EXPECT_TRUE(backend->usable(0));
  EXPECT_TRUE(backend->usable(1));
}

TEST_F(BackendTest, TheLastHealthyTargetIsNotEjected) {
  backend->targets()[1].healthy = false;
  fail(0, 3);
  EXPECT_TRUE(backend->usable(0));
  EXPECT_FALSE(backend->usable(1)) << "unhealthy by its checks";
}

TEST_F(BackendTest, WithoutEjectionNothingIsEjected) {
  settings.ejection.failures = 0;
  make();
  fail(0, 100);
  EXPECT_TRUE(backend->usable(0));
}

TEST_F(BackendTest, WeightZeroIsNotUsable) {
  settings.targets[0].weight = 0;
  make();
  EXPECT_FALSE(backend->usable(0));
}

TEST_F(BackendTest, CountsRequestsAndErrors) {
  backend->report(0, AttemptOutcome::kAnswered);
  backend->report(0, AttemptOutcome::kAnsweredWithError);
  backend->report(0, AttemptOutcome::kFailed);
  backend->report(0, AttemptOutcome::kAbandoned);
  EXPECT_EQ(backend->targets()[0].requests, 3u);
  EXPECT_EQ(backend->targets()[0].errors, 2u);
}

TEST_F(BackendTest, CountsRetriesTakenAndRefused) {
  for (int i = 0; i < 5; ++i) backend->take_retry();
  EXPECT_EQ(backend->counters().retries, 3u);
  EXPECT_EQ(backend->counters().retries_refused, 2u);
}

TEST_F(BackendTest, CountsWhenTheBreakerOpens) {
  settings.breaker.errors = 0.5;
  make();
  EXPECT_TRUE(backend->breaker_admits());
  for (int i = 0; i < 20; ++i) backend->report(0, AttemptOutcome::kAnsweredWithError);
  EXPECT_FALSE(backend->breaker_admits());
  EXPECT_TRUE(backend->breaker_open());
  EXPECT_EQ(backend->counters().breaker_opened, 1u);
}

TEST_F(BackendTest, NamesTheTlsFileThatCannotBeUsed) {
  settings.targets[0].tls = true;
  settings.tls.ca = "/does/not/exist.pem";
  const auto made = Backend::make(settings, clock);
  ASSERT_TRUE(made.has_error());
  EXPECT_NE(made.error().message().find("/does/not/exist.pem"), std::string::npos);
}

TEST_F(BackendTest, ReadsNoTlsFilesForPlainTargets) {
  settings.tls.ca = "/does/not/exist.pem";
  EXPECT_TRUE(Backend::make(settings, clock).has_value());
}

}  // namespace
}  // namespace gatehouse::upstream
