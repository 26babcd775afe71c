// Size classes are powers of two with one step between: 64, 96, 128, 192, 256, ... 256 KiB. Each keeps at most 1 MiB.
#include "gatehouse/base/block_pool.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#define GATEHOUSE_BLOCKS_FROM_HEAP 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GATEHOUSE_BLOCKS_FROM_HEAP 1
#endif
#endif

namespace gatehouse::block_pool {

#ifdef GATEHOUSE_BLOCKS_FROM_HEAP
// The sanitizer sees use after give() and overflow only when every block is an allocation of its own, of the exact
// size.
void* take(std::size_t& size) { return ::operator new(size); }
void give(void* block, std::size_t) noexcept { ::operator delete(block); }
std::size_t kept_bytes() noexcept { return 0; }

#else
namespace {

constexpr std::size_t kSmallest = 64;
constexpr std::size_t kLargest = 256 * 1024;
constexpr unsigned kSmallestBits = 6;
constexpr unsigned kClasses = 2 * 12 + 1;
constexpr std::size_t kKeptPerClass = 1024 * 1024;

struct Free {
  Free* next;
};

struct Class {
  Free* first = nullptr;
  std::uint32_t count = 0;
};

// Trivially destructible on purpose: blocks may be given back by destructors of other thread-local objects.
struct Pool {
  Class classes[kClasses];
  bool watched = false;
  bool closed = false;
};

constinit thread_local Pool pool;

struct Cleaner {
  ~Cleaner() {
    pool.closed = true;
    for (auto& entry : pool.classes) {
      while (Free* const block = entry.first) {
        entry.first = block->next;
        ::operator delete(block);
      }
      entry.count = 0;
    }
  }
};

void watch_thread_exit() {
  thread_local Cleaner cleaner;
  (void)cleaner;
  pool.watched = true;
}

// REQUIRES: size <= kLargest.
unsigned class_of(std::size_t size) {
  if (size <= kSmallest) return 0;
  const auto bits = static_cast<unsigned>(std::bit_width(size - 1));  // 2^(bits-1) < size <= 2^bits
  const std::size_t middle = (std::size_t{3} << bits) / 4;
  return 2 * (bits - kSmallestBits) - (size <= middle ? 1 : 0);
}

std::size_t size_of(unsigned index) {
  const std::size_t power = kSmallest << ((index + 1) / 2);
  return index % 2 == 0 ? power : power / 4 * 3;
}

}  // namespace

void* take(std::size_t& size) {
  if (size > kLargest) return ::operator new(size);
  const unsigned index = class_of(size);
  size = size_of(index);
  Class& entry = pool.classes[index];
  if (Free* const block = entry.first) [[likely]] {
    entry.first = block->next;
    --entry.count;
    return block;
  }
  return ::operator new(size);
}

void give(void* block, std::size_t size) noexcept {
  if (block == nullptr) return;
  if (size > kLargest || pool.closed) {
    ::operator delete(block);
    return;
  }
  const unsigned index = class_of(size);
  Class& entry = pool.classes[index];
  if (entry.count * size_of(index) >= kKeptPerClass) {
    ::operator delete(block);
    return;
  }
  if (!pool.watched) [[unlikely]]
    watch_thread_exit();
  auto* const freed = static_cast<Free*>(block);
  freed->next = entry.first;
  entry.first = freed;
  ++entry.count;
}

std::size_t kept_bytes() noexcept {
  std::size_t total = 0;
  for (unsigned index = 0; index < kClasses; ++index) total += pool.classes[index].count * size_of(index);
  return total;
}
#endif

}  // namespace gatehouse::block_pool
