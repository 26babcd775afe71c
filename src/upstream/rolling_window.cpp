// Packing and unpacking of the buckets.
#include "rolling_window.hpp"

#include <algorithm>

namespace gatehouse::upstream {
namespace {

constexpr unsigned kCountBits = 24;
constexpr std::uint64_t kMost = (std::uint64_t{1} << kCountBits) - 1;

struct Bucket {
  std::uint64_t turn;
  std::uint64_t events;
  std::uint64_t marked;

  static Bucket unpack(std::uint64_t word) {
    return {word >> (2 * kCountBits), (word >> kCountBits) & kMost, word & kMost};
  }
  std::uint64_t pack() const { return turn << (2 * kCountBits) | events << kCountBits | marked; }
};

}  // namespace

RollingWindow::RollingWindow(Duration span)
    : width_(std::max<std::uint64_t>(static_cast<std::uint64_t>(span.count()) / kBuckets, 1)) {}

void RollingWindow::add(TimePoint now, std::uint32_t events, std::uint32_t marked) {
  const std::uint64_t tick = tick_of(now);
  const std::uint64_t turn = (tick / kBuckets) & 0xffff;
  auto& word = buckets_[tick % kBuckets];
  std::uint64_t before = word.load(std::memory_order_relaxed);
  Bucket bucket{};
  do {
    bucket = Bucket::unpack(before);
    if (bucket.turn != turn) bucket = {turn, 0, 0};
    bucket.events += events;
    bucket.marked += marked;
    // Millions in one bucket: what matters is the share.
    if (bucket.events > kMost || bucket.marked > kMost) {
      bucket.events /= 2;
      bucket.marked /= 2;
    }
  } while (!word.compare_exchange_weak(before, bucket.pack(), std::memory_order_relaxed));
}

RollingWindow::Sums RollingWindow::sums(TimePoint now) const {
  const std::uint64_t tick = tick_of(now);
  Sums sums;
  for (std::uint64_t back = 0; back < kBuckets && back <= tick; ++back) {
    const std::uint64_t at = tick - back;
    const Bucket bucket = Bucket::unpack(buckets_[at % kBuckets].load(std::memory_order_relaxed));
    if (bucket.turn != ((at / kBuckets) & 0xffff)) continue;
    sums.events += bucket.events;
    sums.marked += bucket.marked;
  }
  return sums;
}

void RollingWindow::clear() {
  for (auto& word : buckets_) word.store(0, std::memory_order_relaxed);
}

}  // namespace gatehouse::upstream
