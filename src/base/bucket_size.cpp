#include "gatehouse/base/bucket_size.hpp"

#include <algorithm>
#include <chrono>

namespace gatehouse {
namespace {

constexpr std::int64_t kYear = Duration(std::chrono::hours(24 * 365)).count();
// Far from overflow when added to a time.
constexpr std::int64_t kLongest = 100 * kYear;

Duration interval_of(const Rate& rate) {
  const double nanoseconds = static_cast<double>(rate.per.count()) / rate.events;
  return Duration(static_cast<std::int64_t>(std::clamp(nanoseconds, 1.0, static_cast<double>(kYear)) + 0.5));
}

}  // namespace

BucketSize::BucketSize(const Rate& rate, std::uint64_t burst_)
    : interval(interval_of(rate)),
      burst(std::clamp<std::uint64_t>(burst_, 1, static_cast<std::uint64_t>(kLongest / interval.count()))),
      tolerance(interval * static_cast<std::int64_t>(burst - 1)) {}

std::uint64_t default_burst(const Rate& rate) {
  const double per_second = rate.events / std::chrono::duration<double>(rate.per).count();
  return per_second > 1 ? static_cast<std::uint64_t>(per_second) : 1;
}

}  // namespace gatehouse
