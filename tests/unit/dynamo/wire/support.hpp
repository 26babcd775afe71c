// JSON to bytes and back, in one call each.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <string>
#include <string_view>

namespace gatehouse::dynamo::test {

// An attribute value's encoding, or what the client would be told: "SerializationException: …".
struct Read {
  std::string bytes;
  std::string refusal;
  Value value() const { return Value::at(bytes.data()); }
  Map item() const { return Map::item(bytes); }
};

inline std::string told(const JsonReader& reader) {
  const auto fault = reader.fault();
  return fault ? std::string(fault_short_name(fault->type())) + ": " + fault->message() : std::string();
}

template <class Action>
Read read_with(std::string_view json, Action action) {
  Arena arena;
  JsonReader reader(json, arena);
  Read read;
  ValueWriter writer(read.bytes);
  action(reader, writer);
  reader.finish();
  read.refusal = told(reader);
  return read;
}

inline Read read_value(std::string_view json) {
  return read_with(json, [](JsonReader& reader, ValueWriter& to) { reader.read_value(to); });
}

inline Read read_item(std::string_view json) {
  return read_with(json, [](JsonReader& reader, ValueWriter& to) { reader.read_item(to); });
}

inline std::string written(Value value) {
  std::string text;
  write_json_value(text, value);
  return text;
}

inline std::string written(const Map& item) {
  std::string text;
  write_json_item(text, item);
  return text;
}

// What comes back of a value, or why it was refused.
inline std::string through(std::string_view json) {
  const Read read = read_value(json);
  return read.refusal.empty() ? written(read.value()) : read.refusal;
}

// `count` lists around a string.
inline std::string nested_lists(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += R"({"L":[)";
  text += R"({"S":"x"})";
  for (int i = 0; i < count; ++i) text += "]}";
  return text;
}

}  // namespace gatehouse::dynamo::test
