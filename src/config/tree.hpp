// YAML text as a tree of our own, with the place of every node. yaml-cpp is behind it, in tree.cpp alone. What YAML offers
// and a configuration must not use is refused here: tags, keys that are no text, several documents, deep nesting, aliases
// that multiply. Immutable once parsed.
#pragma once

#include "text.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gatehouse::config {

struct Node {
  enum class Kind : unsigned char { kNull, kScalar, kList, kMap };
  struct Entry {
    std::string_view key;
    Position at;        // of the key
    Position first_at;  // of the same key earlier in the map; line 0: there is none
    const Node* value;
  };

  Kind kind = Kind::kNull;
  Position at;            // of an alias: where it stands; what it stands for keeps its own places
  std::size_t nodes = 1;  // in this subtree, with aliases counted as often as they are used
  std::string text;       // kScalar
  bool quoted = false;    // kScalar: a text, whatever it looks like
  std::vector<const Node*> items;
  std::vector<Entry> entries;

  // The first entry with that key, or null.
  const Entry* find(std::string_view key) const;
};

// Why the text as a whole cannot be used.
struct Refusal {
  Position at;
  std::string message;
  std::string fix;
};

class Tree {
 public:
  static constexpr std::size_t kMaxDepth = 64;
  static constexpr std::size_t kMaxNodes = 1'000'000;

  // An empty text is a tree of one kNull node.
  static std::variant<Tree, Refusal> parse(std::string_view text);

  const Node& root() const { return *root_; }

 private:
  friend class TreeBuilder;
  std::deque<Node> nodes_;
  const Node* root_ = nullptr;
};

}  // namespace gatehouse::config
