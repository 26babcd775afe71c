// Token buckets (GCRA) of all workers in one flat table of a fixed size, keyed by a 64-bit hash: no lock, no allocation, a
// memory bound. Thread-safe.
#pragma once

#include "gatehouse/base/units.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace gatehouse::middleware {

class ThrottleTable {
 public:
  // Rounded up to a power of two; 16 bytes each.
  explicit ThrottleTable(std::size_t buckets = 1 << 18);
  ~ThrottleTable();

  struct Verdict {
    bool admitted;
    std::uint64_t remaining;  // requests that would pass now
    Duration retry_after;     // until one passes; 0 when admitted
    Duration reset;           // until the bucket is full again
  };
  // Takes one token of the bucket `key` if there is one. A bucket that is full again may be given to another key; where a
  // neighbourhood is full of active ones the least limited is evicted, so that an attacker is not forgotten first.
  Verdict take(std::uint64_t key, const Rate& rate, std::uint64_t burst, TimePoint now);

 private:
  struct Bucket;
  std::unique_ptr<Bucket[]> buckets_;
  std::size_t mask_;
};

}  // namespace gatehouse::middleware
