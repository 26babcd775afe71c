#include "gatehouse/plans/period.hpp"

#include <cstdio>

namespace gatehouse::plans {
namespace {

using namespace std::chrono;

sys_days sys_day(Day day) { return sys_days(days(day)); }
Day number(sys_days day) { return static_cast<Day>(day.time_since_epoch().count()); }

// The day in the month of `day` on which a period begins.
sys_days begin_in_month(PeriodRule rule, year_month month) {
  return sys_days(month / std::chrono::day(1)) + days(rule.offset);
}

Day week_start(PeriodRule rule, Day day) {
  const unsigned weekday = std::chrono::weekday(sys_day(day)).c_encoding();
  return day - (weekday + 7 - rule.offset) % 7;
}

year_month month_of_period(PeriodRule rule, Day day) {
  const year_month_day date(sys_day(day));
  const year_month month = date.year() / date.month();
  return sys_day(day) < begin_in_month(rule, month) ? month - months(1) : month;
}

}  // namespace

Day day_of(system_clock::time_point time) { return number(floor<days>(time)); }
system_clock::time_point beginning_of(Day day) { return sys_day(day); }

Day period_start(PeriodRule rule, Day day) {
  switch (rule.unit) {
    case Unit::kDay: return day;
    case Unit::kWeek: return week_start(rule, day);
    case Unit::kMonth: return number(begin_in_month(rule, month_of_period(rule, day)));
  }
  return day;
}

Day next_period(PeriodRule rule, Day day) {
  switch (rule.unit) {
    case Unit::kDay: return day + 1;
    case Unit::kWeek: return week_start(rule, day) + 7;
    case Unit::kMonth: return number(begin_in_month(rule, month_of_period(rule, day) + months(1)));
  }
  return day + 1;
}

std::string date_text(Day day) {
  const year_month_day date(sys_day(day));
  char text[32];
  const int size = std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return {text, static_cast<std::size_t>(size)};
}

std::optional<Day> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto part = [text](std::size_t at, std::size_t size) -> std::optional<unsigned> {
    unsigned value = 0;
    for (std::size_t i = at; i < at + size; ++i) {
      if (text[i] < '0' || text[i] > '9') return std::nullopt;
      value = value * 10 + static_cast<unsigned>(text[i] - '0');
    }
    return value;
  };
  const auto year = part(0, 4);
  const auto month = part(5, 2);
  const auto day = part(8, 2);
  if (!year || !month || !day || *year < 1970) return std::nullopt;
  const year_month_day date = std::chrono::year(static_cast<int>(*year)) / std::chrono::month(*month) / std::chrono::day(*day);
  return date.ok() ? std::optional(number(sys_days(date))) : std::nullopt;
}

}  // namespace gatehouse::plans
