// One worker's lines on their way to the writer thread: bytes in a ring, one producer, one consumer, no lock. A line that
// crosses the end is formatted into spare room behind it and its tail copied to the front: rare, and it spares both sides
// a marker for skipped bytes.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

namespace gatehouse::observe {

class LogRing {
 public:
  LogRing(std::size_t bytes, std::size_t max_line)
      : capacity_(std::bit_ceil(std::max(bytes, std::size_t{64}))), data_(new char[capacity_ + max_line]) {}

  // The worker's side. `size` is at most max_line. Null: no room.
  char* reserve(std::size_t size) {
    if (written_ + size - known_consumed_ > capacity_) [[unlikely]] {
      known_consumed_ = consumed_.load(std::memory_order_acquire);
      if (written_ + size - known_consumed_ > capacity_) return nullptr;
    }
    return data_.get() + (written_ & (capacity_ - 1));
  }

  // True when the writer should be woken early: once each time that the ring becomes more than half full.
  [[nodiscard]] bool commit(std::size_t size) {
    const std::size_t end = (written_ & (capacity_ - 1)) + size;
    if (end > capacity_) [[unlikely]]
      std::memcpy(data_.get(), data_.get() + capacity_, end - capacity_);
    written_ += size;
    fetch(size);
    committed_.store(written_, std::memory_order_release);
    if (written_ - known_consumed_ > capacity_ / 2) [[unlikely]]
      known_consumed_ = consumed_.load(std::memory_order_acquire);
    const bool half_full = written_ - known_consumed_ > capacity_ / 2;
    return !std::exchange(woken_, half_full) && half_full;
  }

  // The writer's side.
  std::uint64_t committed() const { return committed_.load(std::memory_order_acquire); }
  std::uint64_t consumed() const { return consumed_.load(std::memory_order_relaxed); }
  bool crowded() const { return committed() - consumed() > capacity_ / 2; }
  // What lies between consumed() and `end`, in one piece or two; the second may be empty.
  std::array<iovec, 2> pieces(std::uint64_t end) const {
    const std::size_t from = consumed() & (capacity_ - 1);
    const auto size = static_cast<std::size_t>(end - consumed());
    const std::size_t first = std::min(size, capacity_ - from);
    return {{{data_.get() + from, first}, {data_.get(), size - first}}};
  }
  void consume(std::uint64_t bytes) { consumed_.store(consumed() + bytes, std::memory_order_release); }

 private:
  // The writer's core has these bytes since it read what stood there before. Asked for now they are here when the next line comes,
  // which is as long as this one as a rule; without that a line waits for each of its cache lines.
  void fetch(std::size_t size) const {
    constexpr std::size_t kCacheLine = 64;
    const char* const next = data_.get() + (written_ & (capacity_ - 1));
    for (std::size_t i = 0; i < size; i += kCacheLine) fetch_to_write(next + i);
  }
  static void fetch_to_write(const char* at) {
#if defined(__x86_64__)
    // The compiler's own would fetch to read, as it does not know that a processor without this one takes it for nothing.
    asm volatile("prefetchw %0" : : "m"(*at));
#else
    __builtin_prefetch(at, 1);
#endif
  }

  const std::size_t capacity_;
  const std::unique_ptr<char[]> data_;

  alignas(64) std::uint64_t written_ = 0;
  std::uint64_t known_consumed_ = 0;
  bool woken_ = false;
  std::atomic<std::uint64_t> committed_{0};

  alignas(64) std::atomic<std::uint64_t> consumed_{0};
};

}  // namespace gatehouse::observe
