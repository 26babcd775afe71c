// The seam between the throttle and whoever keeps its token buckets: this process alone, or a fleet together.
#pragma once

#include "gatehouse/base/bucket_size.hpp"

#include <cstdint>

namespace gatehouse::middleware {

// Thread-safe.
class Buckets {
 public:
  virtual ~Buckets() = default;

  struct Verdict {
    bool admitted;
    std::uint64_t remaining;  // requests that would pass now
    Duration retry_after;     // until one passes; 0 when admitted
    Duration reset;           // until the bucket is full again
    bool unknown = false;     // refused because nobody can tell: the others cannot be reached
  };
  // Takes one token of the bucket `key` if there is one; never waits.
  // REQUIRES: the same interval for the same key.
  virtual Verdict take(std::uint64_t key, const BucketSize& size, TimePoint now) = 0;
  // Puts back what take() took, for a request that another bucket refused.
  virtual void give_back(std::uint64_t key, const BucketSize& size) = 0;
  // What keys must be hashed with: a secret of those who share the buckets.
  virtual std::uint64_t seed() const = 0;
};

}  // namespace gatehouse::middleware
