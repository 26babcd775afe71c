// Attribute values in the one form they are stored, computed with and sent from: encoded bytes, read in place through views.
// Encoding: docs/storage-format.md ("Items"). Views are trivially copyable and valid as long as the bytes; any thread.
//
// Encoded bytes that this process wrote are trusted: views do not check them. What comes from a disk is checked by
// is_valid_item() where there is doubt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

enum class Type : std::uint8_t { kString, kNumber, kBinary, kBool, kNull, kStringSet, kNumberSet, kBinarySet, kList, kMap };

std::string_view type_name(Type type);  // "S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"

class List;
class Map;
class Elements;

class Value {
 public:
  Value() = default;  // absent
  // `bytes` begin with an encoded value; what follows it is ignored.
  static Value at(const char* bytes);

  explicit operator bool() const { return bytes_ != nullptr; }
  Type type() const;
  std::string_view bytes() const;  // the whole encoding

  std::string_view text() const;  // of kString; the canonical text of kNumber; the raw bytes of kBinary
  bool boolean() const;           // of kBool
  std::uint32_t count() const;    // of sets, lists and maps
  Elements elements() const;      // of sets
  List list() const;              // of kList
  Map map() const;                // of kMap

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
  using difference_type = std::ptrdiff_t;
  explicit Iterator(const char* at) : at_(at) {}
  std::string_view operator*() const;
  Iterator& operator++();
  bool operator==(const Iterator&) const = default;

 private:
  const char* at_;
};

class List::Iterator {
 public:
  using value_type = Value;
  using difference_type = std::ptrdiff_t;
  explicit Iterator(const char* at) : at_(at) {}
  Value operator*() const { return Value::at(at_); }
  Iterator& operator++();
  bool operator==(const Iterator&) const = default;

 private:
  const char* at_;
};

class Map::Iterator {
 public:
  using value_type = Attribute;
  using difference_type = std::ptrdiff_t;
  explicit Iterator(const char* at) : at_(at) {}
  Attribute operator*() const;
  Iterator& operator++();
  bool operator==(const Iterator&) const = default;

 private:
  const char* at_;
};

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

inline constexpr std::uint32_t kMaxNesting = 32;
inline constexpr std::uint64_t kMaxItemSize = 400 * 1024;

// Appends encoded values to a buffer that it does not own. Containers are opened and closed; lengths are patched in.
// REQUIRES: calls in an order that makes sense; it checks nothing.
class ValueWriter {
 public:
  explicit ValueWriter(std::string& to) : to_(to) {}

  void string(std::string_view text);        // UTF-8
  void number(std::string_view canonical);
  void binary(std::string_view bytes);
  void boolean(bool value);
  void null();
  void value(Value copied);

  struct Open {
    std::size_t at;
    std::uint32_t count = 0;
  };
  Open begin_list();
  void end_list(Open& open);   // open.count: how many values were written in between
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
  std::string& to_;
};

}  // namespace gatehouse::dynamo
