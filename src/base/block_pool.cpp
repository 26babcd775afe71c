// What is rare: the first use on a thread, an empty or full class, large blocks, the end of the thread.
#include "gatehouse/base/block_pool.hpp"

#include <new>

namespace gatehouse::block_pool {

#ifdef GATEHOUSE_BLOCKS_FROM_HEAP
// The sanitizer sees use after give() and overflow only when every block is an allocation of its own, of the exact
// size.
void* detail::take_slow(std::size_t& size) { return ::operator new(size); }
void detail::give_slow(void* block, std::size_t) noexcept { ::operator delete(block); }
std::size_t kept_bytes() noexcept { return 0; }

#else
namespace detail {

constinit thread_local Pool pool{};

namespace {

constexpr std::size_t kKeptPerClass = 1024 * 1024;

struct Cleaner {
  Cleaner() {
    for (unsigned index = 0; index < kClasses; ++index)
      pool.classes[index].most = static_cast<std::uint32_t>(kKeptPerClass / size_of(index));
  }
  ~Cleaner() {
    pool.closed = true;
    for (auto& entry : pool.classes) {
      while (Free* const block = entry.first) {
        entry.first = block->next;
        ::operator delete(block);
      }
      entry.count = entry.most = 0;
    }
  }
};

// True when blocks may be kept from now on.
bool watch_thread_exit() {
  if (pool.closed || pool.classes[0].most != 0) return false;
  thread_local Cleaner cleaner;
  (void)cleaner;
  return true;
}

}  // namespace

void* take_slow(std::size_t& size) {
  if (size <= kLargest) size = size_of(class_of(size));
  return ::operator new(size);
}

void give_slow(void* block, std::size_t size) noexcept {
  if (block != nullptr && size <= kLargest && watch_thread_exit()) {
    give(block, size);
  } else {
    ::operator delete(block);
  }
}

}  // namespace detail

std::size_t kept_bytes() noexcept {
  std::size_t total = 0;
  for (unsigned index = 0; index < detail::kClasses; ++index)
    total += detail::pool.classes[index].count * detail::size_of(index);
  return total;
}
#endif

}  // namespace gatehouse::block_pool
