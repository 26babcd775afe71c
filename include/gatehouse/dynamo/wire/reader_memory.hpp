// What JsonReader keeps while it reads: the names of the objects that are open, and the encoding that grows. Both live in the
// arena of the request. One thread.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/wire/encoding.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gatehouse::dynamo {

// Finds repeated names. Objects end in the reverse order of their beginning.
class NameStack {
 public:
  struct Scope {
    std::uint32_t first;    // its first name in names_
    std::uint32_t buckets;  // of the hash table that it gets when it has many names
    std::uint32_t* table;
  };

  explicit NameStack(Arena& arena) : arena_(arena) {}

  Scope open() const { return {count_, 0, nullptr}; }
  void close(const Scope& scope) { count_ = scope.first; }
  // False when the scope has it already. `name` lives as long as the scope.
  bool add(Scope& scope, std::string_view name) {
    const std::uint64_t mark = mark_of(name);
    if (count_ - scope.first >= kMaxScanned) return add_to_table(scope, name, mark);
    for (std::uint32_t i = scope.first; i < count_; ++i) {
      if (names_[i].mark == mark && names_[i].view() == name) [[unlikely]]
        return false;
    }
    push(name, mark);
    return true;
  }

 private:
  struct Name {
    const char* begin;
    std::uint32_t size;
    std::uint64_t mark;  // differs for most names that differ
    std::string_view view() const { return {begin, size}; }
  };

  // Beyond so many names an object gets a table.
  static constexpr std::uint32_t kMaxScanned = 24;

  template <class Word>
  static std::uint64_t load(const char* from) {
    Word word;
    std::memcpy(&word, from, sizeof word);
    return word;
  }

  static std::uint64_t mark_of(std::string_view name) {
    const std::size_t size = name.size();
    const char* const begin = name.data();
    std::uint64_t mark = 0;
    if (size >= 8) {
      mark = load<std::uint64_t>(begin) ^ std::rotl(load<std::uint64_t>(begin + size - 8), 23);
    } else if (size >= 4) {
      mark = load<std::uint32_t>(begin) | load<std::uint32_t>(begin + size - 4) << 32;
    } else if (size > 0) {
      mark = load<std::uint8_t>(begin) | load<std::uint8_t>(begin + size / 2) << 8 |
             load<std::uint8_t>(begin + size - 1) << 16;
    }
    return mark ^ size << 56;
  }

  void push(std::string_view name, std::uint64_t mark) {
    if (count_ == capacity_) [[unlikely]]
      grow();
    names_[count_++] = {name.data(), static_cast<std::uint32_t>(name.size()), mark};
  }

  bool add_to_table(Scope& scope, std::string_view name, std::uint64_t mark);
  void grow();
  void build_table(Scope& scope);
  std::uint32_t* bucket_of(const Scope& scope, std::string_view name) const;

  Arena& arena_;
  Name* names_ = nullptr;
  std::uint32_t count_ = 0;
  std::uint32_t capacity_ = 0;
};

// Encoded values, appended with raw pointers: std::string would zero or check every piece.
class EncodeBuffer {
 public:
  explicit EncodeBuffer(Arena& arena) : arena_(arena) {}

  void clear() { at_ = begin_; }
  std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }
  void truncate(std::size_t size) { at_ = begin_ + size; }
  std::string_view view() const { return {begin_, size()}; }

  void byte(char c) {
    *room(1) = c;
    ++at_;
  }
  // Moves the end past bytes that were written to what room() gave.
  char* room(std::size_t size) {
    if (size > static_cast<std::size_t>(end_ - at_)) [[unlikely]]
      grow(size);
    return at_;
  }
  void advance_to(char* end) { at_ = end; }

  void null() { byte(static_cast<char>(encoding::kTagNull)); }
  void boolean(bool value);
  void tagged_text(encoding::Tag tag, std::string_view text, bool escape);
  void text(std::string_view text, bool escape);
  void number(std::string_view canonical);

  // The position that end_container() wants.
  std::size_t begin_container();
  void end_container(std::size_t at, std::uint32_t count);

 private:
  void grow(std::size_t size);

  Arena& arena_;
  char* begin_ = nullptr;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace gatehouse::dynamo
