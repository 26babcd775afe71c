#include "gatehouse/base/log_time.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse {
namespace {

using namespace std::chrono;

std::string log_time(system_clock::time_point time) {
  char text[kLogTimeSize];
  return std::string(write_log_time(text, time));
}

TEST(LogTimeTest, SaysDayMonthYearAndTimeInTwoDigitsEach) {
  EXPECT_EQ(log_time(sys_days(2020y / 3 / 12) + 19h + 3min + 58s), "12/Mar/2020:19:03:58 +0000");
  EXPECT_EQ(log_time(sys_days(2025y / 1 / 1) + 999ms), "01/Jan/2025:00:00:00 +0000");
  EXPECT_EQ(log_time(sys_days(1999y / 12 / 31) + 24h - 1ns), "31/Dec/1999:23:59:59 +0000");
  EXPECT_EQ(log_time(sys_days(2000y / 2 / 29)), "29/Feb/2000:00:00:00 +0000");
}

TEST(LogTimeTest, KnowsTimesBeforeTheEpoch) { EXPECT_EQ(log_time(sys_days(1969y / 12 / 31) + 1s), "31/Dec/1969:00:00:01 +0000"); }

TEST(LogTimeTest, EpochMillisecondsLeaveOutWhatIsLess) {
  EXPECT_EQ(epoch_milliseconds(system_clock::time_point(1s + 234ms + 999us)), 1234);
}

}  // namespace
}  // namespace gatehouse
