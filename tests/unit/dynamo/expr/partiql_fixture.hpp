// What the tests of PartiQL share: an item, and what statements make of it, as text.
#pragma once

#include "gatehouse/dynamo/expr/partiql.hpp"
#include "unit/dynamo/expr/fixtures.hpp"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>

namespace gatehouse::dynamo::test {

inline const Encoded& item() {
  static const Encoded encoded(
      R"({"pk": {"S": "p"}, "sk": {"N": "1"}, "n": {"N": "2"}, "s": {"S": "stra"}, "ss": {"SS": ["a", "b"]},
    "l": {"L": [{"S": "a"}, {"N": "1"}]}, "b": {"B": "AAE="}, "t": {"BOOL": true}, "nul": {"NULL": true},
    "m": {"M": {"x": {"S": "X"}}}, "status": {"S": "ok"}})");
  return encoded;
}

inline std::string refusal(std::string_view text) {
  Arena arena;
  const auto statement = parse_statement(text, {}, arena);
  return statement ? std::string("accepted") : statement.error().message();
}

// What is different afterwards, or the fault.
inline std::string updated(std::string_view text, std::span<const Value> values = {}) {
  Arena arena;
  const auto statement = parse_statement(text, values, arena);
  if (!statement) return statement.error().message();
  std::string bytes;
  ValueWriter writer(bytes);
  const auto outcome = statement->update.apply(item().map(), true, writer, arena);
  if (!outcome) return outcome.error().message();
  EXPECT_TRUE(is_valid_item(bytes));
  const Map now = Map::item(bytes);
  std::vector<std::pair<std::string, std::string>> changes;
  for (const Attribute& attribute : item().map()) {
    if (!now.find(attribute.name)) changes.emplace_back(attribute.name, "null");
  }
  for (const Attribute& attribute : now) {
    const Value before = item().value(attribute.name);
    if (!before || !equal(before, attribute.value)) changes.emplace_back(attribute.name, sorted_json(attribute.value));
  }
  std::sort(changes.begin(), changes.end());
  std::string json;
  for (const auto& [name, value] : changes) json += (json.empty() ? "\"" : ",\"") + name + "\":" + value;
  return '{' + json + '}';
}

}  // namespace gatehouse::dynamo::test
