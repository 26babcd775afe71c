#include "admin/pages.hpp"

#include "gatehouse/config/load.hpp"

#include <gtest/gtest.h>

namespace gatehouse::admin {
namespace {

class PagesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto loaded = config::load_text(
        "workers: 1\nlisteners: [{address: 127.0.0.1:0}]\naccess_log: {to: /dev/null}\napis:\n  - name: a\n    routes: [{match: GET /a, mock: {body: x}}]\n",
        "test.yaml", ".", [](std::string_view) { return std::nullopt; });
    ASSERT_TRUE(loaded.settings);
    auto started = gateway::Gateway::start(std::move(*loaded.settings), clock_);
    ASSERT_TRUE(started);
    gateway_ = std::move(*started);
    pages_ = std::make_unique<Pages>(*gateway_, [this]() -> Result<void> {
      if (!reload_error_.empty()) return Error(ErrorKind::kInvalid, ErrorSource::kGateway, "config_invalid", reload_error_);
      return {};
    });
  }

  SystemClock clock_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::unique_ptr<Pages> pages_;
  std::string reload_error_;
};

TEST_F(PagesTest, IsHealthyAndReadyWhileItServes) {
  EXPECT_EQ(pages_->answer("GET", "/healthz", false).body, "ok\n");
  EXPECT_EQ(pages_->answer("GET", "/readyz?verbose", false).status, 200);
}

TEST_F(PagesTest, IsHealthyButNotReadyWhileItDrains) {
  gateway_->drain();
  EXPECT_EQ(pages_->answer("GET", "/healthz", false).status, 200);
  EXPECT_EQ(pages_->answer("GET", "/readyz", false).status, 503);
}

TEST_F(PagesTest, TellsMetricsAndStatus) {
  const Page metrics = pages_->answer("GET", "/metrics", false);
  EXPECT_EQ(metrics.type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(metrics.body.find("gatehouse_config_version 1"), std::string::npos);
  EXPECT_NE(pages_->answer("GET", "/status", false).body.find("\"config_version\": 1"), std::string::npos);
}

TEST_F(PagesTest, SpeaksOpenMetricsToThoseThatAskForIt) {
  const Page metrics = pages_->answer("GET", "/metrics", false, "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2");
  EXPECT_EQ(metrics.type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_TRUE(metrics.body.ends_with("# EOF\n"));
  EXPECT_EQ(pages_->answer("GET", "/metrics", false, "*/*").type, "text/plain; version=0.0.4; charset=utf-8");
}

TEST_F(PagesTest, IssuesTrailTokensOnPostAlone) {
  const Page issued = pages_->answer("POST", "/trace-tokens?lifetime=60", false);
  EXPECT_EQ(issued.status, 201);
  EXPECT_NE(issued.body.find("\"lifetime_seconds\": 60"), std::string::npos);
  EXPECT_NE(issued.body, pages_->answer("POST", "/trace-tokens?lifetime=60", false).body);
  EXPECT_EQ(pages_->answer("POST", "/trace-tokens", false).status, 201);
  EXPECT_EQ(pages_->answer("GET", "/trace-tokens", false).allow, "POST");
  EXPECT_EQ(pages_->answer("POST", "/trace-tokens", true).status, 403);
  for (const char* wrong : {"?lifetime=0", "?lifetime=86401", "?lifetime=10m", "?life=1", "?lifetime="})
    EXPECT_EQ(pages_->answer("POST", std::string("/trace-tokens") + wrong, false).status, 400) << wrong;
}

TEST_F(PagesTest, ReloadsOnPostAlone) {
  const Page read = pages_->answer("GET", "/reload", false);
  EXPECT_EQ(read.status, 405);
  EXPECT_EQ(read.allow, "POST");
  EXPECT_EQ(pages_->answer("POST", "/reload", false).status, 200);
}

TEST_F(PagesTest, SaysWhyAReloadFailed) {
  reload_error_ = "gatehouse.yaml:3:5: nonsense";
  const Page page = pages_->answer("POST", "/reload", false);
  EXPECT_EQ(page.status, 422);
  EXPECT_NE(page.body.find("gatehouse.yaml:3:5"), std::string::npos);
}

TEST_F(PagesTest, AWebPageMayNotReload) { EXPECT_EQ(pages_->answer("POST", "/reload", true).status, 403); }

TEST_F(PagesTest, KnowsNothingElse) {
  EXPECT_EQ(pages_->answer("GET", "/", false).status, 404);
  EXPECT_EQ(pages_->answer("DELETE", "/healthz", false).status, 405);
}

}  // namespace
}  // namespace gatehouse::admin
