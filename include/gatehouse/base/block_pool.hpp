// Thread-local free lists of memory blocks in a few sizes: coroutine frames, head buffers, body remainders, arenas.
// A block must be given back on the thread that took it. What is kept per size is bounded; the rest is freed.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__SANITIZE_ADDRESS__)
#define GATEHOUSE_BLOCKS_FROM_HEAP 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GATEHOUSE_BLOCKS_FROM_HEAP 1
#endif
#endif

namespace gatehouse::block_pool {

// What this thread keeps for later. Always 0 under AddressSanitizer, where every block comes from the heap.
std::size_t kept_bytes() noexcept;

namespace detail {

void* take_slow(std::size_t& size);
void give_slow(void* block, std::size_t size) noexcept;

// Size classes are powers of two with one step between: 64, 96, 128, 192, 256, ... 256 KiB.
inline constexpr std::size_t kSmallest = 64;
inline constexpr std::size_t kLargest = 256 * 1024;
inline constexpr unsigned kSmallestBits = 6;
inline constexpr unsigned kClasses = 2 * 12 + 1;

struct Free {
  Free* next;
};

struct Class {
  Free* first;
  std::uint32_t count;
  std::uint32_t most;  // 0 until the thread's end is watched, and once it has come
};

// Trivially destructible on purpose: blocks may be given back by destructors of other thread-local objects.
struct Pool {
  Class classes[kClasses];
  bool closed;
};

// constinit here too: without it every use would call a function that looks whether there is something to initialise.
extern constinit thread_local Pool pool;

// REQUIRES: size <= kLargest.
inline unsigned class_of(std::size_t size) {
  if (size <= kSmallest) return 0;
  const auto bits = static_cast<unsigned>(std::bit_width(size - 1));  // 2^(bits-1) < size <= 2^bits
  const std::size_t middle = (std::size_t{3} << bits) / 4;
  return 2 * (bits - kSmallestBits) - (size <= middle ? 1 : 0);
}

inline std::size_t size_of(unsigned index) {
  const std::size_t power = kSmallest << ((index + 1) / 2);
  return index % 2 == 0 ? power : power / 4 * 3;
}

}  // namespace detail

// At least `size` bytes, aligned for any object; `size` is rounded up to the block's real size on return.
// Sizes above 256 KiB come from and go to the heap.
inline void* take(std::size_t& size) {
#ifndef GATEHOUSE_BLOCKS_FROM_HEAP
  if (size <= detail::kLargest) [[likely]] {
    const unsigned index = detail::class_of(size);
    detail::Class& entry = detail::pool.classes[index];
    if (detail::Free* const block = entry.first) [[likely]] {
      size = detail::size_of(index);
      entry.first = block->next;
      --entry.count;
      return block;
    }
  }
#endif
  return detail::take_slow(size);
}

// `size` is what take() was asked for, or what it left.
inline void give(void* block, std::size_t size) noexcept {
#ifndef GATEHOUSE_BLOCKS_FROM_HEAP
  if (block != nullptr && size <= detail::kLargest) [[likely]] {
    detail::Class& entry = detail::pool.classes[detail::class_of(size)];
    if (entry.count < entry.most) [[likely]] {
      auto* const freed = static_cast<detail::Free*>(block);
      freed->next = entry.first;
      entry.first = freed;
      ++entry.count;
      return;
    }
  }
#endif
  detail::give_slow(block, size);
}

}  // namespace gatehouse::block_pool
