// A set-associative table of eight buckets to a set, two cache lines. A bucket is its key and the time when it will be full
// again, both replaced by one 16-byte compare-and-swap, so that a token is never taken of a bucket that has just changed hands.
// Only a key that is new takes a lock, one of a few, to get its bucket.
#include "gatehouse/middleware/throttle_table.hpp"

#include "gatehouse/base/strings.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <limits>
#include <mutex>
#include <system_error>

namespace gatehouse::middleware {
namespace {

constexpr std::size_t kWays = 8;
constexpr std::size_t kClaimLocks = 64;

using Pair = unsigned __int128;

}  // namespace

// Zeros are an empty bucket: no key has the number 0, and it has been full for ever.
struct alignas(16) ThrottleTable::Bucket {
  std::uint64_t key;
  std::int64_t full_at;  // steady clock, ns

  std::uint64_t load_key() const { return __atomic_load_n(&key, __ATOMIC_ACQUIRE); }
  std::int64_t load_full_at() const { return __atomic_load_n(&full_at, __ATOMIC_ACQUIRE); }

  // The two halves may have been read at different times; this finds out.
#if defined(__x86_64__)
  [[gnu::target("cx16")]]
#endif
  bool replace(const Bucket& expected, const Bucket& desired) {
    using Aliased [[gnu::may_alias]] = Pair;
    return __sync_bool_compare_and_swap(reinterpret_cast<Aliased*>(this), std::bit_cast<Pair>(expected),
                                        std::bit_cast<Pair>(desired));
  }
};

// Each in a cache line of its own.
struct alignas(64) ThrottleTable::ClaimLock {
  std::mutex mutex;
};

void ThrottleTable::Unmap::operator()(Bucket* buckets) const { ::munmap(buckets, bytes); }

// Anonymous memory is zero and costs nothing until it is touched.
ThrottleTable::ThrottleTable(std::size_t buckets)
    : seed_(hash64("buckets")), sets_(std::bit_ceil(std::max(buckets, kWays)) / kWays), claims_(new ClaimLock[kClaimLocks]) {
  const std::size_t bytes = sets_ * kWays * sizeof(Bucket);
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  buckets_ = {static_cast<Bucket*>(memory), Unmap{bytes}};
}

ThrottleTable::~ThrottleTable() = default;

ThrottleTable::Bucket* ThrottleTable::neighbourhood(std::uint64_t key) const {
  return &buckets_[(key & (sets_ - 1)) * kWays];
}

// The bucket of `key` in the set, or null.
ThrottleTable::Bucket* ThrottleTable::find(Bucket* set, std::uint64_t key) {
  for (Bucket* bucket = set; bucket != set + kWays; ++bucket) {
    if (bucket->load_key() == key) return bucket;
  }
  return nullptr;
}

// Gives a new key the bucket that was or will be full first, with one token taken. False when the key has one by now. One
// thread at a time does this to a set: two could choose different buckets, and a key with two would have two bursts.
bool ThrottleTable::claim(Bucket* set, std::uint64_t key, std::int64_t full_at) {
  const std::lock_guard lock(claims_[static_cast<std::size_t>(set - buckets_.get()) / kWays % kClaimLocks].mutex);
  while (true) {
    if (find(set, key) != nullptr) return false;
    Bucket* oldest = set;
    Bucket seen{0, std::numeric_limits<std::int64_t>::max()};
    for (Bucket* bucket = set; bucket != set + kWays; ++bucket) {
      const Bucket read{bucket->load_key(), bucket->load_full_at()};
      if (read.full_at >= seen.full_at) continue;
      oldest = bucket;
      seen = read;
    }
    // It fails when the bucket's own key has just taken a token, so that another one may be the oldest.
    if (oldest->replace(seen, {key, full_at})) return true;
  }
}

ThrottleTable::Verdict ThrottleTable::take(std::uint64_t key, const BucketSize& size, TimePoint now) {
  key = std::max<std::uint64_t>(key, 1);
  const std::int64_t step = size.interval.count();
  const std::int64_t tolerance = size.tolerance.count();
  const std::int64_t at = now.time_since_epoch().count();
  Bucket* const set = neighbourhood(key);
  while (true) {
    Bucket* const bucket = find(set, key);
    if (bucket == nullptr) {
      if (claim(set, key, at + step)) return {true, size.burst - 1, Duration(0), Duration(step)};
      continue;
    }
    const std::int64_t full_at = bucket->load_full_at();
    const std::int64_t start = std::max(full_at, at);
    const std::int64_t wait = start - at - tolerance;
    if (wait > 0) {
      // Refusing writes nothing that would fail had the bucket changed hands between the two loads.
      if (bucket->load_key() != key || bucket->load_full_at() != full_at) continue;
      return {false, 0, Duration(wait), Duration(start - at)};
    }
    if (bucket->replace({key, full_at}, {key, start + step})) {
      return {true, static_cast<std::uint64_t>(-wait / step), Duration(0), Duration(start + step - at)};
    }
  }
}

void ThrottleTable::give_back(std::uint64_t key, const BucketSize& size) {
  key = std::max<std::uint64_t>(key, 1);
  Bucket* const set = neighbourhood(key);
  for (Bucket* bucket = set; bucket != set + kWays; ++bucket) {
    while (bucket->load_key() == key) {
      const std::int64_t full_at = bucket->load_full_at();
      if (bucket->replace({key, full_at}, {key, full_at - size.interval.count()})) return;
    }
  }
}

}  // namespace gatehouse::middleware
