// Token buckets (GCRA) of all workers in one flat table of a fixed size, keyed by a 64-bit hash: no allocation, a memory
// bound, a lock only for a key that is new. Thread-safe.
#pragma once

#include "gatehouse/middleware/buckets.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace gatehouse::middleware {

class ThrottleTable final : public Buckets {
 public:
  // Rounded up to a power of two; 16 bytes each, taken from the system when first used.
  explicit ThrottleTable(std::size_t buckets = 1 << 18);
  ~ThrottleTable() override;

  // A bucket that is full again may be given to another key; where a neighbourhood is full of active ones the least limited
  // is evicted, so that an attacker is not forgotten first.
  Verdict take(std::uint64_t key, const BucketSize& size, TimePoint now) override;
  void give_back(std::uint64_t key, const BucketSize& size) override;
  std::uint64_t seed() const override { return seed_; }

 private:
  struct Bucket;
  struct Unmap {
    std::size_t bytes;
    void operator()(Bucket* buckets) const;
  };
  struct ClaimLock;
  Bucket* neighbourhood(std::uint64_t key) const;
  static Bucket* find(Bucket* set, std::uint64_t key);
  bool claim(Bucket* set, std::uint64_t key, std::int64_t full_at);

  const std::uint64_t seed_;
  std::size_t sets_;
  std::unique_ptr<ClaimLock[]> claims_;
  std::unique_ptr<Bucket[], Unmap> buckets_;
};

}  // namespace gatehouse::middleware
