// Who may change which partitions now, and which recent changes are not yet on disk. Striped by the head of the row key.
// Thread-safe. Locks are held for microseconds, never across a suspension.
#pragma once

#include "gatehouse/dynamo/engine/storage.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <string_view>

namespace gatehouse::dynamo {

class Stripes {
 public:
  static constexpr std::size_t kCount = 4096;
  // A change is being written: its number is not known yet.
  static constexpr CommitNumber kInFlight = std::numeric_limits<CommitNumber>::max();

  struct alignas(64) Stripe {
    std::mutex mutex;  // of item rows; entries of indexes are changed under the lock of their item
    // Whoever read a row looks here afterwards: what it saw may only be told once `last` is durable, which is not yet known while
    // someone writes.
    std::atomic<std::uint32_t> writers{0};
    std::atomic<CommitNumber> last{0};
  };

  // A row key, or its first kRowHead bytes. Rows of the engine itself may have shorter keys.
  Stripe& of(std::string_view row_key) { return stripes_[index_of(row_key)]; }
  static std::size_t index_of(std::string_view row_key);
  Stripe& at(std::size_t index) { return stripes_[index]; }

  // Around the writing of a batch that changes rows of that stripe. `number`: 0 when nothing was written.
  static void begin_change(Stripe& stripe);
  static void end_change(Stripe& stripe, CommitNumber number);
  // After a row of that partition was read: the number that must be durable before the answer, or kInFlight.
  static CommitNumber last_change(const Stripe& stripe);

 private:
  std::unique_ptr<Stripe[]> stripes_ = std::make_unique<Stripe[]>(kCount);
};

}  // namespace gatehouse::dynamo
