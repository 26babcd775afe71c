// A value that one side replaces as a whole and many read without a lock: each reader keeps the one it knows until it sees that there
// is a newer one, and only then asks for it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace gatehouse::plans {

template <class T>
class Published {
 public:
  // Readers have the numbers 0 to readers - 1.
  Published(unsigned readers, std::shared_ptr<const T> first) : slots_(new Slot[readers]), current_(std::move(first)) {}

  // Any thread. A reader that sleeps keeps the former value until it reads again.
  void publish(std::shared_ptr<const T> value) {
    const std::lock_guard lock(mutex_);
    current_ = std::move(value);
    version_.store(version_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  std::shared_ptr<const T> current() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }

  // Valid until the same reader reads again. REQUIRES: one thread for each reader.
  const T& read(unsigned reader) const {
    Slot& slot = slots_[reader];
    const std::uint64_t version = version_.load(std::memory_order_acquire);
    if (slot.version != version) [[unlikely]] {
      slot.value = current();
      slot.version = version;  // perhaps less than what the value is: then it is read once more
    }
    return *slot.value;
  }

 private:
  struct alignas(64) Slot {
    std::uint64_t version = 0;
    std::shared_ptr<const T> value;
  };

  std::unique_ptr<Slot[]> slots_;
  mutable std::mutex mutex_;
  std::shared_ptr<const T> current_;
  std::atomic<std::uint64_t> version_{1};
};

}  // namespace gatehouse::plans
