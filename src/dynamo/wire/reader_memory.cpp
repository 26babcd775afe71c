// Names by a scan over marks while they are few, by a seeded hash table when a client sends many.
#include "gatehouse/dynamo/wire/reader_memory.hpp"

#include "gatehouse/base/byte_copy.hpp"
#include "gatehouse/base/strings.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace gatehouse::dynamo {
namespace {

constexpr std::size_t kFirstBuffer = 1024;

}  // namespace

void NameStack::grow() {
  capacity_ = std::max(32U, 2 * capacity_);
  Name* const bigger = arena_.array<Name>(capacity_).data();
  std::copy_n(names_, count_, bigger);
  names_ = bigger;
}

// The bucket that holds the name, or the free one where it belongs. Buckets hold an index into names_ plus one.
std::uint32_t* NameStack::bucket_of(const Scope& scope, std::string_view name) const {
  std::uint32_t at = static_cast<std::uint32_t>(hash64(name)) & (scope.buckets - 1);
  while (scope.table[at] != 0 && names_[scope.table[at] - 1].view() != name) at = (at + 1) & (scope.buckets - 1);
  return scope.table + at;
}

void NameStack::build_table(Scope& scope) {
  scope.buckets = scope.buckets == 0 ? 4 * std::bit_ceil(kMaxScanned) : 4 * scope.buckets;
  scope.table = arena_.array<std::uint32_t>(scope.buckets).data();
  std::fill_n(scope.table, scope.buckets, 0U);
  for (std::uint32_t i = scope.first; i < count_; ++i) *bucket_of(scope, names_[i].view()) = i + 1;
}

bool NameStack::add_to_table(Scope& scope, std::string_view name, std::uint64_t mark) {
  if (2 * (count_ - scope.first + 1) > scope.buckets) build_table(scope);
  std::uint32_t* const bucket = bucket_of(scope, name);
  if (*bucket != 0) return false;
  *bucket = count_ + 1;
  push(name, mark);
  return true;
}

void EncodeBuffer::grow(std::size_t size) {
  const std::size_t used = this->size();
  const std::size_t capacity = std::max({kFirstBuffer, used + size, 2 * static_cast<std::size_t>(end_ - begin_)});
  auto* const bigger = static_cast<char*>(arena_.allocate(capacity, 1));
  if (used != 0) std::memcpy(bigger, begin_, used);
  begin_ = bigger;
  at_ = bigger + used;
  end_ = bigger + capacity;
}

void EncodeBuffer::boolean(bool value) {
  char* const at = room(2);
  at[0] = static_cast<char>(encoding::kTagBool);
  at[1] = value ? '\1' : '\0';
  at_ += 2;
}

void EncodeBuffer::text(std::string_view text, bool escape) {
  char* at = room(encoding::kMaxVarintBytes + text.size());
  at = encoding::write_varint(at, static_cast<std::uint32_t>(text.size() << 1) | (escape ? 1U : 0U));
  at_ = copy_bytes(at, text.data(), text.size());
}

void EncodeBuffer::tagged_text(encoding::Tag tag, std::string_view text, bool escape) {
  char* at = room(1 + encoding::kMaxVarintBytes + text.size());
  *at++ = static_cast<char>(tag);
  at = encoding::write_varint(at, static_cast<std::uint32_t>(text.size() << 1) | (escape ? 1U : 0U));
  at_ = copy_bytes(at, text.data(), text.size());
}

void EncodeBuffer::number(std::string_view canonical) {
  char* const at = room(2 + canonical.size());
  at[0] = static_cast<char>(encoding::kTagNumber);
  at[1] = static_cast<char>(canonical.size());
  at_ = copy_bytes(at + 2, canonical.data(), canonical.size());
}

std::size_t EncodeBuffer::begin_container() {
  const std::size_t at = size();
  room(encoding::kContainerHead);
  at_ += encoding::kContainerHead;
  return at;
}

void EncodeBuffer::end_container(std::size_t at, std::uint32_t count) {
  char* const head = begin_ + at;
  encoding::store_u32(head, static_cast<std::uint32_t>(size() - at - encoding::kContainerHead));
  encoding::store_u32(head + 4, count);
}

}  // namespace gatehouse::dynamo
