// Days and quotas, as the tests of accounts write them.
#pragma once

#include "gatehouse/plans/ledger.hpp"
#include "gatehouse/plans/period.hpp"

#include <cstdint>
#include <string_view>

namespace gatehouse::plans::testing {

inline constexpr PeriodRule kDay{Unit::kDay, 0};
inline constexpr PeriodRule kMonth{Unit::kMonth, 0};

inline Day day(std::string_view text) { return parse_date(text).value(); }

inline int admitted(Account& account, std::uint64_t limit, Day today, int attempts) {
  int count = 0;
  for (int i = 0; i < attempts; ++i) count += account.take(limit, today).admitted ? 1 : 0;
  return count;
}

}  // namespace gatehouse::plans::testing
