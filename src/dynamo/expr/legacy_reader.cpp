// One pass; values go into the arena in their encoding.
#include "dynamo/expr/legacy_reader.hpp"

#include "dynamo/expr/arena_list.hpp"

namespace gatehouse::dynamo {

bool LegacyReader::next(LegacyEntry& to) {
  const auto name = reader_.next_name();
  if (!name) return false;
  if (name->empty()) reader_.fail_validation("Empty attribute name");
  to = LegacyEntry();
  to.attribute = *name;
  to.is_null = reader_.skip_null();
  return (to.is_null || read_entry(to)) && !reader_.fault();
}

bool LegacyReader::read_entry(LegacyEntry& to) {
  if (!reader_.begin_object()) return false;
  while (const auto name = reader_.next_name()) {
    if (!reader_.skip_null() && !read_member(*name, to)) return false;
  }
  return !reader_.failed();
}

bool LegacyReader::read_member(std::string_view name, LegacyEntry& to) {
  if (name == "ComparisonOperator") return reader_.read_string(to.comparison);
  if (name == "Action") return reader_.read_string(to.action);
  if (name == "Value") return read_value(to.value);
  if (name == "AttributeValueList") return read_list(to);
  if (name == "Exists") {
    bool exists = false;
    if (!reader_.read_bool(exists)) return false;
    to.exists = exists;
    return true;
  }
  return reader_.skip();
}

bool LegacyReader::read_list(LegacyEntry& to) {
  ArenaList<Value> values(arena_);
  to.has_list = true;
  if (!reader_.begin_array()) return false;
  while (reader_.next_element()) {
    Value value;
    if (!read_value(value)) return false;
    values.push_back(value);
  }
  to.list = values.view();
  return !reader_.failed();
}

bool LegacyReader::read_value(Value& to) {
  scratch_.clear();
  ValueWriter writer(scratch_);
  if (!reader_.read_value(writer)) return false;
  to = Value::at(arena_.copy(scratch_).data());
  return true;
}

Fault invalid_parameter(std::string message) {
  return validation("One or more parameter values were invalid: " + std::move(message));
}

Fault enumeration_fault(std::string_view value, std::string_view parameter, std::string_view attribute,
                        std::string_view member, std::string_view allowed) {
  std::string message = "1 validation error detected: Value '";
  message.append(value).append("' at '").append(parameter).append(".").append(attribute).append(".member.").append(member);
  message.append("' failed to satisfy constraint: Member must satisfy enum value set: [").append(allowed).append("]");
  return validation(std::move(message));
}

}  // namespace gatehouse::dynamo
