// What the fuzzers of DynamoDB expressions share: fixed placeholders, a fixed item with values of all types, checks.
#pragma once

#include "fuzz/fuzz_support.hpp"
#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/expr/bindings.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"
#include "gatehouse/dynamo/wire/value.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::dynamo::fuzz {

using gatehouse::testing::require;
using gatehouse::testing::text_of;

inline std::string encoded(std::string_view json) {
  Arena arena;
  JsonReader reader(json, arena);
  std::string bytes;
  ValueWriter writer(bytes);
  reader.read_item(writer);
  require(reader.finish() && !reader.fault(), "the fixed JSON is well-formed");
  return bytes;
}

inline const Map& item() {
  static const std::string bytes = encoded(R"({"pk":{"S":"k"},"n":{"N":"10"},"s":{"S":"stra"},"e":{"S":"é😀"},"b":{"B":"AAE="},
      "ss":{"SS":["a","b"]},"ns":{"NS":["1","3"]},"bs":{"BS":["AA=="]},"t":{"BOOL":true},"x":{"NULL":true},
      "l":{"L":[{"N":"0"},{"L":[{"S":"p"},{"S":"q"}]},{"M":{"x":{"S":"X"}}}]},
      "m":{"M":{"x":{"N":"1"},"l":{"L":[{"M":{"z":{"S":"zz"}}}]}}},"status":{"S":"ok"}})");
  static const Map map = Map::item(bytes);
  return map;
}

inline const Map& values() {
  static const std::string bytes = encoded(R"({":n":{"N":"5"},":s":{"S":"st"},":d":{"N":"-1.5"},":t":{"S":"S"},":b":{"B":"AA=="},
      ":ss":{"SS":["b","c"]},":ns":{"NS":["3"]},":bs":{"BS":["AA=="]},":l":{"L":[{"S":"a"}]},":m":{"M":{"x":{"S":"X"}}},
      ":f":{"BOOL":false},":x":{"NULL":true}})");
  static const Map map = Map::item(bytes);
  return map;
}

inline Bindings bindings() {
  Bindings all;
  all.add_name("#n", "n");
  all.add_name("#s", "status");
  all.add_name("#l", "l");
  all.set_values(values());
  return all;
}

// A fault says something and is one of validation.
inline void require_fault(const Fault& fault) {
  require(fault.type() == FaultType::kValidation, "faults of expressions are validation faults");
  require(!fault.message().empty() && fault.message().size() < 64 * 1024, "a fault has a message of bounded size");
}

}  // namespace gatehouse::dynamo::fuzz
