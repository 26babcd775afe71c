// Blocks of the arena double from 2 KiB to 64 KiB; a larger request gets a block of its own.
#include "gatehouse/base/arena.hpp"

#include "gatehouse/base/block_pool.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace gatehouse {
namespace {

constexpr std::size_t kFirstBlock = 2048;
constexpr std::size_t kLargestBlock = 64 * 1024;

}  // namespace

void* Arena::allocate_slow(std::size_t size, std::size_t alignment) {
  if (size > SIZE_MAX - kLargestBlock) throw std::bad_alloc();
  std::size_t taken = blocks_ == nullptr ? kFirstBlock : std::min(blocks_->size * 2, kLargestBlock);
  taken = std::max(taken, sizeof(Block) + alignment + size);
  auto* block = static_cast<Block*>(block_pool::take(taken));
  block->next = blocks_;
  block->size = taken;
  blocks_ = block;

  char* begin = reinterpret_cast<char*>(block + 1);
  char* end = reinterpret_cast<char*>(block) + taken;
  auto at = (reinterpret_cast<std::uintptr_t>(begin) + alignment - 1) & ~(alignment - 1);
  char* after = reinterpret_cast<char*>(at + size);
  // A large request must not throw away the room that is left in the current block.
  if (next_ == nullptr || end - after >= end_ - next_) {
    next_ = after;
    end_ = end;
  }
  return reinterpret_cast<void*>(at);
}

std::string_view Arena::concat(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const auto part : parts) size += part.size();
  char* const to = static_cast<char*>(allocate(size, 1));
  char* at = to;
  for (const auto part : parts) {
    if (part.empty()) continue;
    std::memcpy(at, part.data(), part.size());
    at += part.size();
  }
  return {to, size};
}

void Arena::clear() {
  next_ = end_ = nullptr;
  Block* block = std::exchange(blocks_, nullptr);
  while (block != nullptr) {
    Block* const next = block->next;
    block_pool::give(block, block->size);
    block = next;
  }
}

}  // namespace gatehouse
