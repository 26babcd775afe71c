// Days, weeks and months in UTC. Pure functions.
#pragma once

#include "gatehouse/plans/settings.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::plans {

// Days since 1970-01-01.
using Day = std::uint32_t;

Day day_of(std::chrono::system_clock::time_point time);
std::chrono::system_clock::time_point beginning_of(Day day);

// The first day of the period that `day` is in.
Day period_start(PeriodRule rule, Day day);
// The first day of the period after that.
Day next_period(PeriodRule rule, Day day);

std::string date_text(Day day);                        // "2026-02-28"
std::optional<Day> parse_date(std::string_view text);  // exactly that form, a day that there is

}  // namespace gatehouse::plans
