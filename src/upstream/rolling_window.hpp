// Two counts over a sliding span of time, in ten buckets: all events, and those that are marked. Thread-safe, lock-free.
#pragma once

#include "gatehouse/base/units.hpp"

#include <array>
#include <atomic>
#include <cstdint>

namespace gatehouse::upstream {

class RollingWindow {
 public:
  struct Sums {
    std::uint64_t events = 0;
    std::uint64_t marked = 0;
  };

  explicit RollingWindow(Duration span);

  void add(TimePoint now, std::uint32_t events, std::uint32_t marked);
  // Of the last nine to ten tenths of the span.
  Sums sums(TimePoint now) const;
  void clear();

 private:
  static constexpr std::uint64_t kBuckets = 10;

  std::uint64_t tick_of(TimePoint now) const {
    return static_cast<std::uint64_t>(now.time_since_epoch().count()) / width_;
  }

  std::uint64_t width_;  // of a bucket, ns
  // One word each, so that an old bucket is replaced and counted into in one step: 16 bits that say which turn of the
  // ring it belongs to (it repeats after 65,536 turns: a bucket untouched for that long counts once more, for a tenth of
  // the span), 24 bits of events, 24 bits of marked ones.
  std::array<std::atomic<std::uint64_t>, kBuckets> buckets_{};
};

}  // namespace gatehouse::upstream
