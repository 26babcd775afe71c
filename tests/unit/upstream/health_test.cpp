// Active checks against backends on the same worker.
#include "upstream/health.hpp"

#include "gatehouse/upstream/pool.hpp"
#include "unit/upstream/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::upstream::testing {
namespace {

class HealthTest : public ::testing::Test {
 protected:
  void check(std::uint16_t port) {
    config.targets = {target("127.0.0.1", port)};
    backend = Backend::make(config, clock).value();
    pool = std::make_unique<Pool>(worker, backend, resolver);
    pool->run_health_checks();
  }

  bool healthy() const { return backend->targets()[0].healthy; }
  bool becomes(bool wanted) {
    return run_until(worker, [&] { return healthy() == wanted; });
  }
  bool asked(std::size_t times) {
    return run_until(worker, [&] { return scripted.heads().size() >= times; });
  }

  static std::string response(int status) {
    return "HTTP/1.1 " + std::to_string(status) + " x\r\nContent-Length: 0\r\n\r\n";
  }

  ManualClock clock;
  net::Worker worker{0};
  FakeResolver resolver;
  std::string says = response(200);
  ScriptedBackend scripted{worker, [this](const std::string&) { return says; }};
  BackendSettings config = [] {
    BackendSettings made = settings({});
    made.health = {.path = "/healthz", .every = 20ms, .timeout = 2s, .unhealthy_after = 3, .healthy_after = 2};
    return made;
  }();
  std::shared_ptr<Backend> backend;
  std::unique_ptr<Pool> pool;
};

TEST_F(HealthTest, AsksForThePathAndTheTargetsHost) {
  check(scripted.port());
  ASSERT_TRUE(asked(1));
  const std::string host = "127.0.0.1:" + std::to_string(scripted.port());
  EXPECT_EQ(scripted.heads()[0],
            "GET /healthz HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: gatehouse-health-check\r\n\r\n");
}

TEST_F(HealthTest, AGoodTargetStaysHealthy) {
  check(scripted.port());
  ASSERT_TRUE(asked(5));
  EXPECT_TRUE(healthy());
  EXPECT_EQ(backend->counters().health_changes, 0u);
  EXPECT_EQ(pool->open_connections(), 0u) << "checks have connections of their own";
}

TEST_F(HealthTest, ThreeBadAnswersInARowMakeATargetUnhealthyAndTwoGoodOnesHealthy) {
  check(scripted.port());
  ASSERT_TRUE(asked(1));
  says = response(503);
  ASSERT_TRUE(becomes(false));
  const std::size_t asked_until_unhealthy = scripted.heads().size();
  EXPECT_GE(asked_until_unhealthy, 4u);
  EXPECT_FALSE(backend->usable(0));
  says = response(302);
  ASSERT_TRUE(becomes(true));
  EXPECT_GE(scripted.heads().size(), asked_until_unhealthy + 2);
  EXPECT_EQ(backend->counters().health_changes, 2u);
}

TEST_F(HealthTest, OneBadAnswerIsForgivenByTheNextGoodOne) {
  std::size_t answered = 0;
  ScriptedBackend flaky(worker, [&](const std::string&) { return response(++answered % 3 == 0 ? 200 : 500); });
  check(flaky.port());
  ASSERT_TRUE(run_until(worker, [&] { return answered >= 12; }));
  EXPECT_EQ(backend->counters().health_changes, 0u);
}

TEST_F(HealthTest, ATargetThatRefusesIsUnhealthy) {
  check(closed_port());
  EXPECT_TRUE(becomes(false));
}

TEST_F(HealthTest, ATargetThatDoesNotAnswerInTimeIsUnhealthy) {
  says.clear();
  config.health.timeout = 20ms;
  check(scripted.port());
  EXPECT_TRUE(becomes(false));
}

TEST_F(HealthTest, ATargetThatSpeaksGarbageIsUnhealthy) {
  says = "garbage\r\n\r\n";
  check(scripted.port());
  EXPECT_TRUE(becomes(false));
}

TEST_F(HealthTest, AnInformationalHeadIsNotYetTheAnswer) {
  says = "HTTP/1.1 103 Early Hints\r\n\r\n" + response(500);
  check(scripted.port());
  EXPECT_TRUE(becomes(false));
}

TEST_F(HealthTest, ANameThatCannotBeResolvedIsUnhealthy) {
  config.targets = {target("nowhere.internal", 80)};
  config.health.timeout = 20ms;
  backend = Backend::make(config, clock).value();
  pool = std::make_unique<Pool>(worker, backend, resolver);
  pool->run_health_checks();
  EXPECT_TRUE(becomes(false));
}

TEST_F(HealthTest, ChecksEndWithThePool) {
  check(scripted.port());
  ASSERT_TRUE(asked(1));
  pool.reset();
  const std::size_t asked_until_now = scripted.heads().size();
  pass(worker, 100ms);
  EXPECT_EQ(scripted.heads().size(), asked_until_now);
}

TEST_F(HealthTest, WithoutAPathNothingIsChecked) {
  config.health.path.clear();
  check(scripted.port());
  pass(worker, 50ms);
  EXPECT_EQ(scripted.heads().size(), 0u);
}

TEST(HealthHostTest, IsTheTargetsOwnUnlessFixed) {
  BackendSettings backend;
  TargetSettings made = target("orders", 8000);
  EXPECT_EQ(health_host(backend, made), "orders:8000");
  made.port = 80;
  EXPECT_EQ(health_host(backend, made), "orders");
  made.tls = true;
  EXPECT_EQ(health_host(backend, made), "orders:80");
  made.port = 443;
  EXPECT_EQ(health_host(backend, made), "orders");
  made.host = "::1";
  EXPECT_EQ(health_host(backend, made), "[::1]");
  backend.host = HostHeader::kFixed;
  backend.host_name = "api.example.com";
  EXPECT_EQ(health_host(backend, made), "api.example.com");
}

}  // namespace
}  // namespace gatehouse::upstream::testing
