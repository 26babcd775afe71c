#include "gatehouse/middleware/shared_buckets.hpp"


#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <limits>
#include <system_error>
#include <utility>

namespace gatehouse::middleware {
namespace {

constexpr std::size_t kWays = 4;
constexpr std::size_t kLocks = 1024;
// Reports without a request in between before a share is returned and the bucket is let be.
constexpr std::uint8_t kIdleRounds = 10;
constexpr std::int64_t kLongest = std::chrono::nanoseconds(std::chrono::hours(24 * 365 * 100)).count();
constexpr std::uint32_t kMostSpent = std::numeric_limits<std::int32_t>::max();

}  // namespace

// Zeros are an entry that nobody has.
struct alignas(64) SharedBuckets::Entry {
  std::uint64_t key;
  std::int64_t full_at;   // the mirror: when the common bucket will be full, by our clock, in ns
  std::int64_t interval;  // ns
  std::uint64_t burst;
  std::uint32_t share;    // tokens in hand
  std::uint32_t spent;    // taken of the mirror and not reported
  std::uint32_t asked;    // requests since the last report, refused ones too
  std::uint8_t idle;      // rounds without a request
  bool active;            // is in the list, or being reported
  bool exhausted;         // the common bucket had less than we asked for: nothing is taken of the mirror

  std::int64_t start(std::int64_t at) const { return std::max(full_at, at); }
};

// Each in a cache line of its own.
struct alignas(64) SharedBuckets::Lock {
  std::mutex mutex;
};

void SharedBuckets::Unmap::operator()(Entry* entries) const { ::munmap(entries, bytes); }

// Anonymous memory is zero and costs nothing until it is touched.
SharedBuckets::SharedBuckets(OnFailure on_failure, std::uint64_t seed, Duration every, std::size_t buckets)
    : on_failure_(on_failure), seed_(seed), every_(every), sets_(std::bit_ceil(std::max(buckets, kWays)) / kWays), locks_(new Lock[kLocks]) {
  const std::size_t bytes = sets_ * kWays * sizeof(Entry);
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  entries_ = {static_cast<Entry*>(memory), Unmap{bytes}};
  active_.reserve(sets_ * kWays);
  round_.reserve(sets_ * kWays);
}

SharedBuckets::~SharedBuckets() = default;

SharedBuckets::Entry* SharedBuckets::set_of(std::uint64_t key) const { return &entries_[(key & (sets_ - 1)) * kWays]; }

SharedBuckets::Lock& SharedBuckets::lock_of(std::uint64_t key) const { return locks_[(key & (sets_ - 1)) % kLocks]; }

SharedBuckets::Entry* SharedBuckets::find(Entry* set, std::uint64_t key) {
  for (Entry* entry = set; entry != set + kWays; ++entry) {
    if (entry->key == key) return entry;
  }
  return nullptr;
}

// The one that was or will be full first: an attacker's is the last to be forgotten. Those with nothing to report go before
// those that have.
SharedBuckets::Entry& SharedBuckets::claim(Entry* set, std::uint64_t key) const {
  const auto precious = [](const Entry& entry) { return std::pair(entry.active, entry.full_at); };
  Entry* const victim = std::min_element(set, set + kWays, [&](const Entry& a, const Entry& b) { return precious(a) < precious(b); });
  const bool listed = victim->active;
  *victim = {};
  victim->key = key;
  victim->active = listed;
  return *victim;
}

void SharedBuckets::activate(Entry& entry) {
  entry.idle = 0;
  if (std::exchange(entry.active, true)) return;
  count_.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard lock(active_mutex_);
  active_.push_back(static_cast<std::uint32_t>(&entry - entries_.get()));
}

SharedBuckets::Verdict SharedBuckets::take(std::uint64_t key, const BucketSize& size, TimePoint now) {
  const bool alone = !connected();
  if (alone && on_failure_ == OnFailure::kOpen) return {true, size.burst, Duration(0), Duration(0)};
  if (alone && on_failure_ == OnFailure::kClosed) return {false, 0, std::chrono::seconds(1), Duration(0), true};
  key = std::max<std::uint64_t>(key, 1);
  const std::lock_guard lock(lock_of(key).mutex);
  Entry* const set = set_of(key);
  Entry* found = find(set, key);
  Entry& entry = found != nullptr ? *found : claim(set, key);
  entry.interval = size.interval.count();
  entry.burst = size.burst;
  if (entry.asked < kMostSpent) ++entry.asked;
  activate(entry);
  const std::int64_t at = now.time_since_epoch().count();
  const std::int64_t tolerance = size.tolerance.count();
  if (entry.share == 0) return take_of_mirror(entry, at, tolerance, alone);
  --entry.share;
  const std::int64_t ahead = entry.start(at) - at;
  const std::int64_t left = ahead > tolerance ? 0 : (tolerance - ahead) / entry.interval + 1;
  return {true, entry.share + static_cast<std::uint64_t>(left), Duration(0), Duration(ahead)};
}

SharedBuckets::Verdict SharedBuckets::take_of_mirror(Entry& entry, std::int64_t at, std::int64_t tolerance, bool alone) {
  const std::int64_t start = entry.start(at);
  const std::int64_t wait = start - at - tolerance;
  const bool exhausted = entry.exhausted && !alone;
  if (wait > 0 || exhausted) return {false, 0, Duration(wait > 0 ? wait : entry.interval), Duration(start - at)};
  entry.full_at = start + entry.interval;
  if (entry.spent < kMostSpent) ++entry.spent;
  return {true, static_cast<std::uint64_t>(-wait / entry.interval), Duration(0), Duration(entry.full_at - at)};
}

void SharedBuckets::give_back(std::uint64_t key, const BucketSize&) {
  key = std::max<std::uint64_t>(key, 1);
  const std::lock_guard lock(lock_of(key).mutex);
  Entry* const entry = find(set_of(key), key);
  if (entry == nullptr) return;
  if (entry->spent > 0) {
    --entry->spent;
    entry->full_at -= entry->interval;
  } else {
    ++entry->share;
    activate(*entry);
  }
}

void SharedBuckets::collect(TimePoint now, std::size_t most, std::vector<Report>& reports) {
  {
    const std::lock_guard lock(active_mutex_);
    round_.swap(active_);
  }
  const std::int64_t at = now.time_since_epoch().count();
  std::size_t added = 0;
  for (const std::uint32_t index : round_) {
    Entry& entry = entries_[index];
    const std::lock_guard lock(locks_[index / kWays % kLocks].mutex);
    const auto put_back = [&] {
      const std::lock_guard active_lock(active_mutex_);
      active_.push_back(index);
    };
    if (added == most) {
      put_back();
      continue;
    }
    const std::uint32_t asked = std::exchange(entry.asked, 0);
    entry.idle = asked > 0 ? 0 : static_cast<std::uint8_t>(entry.idle + 1);
    // What comes back between two reports must fit into the common bucket: else it would be lost.
    const std::uint64_t common_burst = std::max(entry.burst, static_cast<std::uint64_t>(2 * every_.count() / entry.interval));
    // As many as came lately, twice, so that the next are there before these are used up; one request by itself needs none.
    const std::uint64_t target = asked > 1 ? std::min<std::uint64_t>(2 * std::uint64_t{asked}, common_burst) : entry.exhausted ? asked : 0;
    const std::uint64_t want = target > entry.share ? target - entry.share : 0;
    // What was taken long ago has been paid for by time.
    const std::int64_t owed = std::max<std::int64_t>((entry.full_at - at + entry.interval - 1) / entry.interval, 0);
    std::int64_t spent = std::min<std::int64_t>(std::exchange(entry.spent, 0), owed);
    const bool over = entry.idle >= kIdleRounds;
    if (over) {
      spent -= std::exchange(entry.share, 0);
      entry.exhausted = false;
    }
    if (spent != 0 || want > 0) {
      reports.push_back({entry.key, Duration(entry.interval), common_burst, spent, want, index});
      ++added;
    } else if (over) {
      entry.active = false;
      count_.fetch_sub(1, std::memory_order_relaxed);
    } else {
      put_back();
    }
  }
  round_.clear();
}

void SharedBuckets::apply(const Report& report, const Grant& grant, TimePoint now) {
  Entry& entry = entries_[report.index];
  const std::lock_guard lock(locks_[report.index / kWays % kLocks].mutex);
  if (entry.key == report.key) {
    const auto granted = static_cast<std::uint32_t>(std::min(grant.tokens, report.want));
    // What was taken of the mirror meanwhile was taken of these.
    const std::uint32_t settled = std::min(entry.spent, granted);
    entry.spent -= settled;
    entry.share += granted - settled;
    const Duration since = Duration(entry.interval) * entry.spent;
    entry.full_at = (now.time_since_epoch() + std::clamp(grant.full_in, Duration(0), Duration(kLongest)) + since).count();
    entry.exhausted = grant.left == 0 || grant.tokens < report.want;
  }
  const std::lock_guard active_lock(active_mutex_);
  active_.push_back(report.index);
}

void SharedBuckets::failed(const Report& report) {
  Entry& entry = entries_[report.index];
  const std::lock_guard lock(locks_[report.index / kWays % kLocks].mutex);
  if (entry.key == report.key) {
    if (report.spent > 0) entry.spent = static_cast<std::uint32_t>(std::min<std::int64_t>(entry.spent + report.spent, kMostSpent));
    if (report.spent < 0) entry.share += static_cast<std::uint32_t>(-report.spent);
    entry.exhausted = false;
  }
  const std::lock_guard active_lock(active_mutex_);
  active_.push_back(report.index);
}

}  // namespace gatehouse::middleware
