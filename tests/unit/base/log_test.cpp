#include "gatehouse/base/log.hpp"

#include <gtest/gtest.h>

#include <regex>

namespace gatehouse {
namespace {

class LogTest : public testing::Test {
 protected:
  void TearDown() override { log::set_level(log::Level::kInfo); }
};

TEST_F(LogTest, WritesOneLineWithTimeLevelEventAndPairs) {
  testing::internal::CaptureStderr();
  log::warn("accept_backs_off", {{"listener", "main"}, {"open", 17}, {"error", "no room"}});
  const std::string line = testing::internal::GetCapturedStderr();
  const std::regex form(
      "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z warn accept_backs_off listener=main open=17 error=\"no "
      "room\"\n");
  EXPECT_TRUE(std::regex_match(line, form)) << line;
}

TEST_F(LogTest, AValueCannotForgeALine) {
  testing::internal::CaptureStderr();
  log::error("bad", {{"value", std::string("a\n2026 error b\r\x1b[31m\0\"\\", 23)}, {"empty", ""}});
  const std::string line = testing::internal::GetCapturedStderr();
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_NE(line.find(R"(value="a\n2026 error b\x0d\x1b[31m\x00\"\\" empty="")"), std::string::npos) << line;
}

TEST_F(LogTest, DropsWhatIsBelowTheLevel) {
  testing::internal::CaptureStderr();
  log::debug("unseen");
  log::set_level(log::Level::kError);
  log::warn("unseen");
  log::set_level(log::Level::kDebug);
  log::debug("seen");
  const std::string lines = testing::internal::GetCapturedStderr();
  EXPECT_EQ(lines.find("unseen"), std::string::npos) << lines;
  EXPECT_NE(lines.find(" debug seen\n"), std::string::npos) << lines;
}

}  // namespace
}  // namespace gatehouse
