// The kinds of values: each reads a node into a C++ value, says in words what it expects, prints a default, and knows its
// shape for schema and reference. A kind has `Value`, `kNode`, read(), expected(), print() and shape(); they are put together
// like list_of(kDuration). Those of scalars may have take(), which says nothing. Reading is one-threaded; a kind itself is a
// plain constant.
#pragma once

#include "cursor.hpp"
#include "gatehouse/base/strings.hpp"
#include "model.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::config {

// The read() of a kind that has take().
template <class K>
bool read_scalar(const K& kind, const Cursor& at, typename K::Value& value, Dollars dollars = Dollars::kPlain) {
  const auto text = at.text(kind.expected(), dollars);
  if (!text) return false;
  Complaint complaint;
  if (kind.take(at, *text, value, complaint)) return true;
  at.wrong(kind.expected(), *text, std::move(complaint));
  return false;
}

// One text with a form of its own, such as a duration or a URL.
template <class T>
struct Text {
  using Value = T;
  static constexpr Node::Kind kNode = Node::Kind::kScalar;
  std::string_view name;
  std::string_view what;     // "a duration such as 250ms, 5s, 10m, 2h or 7d"
  std::string_view pattern;  // for editors
  std::array<std::string_view, 3> examples;
  // False, with the complaint perhaps filled in, when `text` has another form; `value` is then unchanged.
  bool (*parse)(std::string_view text, T& value, Complaint& complaint);
  std::string (*format)(const T& value);
  bool number_too = false;
  Dollars dollars = Dollars::kPlain;

  std::string expected() const { return std::string(what); }
  std::string print(const T& value) const { return format(value); }

  bool read(const Cursor& at, T& value) const { return read_scalar(*this, at, value, dollars); }
  bool take(const Cursor&, std::string_view text, T& value, Complaint& complaint) const {
    return parse(text, value, complaint);
  }

  Shape shape(Model& model) const {
    TextModel text{std::string(name), std::string(what), std::string(pattern), {}, number_too};
    for (const std::string_view example : examples) {
      if (!example.empty()) text.examples.emplace_back(example);
    }
    model.add_text(std::move(text));
    return {Shape::Kind::kText, std::string(name), 0, 0, {}, {}};
  }
};

// A whole number within bounds.
template <class T = std::uint32_t>
struct Integer {
  using Value = T;
  static constexpr Node::Kind kNode = Node::Kind::kScalar;
  std::uint64_t minimum = 1;
  std::uint64_t maximum = std::numeric_limits<T>::max();

  std::string expected() const {
    return "a whole number from " + std::to_string(minimum) + " to " + std::to_string(maximum);
  }
  std::string print(const T& value) const { return std::to_string(value); }

  bool read(const Cursor& at, T& value) const { return read_scalar(*this, at, value); }
  bool take(const Cursor&, std::string_view text, T& value, Complaint&) const {
    const auto number = parse_u64(text);
    if (!number || *number < minimum || *number > maximum) return false;
    value = static_cast<T>(*number);
    return true;
  }

  Shape shape(Model&) const { return {Shape::Kind::kInteger, "", minimum, maximum, {}, {}}; }
};

struct Boolean {
  using Value = bool;
  static constexpr Node::Kind kNode = Node::Kind::kScalar;
  std::string expected() const { return "true or false"; }
  std::string print(bool value) const { return value ? "true" : "false"; }
  bool read(const Cursor& at, bool& value) const { return read_scalar(*this, at, value); }
  bool take(const Cursor& at, std::string_view text, bool& value, Complaint& complaint) const;
  Shape shape(Model&) const { return {Shape::Kind::kBoolean, "", 0, 0, {}, {}}; }
};
inline constexpr Boolean kBoolean;

// One of a few words. `later` are words whose feature this version does not have.
template <class T, std::size_t N>
struct Words {
  using Value = T;
  static constexpr Node::Kind kNode = Node::Kind::kScalar;
  std::array<std::pair<std::string_view, T>, N> words;
  std::array<std::string_view, 3> later{};

  std::string expected() const {
    std::string out;
    for (std::size_t i = 0; i < N; ++i) {
      if (i > 0) out += i + 1 == N ? " or " : ", ";
      out += words[i].first;
    }
    return out;
  }

  std::string print(const T& value) const {
    for (const auto& [word, meaning] : words) {
      if (meaning == value) return std::string(word);
    }
    return {};
  }

  bool read(const Cursor& at, T& value) const { return read_scalar(*this, at, value); }
  bool take(const Cursor&, std::string_view text, T& value, Complaint& complaint) const {
    std::array<std::string_view, N> known;
    for (std::size_t i = 0; i < N; ++i) {
      known[i] = words[i].first;
      if (known[i] != text) continue;
      value = words[i].second;
      return true;
    }
    for (const std::string_view word : later) {
      if (!word.empty() && word == text) complaint.message = in_quotes(word) + " is not available in this version";
    }
    if (complaint.message.empty()) complaint.fix = did_you_mean(text, known);
    return false;
  }

  Shape shape(Model&) const {
    Shape shape{Shape::Kind::kWords, "", 0, 0, {}, {}};
    for (const auto& entry : words) shape.words.emplace_back(entry.first);
    return shape;
  }
};

template <class K>
struct List {
  using Value = std::vector<typename K::Value>;
  static constexpr Node::Kind kNode = Node::Kind::kList;
  K item;
  std::string_view example;  // "[GET, POST]"
  bool may_be_empty = false;

  std::string expected() const { return "a list such as " + std::string(example); }
  std::string print(const Value&) const { return {}; }

  // One element for each item, also for those that are wrong.
  bool read(const Cursor& at, Value& value) const {
    if (!at.is(Node::Kind::kList, expected())) return false;
    const std::size_t size = at.node().items.size();
    if (size == 0 && !may_be_empty) {
      at.problem("expected " + expected() + ", found an empty list");
      return false;
    }
    value.assign(size, typename K::Value());
    bool good = true;
    for (std::size_t i = 0; i < size; ++i) good &= item.read(at.item(i), value[i]);
    return good;
  }

  Shape shape(Model& model) const {
    return {Shape::Kind::kList, "", may_be_empty ? 0U : 1U, 0, {}, {item.shape(model)}};
  }
};

template <class K>
constexpr List<K> list_of(K item, std::string_view example) {
  return {item, example};
}

// For lists where nothing in it says the same as no list.
template <class K>
constexpr List<K> maybe_empty_list_of(K item, std::string_view example) {
  return {item, example, true};
}

// Keys of the user's own choice, in the order of the file.
template <class K>
struct Map {
  using Value = std::vector<std::pair<std::string, typename K::Value>>;
  static constexpr Node::Kind kNode = Node::Kind::kMap;
  Text<std::string> key;
  K item;
  std::string_view example;

  std::string expected() const { return "a map such as " + std::string(example); }
  std::string print(const Value&) const { return {}; }

  // One element for each entry, also for those that are wrong.
  bool read(const Cursor& at, Value& value) const {
    if (!at.is(Node::Kind::kMap, expected())) return false;
    at.check_duplicate_keys();
    bool good = true;
    for (const Node::Entry& entry : at.node().entries) {
      auto& [name, settings] = value.emplace_back();
      name = entry.key;
      good &= read_key(at, entry, name) && item.read(at.child(entry), settings);
    }
    return good;
  }

  Shape shape(Model& model) const { return {Shape::Kind::kMap, "", 0, 0, {}, {key.shape(model), item.shape(model)}}; }

 private:
  bool read_key(const Cursor& at, const Node::Entry& entry, std::string& name) const {
    Complaint complaint;
    if (key.parse(entry.key, name, complaint)) return true;
    if (complaint.message.empty()) complaint.message = "the key must be " + key.expected();
    at.key_problem(entry, complaint.message, complaint.fix);
    return false;
  }
};

// Words, or another kind with the same value: `auth: none` or `auth: [users]`.
template <class W, class K>
struct WordsOr {
  using Value = typename K::Value;
  static constexpr Node::Kind kNode = Node::Kind::kScalar;
  W words;
  K other;

  std::string expected() const { return words.expected() + ", or " + other.expected(); }
  std::string print(const Value& value) const {
    const std::string word = words.print(value);
    return word.empty() ? other.print(value) : word;
  }

  bool read(const Cursor& at, Value& value) const {
    const Node::Kind found = at.node().kind;
    if (found == Node::Kind::kScalar) return read_scalar(*this, at, value);
    if (found == K::kNode) return other.read(at, value);
    at.mismatch(expected());
    return false;
  }

  bool take(const Cursor& at, std::string_view text, Value& value, Complaint& complaint) const {
    if (words.take(at, text, value, complaint)) return true;
    if constexpr (K::kNode == Node::Kind::kScalar) {
      // The words' suggestion stays when the other kind has none.
      if (complaint.message.empty() && other.take(at, text, value, complaint)) return true;
    } else if (K::kNode == Node::Kind::kList && complaint.fix.empty()) {
      complaint.fix = Cursor::list_fix(text);
    }
    return false;
  }

  Shape shape(Model& model) const {
    return {Shape::Kind::kEither, "", 0, 0, {}, {words.shape(model), other.shape(model)}};
  }
};

// A text, or a map with more to say: a target as its URL, or as {url: …, weight: 2}.
template <class T, class K>
struct TextOr {
  using Value = typename K::Value;
  T text;
  K other;

  std::string expected() const { return text.expected() + ", or " + other.expected(); }
  std::string print(const Value&) const { return {}; }
  bool read(const Cursor& at, Value& value) const {
    if (at.node().kind == Node::Kind::kMap) return other.read(at, value);
    if (at.node().kind == Node::Kind::kScalar) return text.read(at, value);
    at.mismatch(expected());
    return false;
  }
  Shape shape(Model& model) const {
    return {Shape::Kind::kEither, "", 0, 0, {}, {text.shape(model), other.shape(model)}};
  }
};

// The name of something that is declared elsewhere in the file.
struct NameOf {
  using Value = std::string;
  Names Reader::* names;
  Text<std::string> form;

  std::string expected() const { return form.expected(); }
  std::string print(const std::string& value) const { return value; }
  bool read(const Cursor& at, std::string& value) const {
    if (!form.read(at, value)) return false;
    (at.reader().*names).use(value, at);
    return true;
  }
  Shape shape(Model& model) const { return form.shape(model); }
};

}  // namespace gatehouse::config
