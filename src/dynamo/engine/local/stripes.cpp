#include "stripes.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace gatehouse::dynamo {

std::size_t Stripes::index_of(std::string_view row_key) {
  // Table and index in the first five bytes, the partition's hash in the next four; byte order does not matter here.
  char head[9] = {};
  std::memcpy(head, row_key.data(), std::min(row_key.size(), sizeof head));
  std::uint32_t table;
  std::uint32_t hash;
  std::memcpy(&table, head, sizeof table);
  std::memcpy(&hash, head + 5, sizeof hash);
  const std::uint32_t space = (table ^ static_cast<unsigned char>(head[4])) * 0x85EBCA6BU;
  static_assert(std::has_single_bit(kCount));
  return ((hash ^ space) * 0x9E3779B1U) >> (32 - std::countr_zero(kCount));
}

void Stripes::begin_change(Stripe& stripe) { stripe.writers.fetch_add(1, std::memory_order_acq_rel); }

void Stripes::end_change(Stripe& stripe, CommitNumber number) {
  CommitNumber last = stripe.last.load(std::memory_order_relaxed);
  while (last < number && !stripe.last.compare_exchange_weak(last, number, std::memory_order_relaxed)) {
  }
  stripe.writers.fetch_sub(1, std::memory_order_release);
}

CommitNumber Stripes::last_change(const Stripe& stripe) {
  // A row that was seen was written after its writer was counted: either that writer still is, or its number stands in `last`.
  if (stripe.writers.load(std::memory_order_acquire) != 0) return kInFlight;
  return stripe.last.load(std::memory_order_relaxed);
}

}  // namespace gatehouse::dynamo
