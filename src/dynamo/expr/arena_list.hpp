// A list that grows in an arena: what was outgrown stays there until the request ends. One thread.
#pragma once

#include "gatehouse/base/arena.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <type_traits>

namespace gatehouse::dynamo {

template <class T>
class ArenaList {
 public:
  static_assert(std::is_trivially_copyable_v<T>);

  explicit ArenaList(Arena& arena) : arena_(arena) {}

  void push_back(const T& element) {
    if (size_ == room_.size()) grow();
    room_[size_++] = element;
  }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::span<T> view() const { return room_.first(size_); }
  T& operator[](std::size_t i) const { return room_[i]; }

 private:
  void grow() {
    const std::span<T> larger = arena_.array<T>(std::max<std::size_t>(4, 2 * size_));
    std::copy_n(room_.data(), size_, larger.data());
    room_ = larger;
  }

  Arena& arena_;
  std::span<T> room_;
  std::size_t size_ = 0;
};

}  // namespace gatehouse::dynamo
