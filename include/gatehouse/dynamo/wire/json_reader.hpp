// Reads the JSON of requests in one pass, without a tree: values go straight into their stored encoding. Bounded in depth,
// never recursive beyond it; refuses what DynamoDB refuses, in its words. One thread.
//
// Errors are sticky and have two ranks, as the service has: what is no JSON, or JSON of the wrong type, is a
// SerializationException wherever it stands; a bad attribute value is a ValidationException that counts only if the whole
// text could be read. Every method returns false, or does nothing, once the first rank occurred.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/wire/fault.hpp"
#include "gatehouse/dynamo/wire/value.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace gatehouse::dynamo {

class JsonReader {
 public:
  // The deepest nesting of JSON that is read at all: 32 levels of values, two JSON levels each, and what is around them.
  static constexpr unsigned kMaxDepth = 128;

  // Unescaped strings live in `arena`. `text` must be valid UTF-8 (is_valid_utf8) and outlive what was read.
  JsonReader(std::string_view text, Arena& arena);

  enum class Kind : std::uint8_t { kObject, kArray, kString, kNumber, kBool, kNull, kEnd };
  Kind peek();  // what stands next; kEnd when nothing does, or after an error

  // for (reader.begin_object(); auto name = reader.next_name();) { read one value or skip() }
  bool begin_object();                             // serialization fault when something else stands there
  std::optional<std::string_view> next_name();     // nullopt at the object's end. A repeated name is a fault
  bool begin_array();
  bool next_element();                             // false at the array's end

  // Each reads one value, or sets a serialization fault that names what was found and what was expected.
  bool read_string(std::string_view& to);
  bool read_bool(bool& to);
  bool read_integer(std::int64_t& to);
  bool skip();
  bool skip_null();                                // true, and consumed, when null stands next: members may be null
  // The bytes of the next value, as they stand in the text.
  bool read_raw(std::string_view& to);

  // {"S": "…"}, appended to `to`. Validation: exactly one type, sets not empty and without duplicates, numbers, nesting.
  bool read_value(ValueWriter& to);
  // {"name": {"S": "…"}, …} as an item / as a map value. Empty attribute names are a validation fault.
  bool read_item(ValueWriter& to);
  bool read_map(ValueWriter& to);

  // After the last value: only white space may follow.
  bool finish();

  void fail_validation(std::string message);   // the first one counts
  void fail_serialization(std::string message);
  bool failed() const;                          // a serialization fault
  // The fault that counts, if any.
  std::optional<Fault> fault() const;
  // The bad attribute value met first, if any: whoever validates in the service's order asks for it when its turn comes.
  const std::optional<Fault>& value_fault() const;

 private:
  struct State;
  const char* at_;
  const char* end_;
  Arena& arena_;
  unsigned depth_ = 0;
  std::optional<Fault> serialization_;
  std::optional<Fault> validation_;
};

bool is_valid_utf8(std::string_view text);

// Plain JSON (of a route's client) as attribute values and back: strings, numbers (exactly, as written), booleans, null, arrays and
// objects. JSON has no binary and no sets: kBinary becomes base64 text, sets become arrays.
bool read_plain_value(JsonReader& from, ValueWriter& to);
bool read_plain_item(JsonReader& from, ValueWriter& to);

}  // namespace gatehouse::dynamo
