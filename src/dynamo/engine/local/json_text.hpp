// JSON objects of answers, member by member, appended to a string. One thread.
#pragma once

#include "table.hpp"

#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

class JsonText {
 public:
  explicit JsonText(std::string& to) : to_(to) {}

  void begin() { element().push_back('{'); }
  void begin(std::string_view name) { member(name).push_back('{'); }
  void end() { to_.push_back('}'); }
  void begin_list(std::string_view name) { member(name).push_back('['); }
  void end_list() { to_.push_back(']'); }

  void string(std::string_view name, std::string_view value) { write_json_string(member(name), value); }
  void element(std::string_view value) { write_json_string(element(), value); }
  void integer(std::string_view name, std::int64_t value) { write_json_integer(member(name), value); }
  void flag(std::string_view name, bool value) { member(name).append(value ? "true" : "false"); }
  // Seconds since the epoch with milliseconds, as the service writes times.
  void time(std::string_view name, WallTime value) {
    char text[32];
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(value.time_since_epoch()).count();
    const auto end = std::to_chars(text, text + sizeof text, static_cast<double>(milliseconds) / 1000.0, std::chars_format::fixed);
    member(name).append(text, end.ptr);
  }
  // What is JSON already.
  void raw(std::string_view name, std::string_view json) { member(name).append(json); }
  // Where the value of a member is to be appended.
  std::string& member(std::string_view name) {
    write_json_string(element(), name);
    to_.push_back(':');
    return to_;
  }

 private:
  // A comma unless this is the first: strings end with a quotation mark, so the last byte says so.
  std::string& element() {
    if (!to_.empty() && to_.back() != '{' && to_.back() != '[' && to_.back() != ':') to_.push_back(',');
    return to_;
  }

  std::string& to_;
};

}  // namespace gatehouse::dynamo
