// Builds the tree from yaml-cpp's events rather than from its nodes: events tell where an alias stands, keep duplicate keys
// and never expand anything.
#include "tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <unordered_map>
#include <utility>

namespace gatehouse::config {

namespace {

Position position(const YAML::Mark& mark) {
  return mark.is_null() ? Position{} : Position{mark.line + 1, mark.column + 1};
}

// At the end of a file yaml-cpp takes an open quote for a closed one, with the rest of the file in it. `from` begins where
// the scalar does, perhaps with an anchor.
bool quote_is_closed(std::string_view from) {
  if (from.starts_with('&')) {
    const auto name_end = from.find_first_of(" \t\r\n");
    const auto start = from.find_first_not_of(" \t\r\n", name_end);
    from = start == std::string_view::npos ? std::string_view() : from.substr(start);
  }
  if (from.empty() || (from[0] != '"' && from[0] != '\'')) return true;
  const char quote = from[0];
  for (std::size_t i = 1; i < from.size(); ++i) {
    if (quote == '"' && from[i] == '\\') {
      ++i;
    } else if (from[i] == quote) {
      if (quote == '"' || i + 1 == from.size() || from[i + 1] != quote) return true;
      ++i;
    }
  }
  return false;
}

std::string_view line_at(std::string_view text, int line) {
  for (; line > 1 && !text.empty(); --line) {
    const auto end = text.find('\n');
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

// What most often is behind a syntax error.
std::string likely_fix(std::string_view text, int line, std::string_view message) {
  if (message.find("anchor") != std::string_view::npos) return "put a text that begins with '*' in quotes";
  const std::string_view here = line_at(text, line);
  const std::string_view before = line_at(text, line - 1);
  const auto has = [&](std::string_view what) { return here.find(what) != std::string_view::npos; };
  if (here.substr(0, here.find_first_not_of(" \t")).find('\t') != std::string_view::npos ||
      before.substr(0, before.find_first_not_of(" \t")).find('\t') != std::string_view::npos) {
    return "indent with spaces, never with tabs";
  }
  if (has("[:")) return "put an IPv6 address in quotes: \"[::]:8443\"";
  if (has(": @") || has(": `") || has(": %") || has(": *") || has("- *")) return "put the value in quotes";
  if (has("{") && has(": ")) return "put a text with braces or colons in quotes";
  return "check indentation, quotes and brackets here and in the lines above";
}

}  // namespace

const Node::Entry* Node::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

// Thrown through yaml-cpp, which has no other way to be stopped, and caught in Tree::parse.
struct Stop {
  Refusal refusal;
};

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(Tree& tree, std::string_view text) : tree_(tree), text_(text) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ == 0) return;
    throw Stop{{position(mark), "the file goes on after the end of its first YAML document",
                "keep everything in one document"}};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node& node = make(Node::Kind::kNull, mark);
    // The mark of nothing is that of what comes next.
    if (!open_.empty() && open_.back().has_key) node.at = open_.back().node->entries.back().at;
    remember(anchor, node);
    place(node);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (expects_key()) refuse_key(mark);
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Stop{{position(mark), "the alias stands inside of what it refers to", ""}};
    count(found->second->nodes, mark);
    tree_.nodes_.push_back(*found->second);
    tree_.nodes_.back().at = position(mark);
    place(tree_.nodes_.back());
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_tag(mark, tag);
    if (tag == "!" && !quote_is_closed(text_.substr(std::min(static_cast<std::size_t>(mark.pos), text_.size())))) {
      throw Stop{{position(mark), "the quote that begins here is never closed", ""}};
    }
    const bool is_key = expects_key();
    Node& node = is_key ? add(Node::Kind::kScalar, mark) : make(Node::Kind::kScalar, mark);
    node.text = value;
    node.quoted = tag == "!";
    remember(anchor, node);
    if (is_key) {
      take_key(node);
    } else {
      place(node);
    }
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::kList, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node* node;
    YAML::anchor_t anchor;
    bool has_key = false;  // of a map: the next node is the value of entries.back()
    std::unordered_map<std::string_view, Position> keys;
  };

  static void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    throw Stop{{position(mark), "YAML tags have no meaning here", "leave out the word that begins with '!'"}};
  }

  void count(std::size_t more, const YAML::Mark& mark) {
    count_ += more;
    if (count_ <= Tree::kMaxNodes) return;
    throw Stop{{position(mark),
                "there are more than " + std::to_string(Tree::kMaxNodes) +
                    " values, aliases counted as often as they are used",
                ""}};
  }

  [[noreturn]] static void refuse_key(const YAML::Mark& mark) {
    throw Stop{{position(mark), "a key must be a text", "write key: value, and close every bracket and brace"}};
  }

  Node& make(Node::Kind kind, const YAML::Mark& mark) {
    if (expects_key()) refuse_key(mark);
    return add(kind, mark);
  }

  Node& add(Node::Kind kind, const YAML::Mark& mark) {
    count(1, mark);
    Node& node = tree_.nodes_.emplace_back();
    node.kind = kind;
    node.at = position(mark);
    return node;
  }

  void remember(YAML::anchor_t anchor, const Node& node) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = &node;
  }

  bool expects_key() const {
    return !open_.empty() && open_.back().node->kind == Node::Kind::kMap && !open_.back().has_key;
  }

  void take_key(const Node& key) {
    Open& map = open_.back();
    const auto [first, added] = map.keys.emplace(key.text, key.at);
    map.node->entries.push_back({key.text, key.at, added ? Position{} : first->second, nullptr});
    map.has_key = true;
  }

  void place(const Node& node) {
    if (open_.empty()) {
      tree_.root_ = &node;
      return;
    }
    Open& parent = open_.back();
    parent.node->nodes += node.nodes;
    if (parent.node->kind == Node::Kind::kMap) {
      parent.node->entries.back().value = &node;
      parent.has_key = false;
    } else {
      parent.node->items.push_back(&node);
    }
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    refuse_tag(mark, tag);
    Node& node = make(kind, mark);
    if (open_.size() == Tree::kMaxDepth) {
      throw Stop{{position(mark), "values are nested more than " + std::to_string(Tree::kMaxDepth) + " deep", ""}};
    }
    open_.push_back({&node, anchor, false, {}});
  }

  void close() {
    const Open closed = std::move(open_.back());
    open_.pop_back();
    remember(closed.anchor, *closed.node);
    place(*closed.node);
  }

  Tree& tree_;
  std::string_view text_;
  int documents_ = 0;
  std::size_t count_ = 0;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, const Node*> anchors_;
};

std::variant<Tree, Refusal> Tree::parse(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // a byte order mark
  Tree tree;
  TreeBuilder builder(tree, text);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (parser.HandleNextDocument(builder)) parser.HandleNextDocument(builder);
  } catch (const Stop& stop) {
    return stop.refusal;
  } catch (const YAML::Exception& error) {
    const Position at = position(error.mark);
    return Refusal{at, "not valid YAML: " + error.msg, likely_fix(text, at.line, error.msg)};
  }
  if (tree.root_ == nullptr) {
    tree.nodes_.emplace_back().at = {1, 1};
    tree.root_ = &tree.nodes_.back();
  }
  return tree;
}

}  // namespace gatehouse::config
