// What the tests of expressions share: items and placeholders from JSON, results as text.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/expr/bindings.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"
#include "gatehouse/dynamo/wire/value.hpp"

#include <algorithm>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::dynamo::test {

// An item, or the values of placeholders, encoded.
class Encoded {
 public:
  explicit Encoded(std::string_view json) {
    Arena arena;
    JsonReader reader(json, arena);
    ValueWriter writer(bytes_);
    reader.read_item(writer);
    reader.finish();
    if (const auto fault = reader.fault()) throw std::invalid_argument(fault->message());
  }

  Map map() const { return Map::item(bytes_); }
  Value value(std::string_view name) const { return map().find(name); }

 private:
  std::string bytes_;
};

// A text, and what becomes of it.
struct Case {
  std::string_view text;
  std::string_view expected;
  friend std::ostream& operator<<(std::ostream& to, const Case& one) { return to << one.text; }
};

using Names = std::vector<std::pair<std::string, std::string>>;

// The part of `names` and `values` that `text` mentions, as a client would send it.
inline Bindings bindings_for(std::string_view text, const Names& names, const Encoded& values) {
  const auto mentions = [&](std::string_view placeholder) {
    for (auto at = text.find(placeholder); at != std::string_view::npos; at = text.find(placeholder, at + 1)) {
      const std::size_t end = at + placeholder.size();
      if (end == text.size() || (!std::isalnum(static_cast<unsigned char>(text[end])) && text[end] != '_')) return true;
    }
    return false;
  };
  Bindings bindings;
  for (const auto& [placeholder, attribute] : names) {
    if (mentions(placeholder)) bindings.add_name(placeholder, attribute);
  }
  bindings.set_values(values.map());
  return bindings;
}

// JSON with the attributes of maps sorted by name, so that two spellings of one item are one text.
inline std::string sorted_json(const Map& map);

inline std::string sorted_json(Value value) {
  std::string text;
  if (value.type() == Type::kMap) return "{\"M\":" + sorted_json(value.map()) + "}";
  if (value.type() != Type::kList) {
    write_json_value(text, value);
    return text;
  }
  for (const Value element : value.list()) text += (text.empty() ? "" : ",") + sorted_json(element);
  return "{\"L\":[" + text + "]}";
}

inline std::string sorted_json(const Map& map) {
  std::vector<std::pair<std::string, std::string>> members;
  for (const Attribute& attribute : map) members.emplace_back(attribute.name, sorted_json(attribute.value));
  std::sort(members.begin(), members.end());
  std::string text;
  for (const auto& [name, json] : members) {
    if (!text.empty()) text += ',';
    write_json_string(text, name);
    text += ':' + json;
  }
  return '{' + text + '}';
}

inline std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace gatehouse::dynamo::test
