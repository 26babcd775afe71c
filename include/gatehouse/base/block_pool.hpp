// Thread-local free lists of memory blocks in a few sizes: coroutine frames, head buffers, body remainders, arenas.
// A block must be given back on the thread that took it. What is kept per size is bounded; the rest is freed.
#pragma once

#include <cstddef>

namespace gatehouse::block_pool {

// At least `size` bytes, aligned for any object; `size` is rounded up to the block's real size on return.
// Sizes above 256 KiB come from and go to the heap.
void* take(std::size_t& size);

// `size` is what take() was asked for, or what it left.
void give(void* block, std::size_t size) noexcept;

// What this thread keeps for later. Always 0 under AddressSanitizer, where every block comes from the heap.
std::size_t kept_bytes() noexcept;

}  // namespace gatehouse::block_pool
