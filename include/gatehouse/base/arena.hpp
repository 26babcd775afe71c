// A bump allocator for everything that lives as long as one request: normalised path, rewritten headers, variables.
// One owner, one thread; memory comes in blocks from the thread's block pool and goes back when the request ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string_view>
#include <type_traits>

namespace gatehouse {

class Arena {
 public:
  Arena() = default;
  ~Arena() { clear(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void* allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) {
    auto at = (reinterpret_cast<std::uintptr_t>(next_) + alignment - 1) & ~(alignment - 1);
    if (next_ == nullptr || at + size > reinterpret_cast<std::uintptr_t>(end_)) return allocate_slow(size, alignment);
    next_ = reinterpret_cast<char*>(at + size);
    return reinterpret_cast<void*>(at);
  }

  template <class T>
  std::span<T> array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    return {static_cast<T*>(allocate(count * sizeof(T), alignof(T))), count};
  }

  // A copy of `text` that lives as long as the arena.
  std::string_view copy(std::string_view text) {
    auto* to = static_cast<char*>(allocate(text.size(), 1));
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }

  std::string_view concat(std::initializer_list<std::string_view> parts);

  // Gives every block back; all memory handed out becomes invalid.
  void clear();

 private:
  struct Block {
    Block* next;
    std::size_t size;
  };

  void* allocate_slow(std::size_t size, std::size_t alignment);

  char* next_ = nullptr;
  char* end_ = nullptr;
  Block* blocks_ = nullptr;
};

}  // namespace gatehouse
