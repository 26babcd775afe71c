// A JSON document (RFC 8259) from outside, read once and looked at: nesting is bounded, member names are unique, text is UTF-8 and
// numbers keep their digits. Immutable; any thread. Two allocations for a document, none to look at it.
#pragma once

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse {

enum class JsonKind : unsigned char { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };

struct JsonFault {
  enum class Kind : unsigned char { kSyntax, kEncoding, kDepth, kDuplicateMember };
  Kind kind = Kind::kSyntax;
  std::size_t offset = 0;  // in bytes, of the text
  std::string_view what() const;
};

[[noreturn]] inline void throw_exception_from_error(const JsonFault& fault, const boost::source_location&) {
  throw std::runtime_error(std::string(fault.what()));
}

namespace detail {
// Nodes stand in the order of the text; `span` of them, itself included, are the value.
struct JsonNode {
  std::uint32_t at, size;  // of text: a string's characters, a number's digits. Of containers `size` is the number of children
  std::uint32_t name_at, name_size;
  std::uint32_t span;
  JsonKind kind;
};
}  // namespace detail

// A value in a JsonTree, or none. Lives as long as the tree, also when the tree is moved.
class JsonValue {
 public:
  JsonValue() = default;
  explicit operator bool() const { return node_ != nullptr; }

  // All below, REQUIRES: a value.
  JsonKind kind() const { return node_->kind; }
  bool is_string() const { return node_->kind == JsonKind::kString; }
  bool is_number() const { return node_->kind == JsonKind::kNumber; }
  bool is_array() const { return node_->kind == JsonKind::kArray; }
  bool is_object() const { return node_->kind == JsonKind::kObject; }
  // A string's characters without escapes, a number's digits as written, "true", "false", "null". Empty for containers.
  std::string_view text() const;
  // The value of a number; infinite when its exponent is too large. REQUIRES: is_number().
  double number() const;

  // Elements or members; 0 for others.
  std::size_t size() const;
  class Iterator;
  Iterator begin() const;
  Iterator end() const;
  // Of a member: its name. Empty for others.
  std::string_view name() const { return {text_ + node_->name_at, node_->name_size}; }
  // No value when this is no object, or has no such member.
  JsonValue find(std::string_view name) const;
  // No value when this is no array, or is shorter.
  JsonValue at(std::size_t index) const;

  // As compact JSON.
  void append_to(std::string& to) const;

 private:
  friend class JsonTree;
  JsonValue(const detail::JsonNode* node, const char* text) : node_(node), text_(text) {}

  const detail::JsonNode* node_ = nullptr;
  const char* text_ = nullptr;
};

class JsonValue::Iterator {
 public:
  using value_type = JsonValue;
  using difference_type = std::ptrdiff_t;
  Iterator() = default;
  JsonValue operator*() const { return {node_, text_}; }
  Iterator& operator++() {
    node_ += node_->span;
    return *this;
  }
  Iterator operator++(int) {
    const Iterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Iterator& other) const { return node_ == other.node_; }

 private:
  friend class JsonValue;
  Iterator(const detail::JsonNode* node, const char* text) : node_(node), text_(text) {}
  const detail::JsonNode* node_ = nullptr;
  const char* text_ = nullptr;
};

class JsonTree {
 public:
  static constexpr std::size_t kMaxDepth = 32;
  using Result = boost::system::result<JsonTree, JsonFault>;

  static Result parse(std::string_view text, std::size_t max_depth = kMaxDepth);
  // Takes the memory instead of a copy. REQUIRES: size < 2^31.
  static Result parse(std::unique_ptr<char[]> text, std::size_t size, std::size_t max_depth = kMaxDepth);

  JsonValue root() const { return {nodes_.data(), text_.get()}; }

 private:
  JsonTree(std::unique_ptr<char[]> text, std::vector<detail::JsonNode> nodes)
      : text_(std::move(text)), nodes_(std::move(nodes)) {}

  std::unique_ptr<char[]> text_;  // strings lie in it without their escapes
  std::vector<detail::JsonNode> nodes_;
};

inline JsonValue::Iterator JsonValue::begin() const { return {node_ + 1, text_}; }
inline JsonValue::Iterator JsonValue::end() const { return {node_ + node_->span, text_}; }
inline std::size_t JsonValue::size() const { return is_array() || is_object() ? node_->size : 0; }

}  // namespace gatehouse
