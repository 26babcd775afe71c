// Token buckets of a fleet. The bucket itself is in one place for all; here is a mirror of it and a share of its tokens, taken
// in advance, so that a request never waits. Whoever talks with that place collects what it must be told and applies what it
// answers; what is said of time here is the caller's. Thread-safe, but for collect(), apply() and failed(): one thread.
//
// A request takes from the share; where that is used up, from the mirror, and what it takes there is reported afterwards, so
// that it is a debt which the bucket pays back before it gives again. docs/throttling.md has the bounds of the error.
#pragma once

#include "gatehouse/middleware/buckets.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace gatehouse::middleware {

// What holds while the others cannot be reached: each gateway for itself, no bound, or nothing passes.
enum class OnFailure : std::uint8_t { kLocal, kOpen, kClosed };

class SharedBuckets final : public Buckets {
 public:
  // `buckets` is rounded up to a power of two; 64 bytes each, taken from the system when first used.
  // `every`: the time between two collect().
  SharedBuckets(OnFailure on_failure, std::uint64_t seed, Duration every, std::size_t buckets = 1 << 17);
  ~SharedBuckets() override;

  Verdict take(std::uint64_t key, const BucketSize& size, TimePoint now) override;
  void give_back(std::uint64_t key, const BucketSize& size) override;
  std::uint64_t seed() const override { return seed_; }

  // Until it is true, on_failure holds.
  void set_connected(bool connected) { connected_.store(connected, std::memory_order_relaxed); }
  bool connected() const { return connected_.load(std::memory_order_relaxed); }

  // What the common bucket is to be told of one key, and asked for.
  struct Report {
    std::uint64_t key;
    Duration interval;   // from one token to the next
    std::uint64_t burst;  // of the common bucket
    std::int64_t spent;  // taken beyond the shares; negative: given back
    std::uint64_t want;  // tokens for the time until the next report
    std::uint32_t index;
  };
  struct Grant {
    std::uint64_t tokens;  // at most `want`
    std::uint64_t left;    // in the common bucket, behind all that
    Duration full_in;      // until it is full
  };
  // Adds at most `most` reports; each is answered by apply() or failed() before the next collect().
  void collect(TimePoint now, std::size_t most, std::vector<Report>& reports);
  void apply(const Report& report, const Grant& grant, TimePoint now);
  // Nobody knows whether it arrived: it is told again.
  void failed(const Report& report);
  // Those that have something to tell, or a share that may have to be returned.
  std::size_t active() const { return count_.load(std::memory_order_relaxed); }

 private:
  struct Entry;
  struct Lock;
  struct Unmap {
    std::size_t bytes;
    void operator()(Entry* entries) const;
  };
  Entry* set_of(std::uint64_t key) const;
  static Entry* find(Entry* set, std::uint64_t key);
  Entry& claim(Entry* set, std::uint64_t key) const;
  Lock& lock_of(std::uint64_t key) const;
  Verdict take_of_mirror(Entry& entry, std::int64_t at, std::int64_t tolerance, bool alone);
  void activate(Entry& entry);

  const OnFailure on_failure_;
  const std::uint64_t seed_;
  const Duration every_;
  std::atomic<bool> connected_{false};
  std::size_t sets_;
  std::unique_ptr<Lock[]> locks_;
  std::unique_ptr<Entry[], Unmap> entries_;
  std::atomic<std::size_t> count_{0};        // of entries that are active
  std::mutex active_mutex_;                  // within an entry's lock, never around it
  std::vector<std::uint32_t> active_;        // each at most once: never more than there are entries
  std::vector<std::uint32_t> round_;         // being collected
};

}  // namespace gatehouse::middleware
