// From a 64-bit hash to a number, in one array: a lookup touches one cache line as a rule. Built once, then immutable.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gatehouse::plans {

class FlatIndex {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  explicit FlatIndex(std::size_t entries = 0) : slots_(std::bit_ceil(2 * entries + 2)) {}

  // REQUIRES: at most as many as there is room for.
  void add(std::uint64_t hash, std::uint32_t number) {
    std::size_t at = hash & (slots_.size() - 1);
    while (slots_[at].number != kNone) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = {hash, number};
  }

  // The first number with that hash for which same(number), or kNone.
  template <class Same>
  std::uint32_t find(std::uint64_t hash, Same same) const {
    for (std::size_t at = hash & (slots_.size() - 1); slots_[at].number != kNone; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].hash == hash && same(slots_[at].number)) return slots_[at].number;
    }
    return kNone;
  }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t number = kNone;
  };
  std::vector<Slot> slots_;
};

}  // namespace gatehouse::plans
