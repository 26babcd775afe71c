// What can be set about usage plans. Plain values.
#pragma once

#include "gatehouse/base/units.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>

namespace gatehouse::plans {

enum class Unit : std::uint8_t { kDay, kWeek, kMonth };

// The periods that a quota is counted by, in UTC. `offset` is the day on which one begins, as at Amazon: of a week 0 (Sunday) to 6,
// of a month 0 (the 1st) to 27, of a day 0.
struct PeriodRule {
  Unit unit = Unit::kDay;
  unsigned offset = 0;
  auto operator<=>(const PeriodRule&) const = default;
};

struct Quota {
  std::uint64_t limit = 0;  // requests in a period; 0: no quota
  PeriodRule per;
  bool operator==(const Quota&) const = default;
};

struct PlanSettings {
  std::string name;
  Rate rate;                // events 0: no rate
  std::uint64_t burst = 0;  // 0: as many as one second of the rate, at least 1
  Quota quota;
  bool operator==(const PlanSettings&) const = default;
};

// Where it is kept what keys have used.
struct UsageSettings {
  bool kept = false;
  std::string store;
  Duration keep = std::chrono::hours(24 * 400);
  bool operator==(const UsageSettings&) const = default;
};

}  // namespace gatehouse::plans
