// Units that settings and limits are written in.
#pragma once

#include <chrono>
#include <cstdint>

namespace gatehouse {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::steady_clock::time_point;

// A number of events over a span of time, such as 50/s.
struct Rate {
  double events = 0;
  Duration per = std::chrono::seconds(1);
  bool operator==(const Rate&) const = default;
};

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;

}  // namespace gatehouse
