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
    std::mutex mutex;
    // The number of the last change, or kInFlight. Whoever read a row looks here afterwards: what it saw may only be told once
    // that number is durable.
    std::atomic<CommitNumber> last{0};
  };

  Stripe& of(std::string_view row_key);
  std::size_t index_of(std::string_view row_key) const;
  Stripe& at(std::size_t index) { return stripes_[index]; }
  // After a row of that partition was read: the number that must be durable before the answer.
  CommitNumber last_change(std::string_view row_key);

 private:
  std::unique_ptr<Stripe[]> stripes_ = std::make_unique<Stripe[]>(kCount);
};

}  // namespace gatehouse::dynamo
