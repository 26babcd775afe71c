// What JsonReader keeps while it reads: the names of the objects that are open, and the encoding that grows. Both live in the
// arena of the request. One thread.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/wire/encoding.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gatehouse::dynamo {

// Finds repeated names. Objects end in the reverse order of their beginning.
class NameStack {
 public:
  struct Scope {
    std::uint32_t first = 0;    // its first name in names_
    std::uint32_t buckets = 0;  // of the hash table that it gets when it has many names
    std::uint32_t* table = nullptr;
  };

  explicit NameStack(Arena& arena) : arena_(arena) {}

  Scope open() const { return {count_}; }
  void close(const Scope& scope) { count_ = scope.first; }
  // False when the scope has it already. `name` lives as long as the scope.
  bool add(Scope& scope, std::string_view name);

 private:
  struct Name {
    const char* begin;
    std::uint32_t size;
    std::uint64_t mark;  // differs for most names that differ
    std::string_view view() const { return {begin, size}; }
  };

  bool known(const Scope& scope, std::string_view name, std::uint64_t mark) const;
  bool add_to_table(Scope& scope, std::string_view name);
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

  void byte(char c) { *room(1) = c, ++at_; }
  void null() { byte(static_cast<char>(encoding::kTagNull)); }
  void boolean(bool value);
  void tagged_text(encoding::Tag tag, std::string_view text, bool escape);
  void text(std::string_view text, bool escape);
  void number(std::string_view canonical);

  // The position that end_container() wants.
  std::size_t begin_container();
  void end_container(std::size_t at, std::uint32_t count);

 private:
  char* room(std::size_t size) {
    if (size > static_cast<std::size_t>(end_ - at_)) [[unlikely]] grow(size);
    return at_;
  }
  void grow(std::size_t size);

  Arena& arena_;
  char* begin_ = nullptr;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace gatehouse::dynamo
