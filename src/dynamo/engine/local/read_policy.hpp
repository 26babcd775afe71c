// Where a worker's reads run: tried on the worker without waiting, and on the pool when they miss; or, when most of them miss the block
// cache but the pool finds them fast (in the system's page cache), on the worker at once for a while. One worker's thread.
// Why: a hop costs 5 µs and a lost try 6 µs, a read from the page cache 12 µs, one from the disk 100 µs and more.
#pragma once

#include "gatehouse/base/units.hpp"

#include <cstdint>

namespace gatehouse::dynamo {

class ReadPolicy {
 public:
  static constexpr std::uint32_t kWindow = 64;         // tries between two judgements
  static constexpr std::uint32_t kInlineReads = 1024;  // until the next try
  static constexpr Duration kFast = std::chrono::microseconds(50);
  static constexpr Duration kStalled = std::chrono::milliseconds(1);

  // Whether the next read may wait on the worker.
  bool may_wait() const { return inline_left_ != 0; }

  // After a try that hit the cache; after one that did not, with the time that the pool took; after a read that could wait.
  void hit() { count(); }
  void missed(Duration took) {
    ++misses_;
    if (took >= kFast) ++slow_;
    count();
  }
  void waited(Duration took) {
    if (inline_left_ != 0) --inline_left_;
    if (took >= kStalled) inline_left_ = 0;
  }

 private:
  void count() {
    if (++tries_ < kWindow) return;
    // One slow read in sixteen is a disk at work: it would stop everything else on the worker.
    if (misses_ * 2 > kWindow && slow_ * 16 <= misses_) inline_left_ = kInlineReads;
    tries_ = misses_ = slow_ = 0;
  }

  std::uint32_t tries_ = 0;
  std::uint32_t misses_ = 0;
  std::uint32_t slow_ = 0;
  std::uint32_t inline_left_ = 0;
};

}  // namespace gatehouse::dynamo
