#include "gatehouse/middleware/log_refusal.hpp"

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace gatehouse::middleware {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(LogRefusalTest, WritesALineAboutAHeadThatNeverBecameARequest) {
  const std::string file = ::testing::TempDir() + "refusal_log_" + std::to_string(::getpid());
  observe::Registry registry(1);
  const auto log = *observe::AccessLog::open({true, file}, 1, registry);
  ManualClock clock;
  const http::Peer peer{{*IpAddress::parse("2001:db8::7"), 4711}, {}, false};
  log_refusal(*log, 0, clock, {431, "head_too_large", peer, 65536, 80, clock.now() - 2ms});
  log->flush();
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  EXPECT_EQ(text.str(),
            R"({"time":"2024-10-04T00:00:00.000Z","client":"2001:db8::7","status":431,"reason":"head_too_large",)"
            R"("bytes_in":65536,"bytes_out":80,"duration_ms":2.000})"
            "\n");
  std::filesystem::remove(file);
}

TEST(LogRefusalTest, CountsByReasonAndByClassOfStatus) {
  observe::Registry registry(1);
  const http::Peer peer{};
  count_refusal(registry, 0, {400, "bare_lf", peer, 0, 0, {}});
  count_refusal(registry, 0, {400, "bare_lf", peer, 0, 0, {}});
  count_refusal(registry, 0, {0, "head_timeout", peer, 0, 0, {}});
  const std::string text = registry.scrape();
  EXPECT_THAT(text, HasSubstr("gatehouse_refusals_total{reason=\"bare_lf\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("gatehouse_refusals_total{reason=\"head_timeout\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("gatehouse_requests_total{api=\"(none)\",code=\"4xx\",route=\"(malformed)\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("gatehouse_requests_total{api=\"(none)\",code=\"none\",route=\"(malformed)\"} 1\n"));
}

}  // namespace
}  // namespace gatehouse::middleware
