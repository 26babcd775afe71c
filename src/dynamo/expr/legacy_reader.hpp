// Reads the JSON of the legacy parameters: for each attribute a small object whose members come in any order. One parameter; one
// thread.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/wire/fault.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/dynamo/wire/value.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

// What stands for one attribute in Expected, QueryFilter, ScanFilter, KeyConditions and AttributeUpdates.
struct LegacyEntry {
  std::string_view attribute;
  bool is_null = false;
  std::string_view comparison;  // empty: none
  std::string_view action;      // empty: none
  std::optional<bool> exists;
  Value value;
  bool has_list = false;
  std::span<const Value> list;
};

class LegacyReader {
 public:
  LegacyReader(std::string_view json, Arena& arena) : arena_(arena), reader_(json, arena) { reader_.begin_object(); }

  // False at the end, or after a fault.
  bool next(LegacyEntry& to);
  // What is no JSON of the right types, or no attribute value.
  std::optional<Fault> fault() const { return reader_.fault(); }

 private:
  bool read_entry(LegacyEntry& to);
  bool read_member(std::string_view name, LegacyEntry& to);
  bool read_list(LegacyEntry& to);
  bool read_value(Value& to);

  Arena& arena_;
  JsonReader reader_;
  std::string scratch_;
};

// `Value 'X' at 'expected.a.member.comparisonOperator' failed to satisfy constraint: …`
Fault enumeration_fault(std::string_view value, std::string_view parameter, std::string_view attribute,
                        std::string_view member, std::string_view allowed);
Fault invalid_parameter(std::string message);  // "One or more parameter values were invalid: …"

}  // namespace gatehouse::dynamo
