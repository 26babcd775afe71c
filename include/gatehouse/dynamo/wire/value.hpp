// Attribute values in the one form they are stored, computed with and sent from: encoded bytes, read in place through views.
// Encoding: docs/storage-format.md ("Items"). Views are trivially copyable and valid as long as the bytes; any thread.
//
// Encoded bytes that this process wrote are trusted: views do not check them. What comes from a disk is checked by
// is_valid_item() where there is doubt.
#pragma once

#include "gatehouse/dynamo/wire/encoding.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

enum class Type : std::uint8_t {
  kString,
  kNumber,
  kBinary,
  kBool,
  kNull,
  kStringSet,
  kNumberSet,
  kBinarySet,
  kList,
  kMap
};

std::string_view type_name(Type type);  // "S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"

class List;
class Map;
class Elements;

class Value {
 public:
  Value() = default;  // absent
  // `bytes` begin with an encoded value; what follows it is ignored.
  static Value at(const char* bytes) { return Value(bytes); }

  explicit operator bool() const { return bytes_ != nullptr; }
  Type type() const { return static_cast<Type>(*bytes_); }
  // The whole encoding.
  std::string_view bytes() const { return {bytes_, encoding::value_end(bytes_)}; }

  std::string_view text() const;  // of kString; the canonical text of kNumber; the raw bytes of kBinary
  bool boolean() const { return bytes_[1] != 0; }                                // of kBool
  std::uint32_t count() const { return encoding::container(bytes_ + 1).count; }  // of sets, lists and maps
  Elements elements() const;                                                     // of sets
  List list() const;                                                             // of kList
  Map map() const;                                                               // of kMap

 private:
  explicit Value(const char* bytes) : bytes_(bytes) {}
  const char* bytes_ = nullptr;
};

// The elements of a set as text, in canonical order: strings and binaries bytewise, numbers numerically.
class Elements {
 public:
  class Iterator;
  Iterator begin() const;
  Iterator end() const;
  bool contains(std::string_view element) const;

 private:
  friend class Value;
  Elements(const char* begin, const char* end) : begin_(begin), end_(end) {}
  const char* begin_;
  const char* end_;
};

class List {
 public:
  class Iterator;
  Iterator begin() const;
  Iterator end() const;
  std::uint32_t count() const { return count_; }
  Value at(std::uint32_t index) const;  // absent when there is none

 private:
  friend class Value;
  List(const char* begin, const char* end, std::uint32_t count) : begin_(begin), end_(end), count_(count) {}
  const char* begin_;
  const char* end_;
  std::uint32_t count_;
};

struct Attribute {
  std::string_view name;
  Value value;
};

// The attributes of an item, or of a value of type kMap, in the order they were written. Names are unique.
class Map {
 public:
  Map() = default;  // empty
  // An item's encoding as ItemWriter makes it, version byte included.
  static Map item(std::string_view bytes);

  class Iterator;
  Iterator begin() const;
  Iterator end() const;
  std::uint32_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  Value find(std::string_view name) const;  // absent when there is none
  // The encoded names and values one after the other.
  encoding::Container encoded() const { return {begin_, static_cast<std::uint32_t>(end_ - begin_), count_}; }

 private:
  friend class Value;
  Map(const char* begin, const char* end, std::uint32_t count) : begin_(begin), end_(end), count_(count) {}
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
  std::uint32_t count_ = 0;
};

class Elements::Iterator {
 public:
  using value_type = std::string_view;
  using reference = std::string_view;
  using pointer = void;
  using difference_type = std::ptrdiff_t;
  using iterator_category = std::input_iterator_tag;
  Iterator() = default;
  explicit Iterator(const char* at) : at_(at) {}
  std::string_view operator*() const { return encoding::text(at_).view(); }
  Iterator& operator++() {
    at_ = encoding::text(at_).end();
    return *this;
  }
  Iterator operator++(int) {
    const Iterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Iterator&) const = default;

 private:
  const char* at_ = nullptr;
};

class List::Iterator {
 public:
  using value_type = Value;
  using reference = Value;
  using pointer = void;
  using difference_type = std::ptrdiff_t;
  using iterator_category = std::input_iterator_tag;
  Iterator() = default;
  explicit Iterator(const char* at) : at_(at) {}
  Value operator*() const { return Value::at(at_); }
  Iterator& operator++() {
    at_ = encoding::value_end(at_);
    return *this;
  }
  Iterator operator++(int) {
    const Iterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Iterator&) const = default;

 private:
  const char* at_ = nullptr;
};

class Map::Iterator {
 public:
  using value_type = Attribute;
  using reference = Attribute;
  using pointer = void;
  using difference_type = std::ptrdiff_t;
  using iterator_category = std::input_iterator_tag;
  Iterator() = default;
  explicit Iterator(const char* at) : at_(at) {}
  Attribute operator*() const {
    const encoding::Text name = encoding::text(at_);
    return {name.view(), Value::at(name.end())};
  }
  Iterator& operator++() {
    at_ = encoding::value_end(encoding::text(at_).end());
    return *this;
  }
  Iterator operator++(int) {
    const Iterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Iterator&) const = default;

 private:
  const char* at_ = nullptr;
};

inline std::string_view Value::text() const {
  if (type() == Type::kNumber) return encoding::number(bytes_);
  return encoding::text(bytes_ + 1).view();
}

inline Elements Value::elements() const {
  const encoding::Container set = encoding::container(bytes_ + 1);
  return {set.begin, set.end()};
}

inline List Value::list() const {
  const encoding::Container list = encoding::container(bytes_ + 1);
  return {list.begin, list.end(), list.count};
}

inline Map Value::map() const {
  const encoding::Container map = encoding::container(bytes_ + 1);
  return {map.begin, map.end(), map.count};
}

inline Elements::Iterator Elements::begin() const { return Iterator(begin_); }
inline Elements::Iterator Elements::end() const { return Iterator(end_); }

inline bool Elements::contains(std::string_view element) const { return std::find(begin(), end(), element) != end(); }

inline List::Iterator List::begin() const { return Iterator(begin_); }
inline List::Iterator List::end() const { return Iterator(end_); }

inline Map Map::item(std::string_view bytes) {
  const encoding::Container map = encoding::container(bytes.data() + 1);
  return {map.begin, map.end(), map.count};
}

inline Map::Iterator Map::begin() const { return Iterator(begin_); }
inline Map::Iterator Map::end() const { return Iterator(end_); }

inline Value Map::find(std::string_view name) const {
  for (const char* at = begin_; at != end_;) {
    const encoding::Text here = encoding::text(at);
    if (here.size == name.size() && std::memcmp(here.begin, name.data(), name.size()) == 0)
      return Value::at(here.end());
    at = encoding::value_end(here.end());
  }
  return {};
}

// Same type and same content; maps in any order.
bool equal(Value a, Value b);
bool equal(const Map& a, const Map& b);
// REQUIRES: both are strings, both numbers, or both binaries. Negative, zero, positive.
int compare(Value a, Value b);

// Bytes as the service counts them towards item size and capacity ("Item sizes and formats").
std::uint64_t size_of(Value value);
std::uint64_t size_of(const Map& item);  // attribute names included

// Whether `bytes` are one well-formed encoded item, all lengths and counts in bounds, nesting within kMaxNesting.
bool is_valid_item(std::string_view bytes);

// An attribute's value is at level 1, what lies in a list or map one level deeper than it.
inline constexpr std::uint32_t kMaxNesting = 32;
inline constexpr std::uint64_t kMaxItemSize = 400 * 1024;

// Appends encoded values to a buffer that it does not own. Containers are opened and closed; lengths are patched in.
// REQUIRES: calls in an order that makes sense; it checks nothing.
class ValueWriter {
 public:
  explicit ValueWriter(std::string& to) : to_(to) {}

  void string(std::string_view text);  // UTF-8
  void number(std::string_view canonical);
  void binary(std::string_view bytes);
  void boolean(bool value);
  void null();
  void value(Value copied);

  struct Open {
    std::size_t at;
    std::uint32_t count = 0;
    bool binary = false;  // the elements are no text
  };
  Open begin_list();
  void end_list(Open& open);  // the caller counts the values written in between in open.count
  Open begin_map();
  void name(Open& open, std::string_view name);  // counts; its value follows
  void end_map(Open& open);
  // `elements` are unique and in canonical order.
  template <class Range>
  void set(Type type, const Range& elements) {
    Open open = begin_set(type);
    for (std::string_view element : elements) set_element(open, element);
    end_set(open);
  }
  Open begin_set(Type type);
  void set_element(Open& open, std::string_view element);
  void end_set(Open& open);

  // An item: a map with a version byte before it.
  Open begin_item();
  void end_item(Open& open) { end_map(open); }

  std::string& buffer() { return to_; }

 private:
  Open begin_container();
  void end_container(const Open& open);
  void text(std::string_view bytes, bool escape);

  std::string& to_;
};

}  // namespace gatehouse::dynamo
