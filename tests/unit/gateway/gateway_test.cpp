#include "gatehouse/gateway/gateway.hpp"

#include "gatehouse/config/load.hpp"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

config::Settings settings(const std::string& body) {
  const auto loaded = config::load_text(
      "workers: 2\nlisteners: [{address: 127.0.0.1:0}]\naccess_log: {to: /dev/null}\napis:\n  - name: a\n    routes:\n      - " + body + "\n",
      "test.yaml", ".", [](std::string_view) { return std::nullopt; });
  for (const auto& problem : loaded.problems) ADD_FAILURE() << problem.to_string();
  return *loaded.settings;
}

TEST(GatewayTest, StartsReloadsAndStops) {
  const SystemClock clock;
  auto gateway = Gateway::start(settings("{match: GET /a, mock: {body: one}}"), clock);
  ASSERT_TRUE(gateway) << gateway.error().message();
  EXPECT_EQ((*gateway)->status().config_version, 1u);
  EXPECT_EQ((*gateway)->status().workers, 2u);
  ASSERT_EQ((*gateway)->endpoints().size(), 1u);
  EXPECT_NE((*gateway)->endpoints()[0].port, 0);
  ASSERT_TRUE((*gateway)->reload(settings("{match: GET /b, mock: {body: two}}")));
  EXPECT_EQ((*gateway)->status().config_version, 2u);
  EXPECT_EQ((*gateway)->connections(), 0u);
}

TEST(GatewayTest, AFailedReloadChangesNothingAndIsTold) {
  const SystemClock clock;
  auto gateway = Gateway::start(settings("{match: GET /a, mock: {body: one}}"), clock);
  ASSERT_TRUE(gateway);
  auto broken = settings("{match: GET /b, mock: {body: two}}");
  broken.access_log.to = "/nonexistent/folder/access.log";
  EXPECT_FALSE((*gateway)->reload(broken));
  const Status status = (*gateway)->status();
  EXPECT_EQ(status.config_version, 1u);
  EXPECT_FALSE(status.last_reload_ok);
  EXPECT_NE(status.last_reload_error.find("/nonexistent/folder"), std::string::npos);
  EXPECT_NE((*gateway)->registry().scrape().find("gatehouse_config_reload_success 0"), std::string::npos);
}

TEST(GatewayTest, FailsToStartWhereItCannotListen) {
  const SystemClock clock;
  auto wrong = settings("{match: GET /a, mock: {body: one}}");
  wrong.listeners[0].address = {*IpAddress::parse("192.0.2.1"), 80};  // TEST-NET: no address of this machine
  const auto gateway = Gateway::start(std::move(wrong), clock);
  ASSERT_FALSE(gateway);
  EXPECT_NE(gateway.error().message().find("192.0.2.1"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::gateway
