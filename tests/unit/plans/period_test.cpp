#include "gatehouse/plans/period.hpp"

#include <gtest/gtest.h>

namespace gatehouse::plans {
namespace {

constexpr PeriodRule kDay{Unit::kDay, 0};
constexpr PeriodRule kSundayWeek{Unit::kWeek, 0};
constexpr PeriodRule kMondayWeek{Unit::kWeek, 1};
constexpr PeriodRule kMonth{Unit::kMonth, 0};

Day day(std::string_view text) { return parse_date(text).value(); }
std::string start(PeriodRule rule, std::string_view text) { return date_text(period_start(rule, day(text))); }
std::string next(PeriodRule rule, std::string_view text) { return date_text(next_period(rule, day(text))); }

TEST(PeriodTest, ADayEndsAtMidnightUtc) {
  const auto midnight = beginning_of(day("2026-11-23"));
  EXPECT_EQ(date_text(day_of(midnight - std::chrono::nanoseconds(1))), "2026-11-22");
  EXPECT_EQ(date_text(day_of(midnight)), "2026-11-23");
  EXPECT_EQ(next(kDay, "2026-12-31"), "2027-01-01");
}

TEST(PeriodTest, AWeekBeginsOnSundayUnlessTold) {
  EXPECT_EQ(start(kSundayWeek, "2026-11-22"), "2026-11-22");  // a Sunday
  EXPECT_EQ(start(kSundayWeek, "2026-11-28"), "2026-11-22");
  EXPECT_EQ(next(kSundayWeek, "2026-11-28"), "2026-11-29");
  EXPECT_EQ(start(kMondayWeek, "2026-11-22"), "2026-11-16");
  EXPECT_EQ(start(kMondayWeek, "2026-11-23"), "2026-11-23");
}

TEST(PeriodTest, AWeekGoesOnOverTheEndOfAYear) {
  EXPECT_EQ(start(kSundayWeek, "2027-01-02"), "2026-12-27");
  EXPECT_EQ(next(kSundayWeek, "2026-12-31"), "2027-01-03");
}

TEST(PeriodTest, AMonthHasItsOwnLength) {
  EXPECT_EQ(next(kMonth, "2026-02-28"), "2026-03-01");
  EXPECT_EQ(next(kMonth, "2028-02-28"), "2028-03-01");
  EXPECT_EQ(start(kMonth, "2028-02-29"), "2028-02-01");
  EXPECT_EQ(next(kMonth, "2026-12-31"), "2027-01-01");
}

TEST(PeriodTest, AMonthMayBeginOnAnotherDay) {
  const PeriodRule from_15th{Unit::kMonth, 14};
  EXPECT_EQ(start(from_15th, "2026-01-14"), "2025-12-15");
  EXPECT_EQ(start(from_15th, "2026-01-15"), "2026-01-15");
  EXPECT_EQ(next(from_15th, "2026-12-20"), "2027-01-15");
  const PeriodRule from_28th{Unit::kMonth, 27};
  EXPECT_EQ(start(from_28th, "2026-03-01"), "2026-02-28");
  EXPECT_EQ(next(from_28th, "2026-01-28"), "2026-02-28");
}

TEST(PeriodTest, EveryDayIsInExactlyOnePeriod) {
  for (const PeriodRule rule : {kDay, kSundayWeek, kMondayWeek, kMonth, PeriodRule{Unit::kMonth, 27}}) {
    for (Day at = day("2023-12-20"); at < day("2029-01-10"); ++at) {
      const Day first = period_start(rule, at);
      const Day behind = next_period(rule, at);
      ASSERT_LE(first, at);
      ASSERT_GT(behind, at);
      ASSERT_EQ(period_start(rule, behind), behind) << date_text(at);
      ASSERT_EQ(period_start(rule, behind - 1), first) << date_text(at);
    }
  }
}

TEST(PeriodTest, ReadsDatesThatThereAre) {
  EXPECT_EQ(date_text(day("2028-02-29")), "2028-02-29");
  for (const char* wrong : {"2027-02-29", "2026-13-01", "2026-00-10", "2026-1-01", "26-01-01", "2026-01-1x", "", "2026/01/01", "1969-12-31"})
    EXPECT_FALSE(parse_date(wrong)) << wrong;
}

}  // namespace
}  // namespace gatehouse::plans
