// Reads the JSON of requests in one pass, without a tree: values go straight into their stored encoding. Bounded in depth,
// never recursive beyond it; refuses what DynamoDB refuses, in its words. One thread.
//
// Errors are sticky and have two ranks, as the service has: what is no JSON, or JSON of the wrong type, is a
// SerializationException wherever it stands; a bad attribute value is a ValidationException that counts only if the whole
// text could be read. Every method returns false, or does nothing, once the first rank occurred.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/wire/fault.hpp"
#include "gatehouse/dynamo/wire/number.hpp"
#include "gatehouse/dynamo/wire/reader_memory.hpp"
#include "gatehouse/dynamo/wire/value.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gatehouse::dynamo {

inline constexpr std::string_view kAttributeMap =
    "java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>";

class JsonReader {
 public:
  // The deepest nesting of JSON that is read at all: 32 levels of values, two JSON levels each, and what is around them.
  static constexpr unsigned kMaxDepth = 128;

  // Unescaped strings live in `arena`. `text` must be valid UTF-8 (is_valid_utf8) and outlive what was read.
  JsonReader(std::string_view text, Arena& arena);
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;

  enum class Kind : std::uint8_t { kObject, kArray, kString, kNumber, kBool, kNull, kEnd };
  Kind peek();  // what stands next; kEnd when nothing does, or after an error

  // for (reader.begin_object(); auto name = reader.next_name();) { read one value or skip() }
  // A serialization fault when something else stands there. `type`: how the service calls what an array was found in place
  // of, "class com.amazonaws.dynamodb.v20120810.KeySchemaElement" or kAttributeMap.
  bool begin_object(std::string_view type = {});
  std::optional<std::string_view> next_name();  // nullopt at the object's end. A repeated name is a fault
  bool begin_array();
  bool next_element();  // false at the array's end

  // Each reads one value, or sets a serialization fault that names what was found and what was expected.
  bool read_string(std::string_view& to);
  bool read_bool(bool& to);  // "true", "1", "yes" and their opposites in any case will do, as they do for the service
  // Fractions are cut off, what is beyond 64 bits is the nearest that is not. `type`: as the service calls it, "Long".
  bool read_integer(std::int64_t& to, std::string_view type = "Integer");
  bool skip();
  bool skip_null();  // true, and consumed, when null stands next: members may be null
  // The bytes of the next value, as they stand in the text.
  bool read_raw(std::string_view& to);

  // {"S": "…"}, appended to `to`. Validation: exactly one type, sets not empty and without duplicates, numbers, nesting.
  // What has a validation fault can be looked at all the same, but is not what was sent.
  bool read_value(ValueWriter& to);
  // {"name": {"S": "…"}, …} as an item / as a map value. Empty attribute names are a validation fault.
  bool read_item(ValueWriter& to);
  bool read_map(ValueWriter& to);

  // After the last value: only white space may follow.
  bool finish();

  void fail_validation(std::string message);  // the first one counts
  void fail_serialization(std::string message);
  bool failed() const { return failed_; }  // a serialization fault
  // The fault that counts, if any.
  std::optional<Fault> fault() const;
  // The bad attribute value met first, if any: whoever validates in the service's order asks for it when its turn comes.
  const std::optional<Fault>& value_fault() const { return validation_; }

 private:
  enum class Container : std::uint8_t { kObject, kArray };
  struct Level {
    NameStack::Scope names;
    Container container;
    bool first;  // nothing has been read of it
  };

  // Texts. All of them: false once a serialization fault occurred.
  bool malformed();
  bool next_is(char c) {
    if (at_ != end_ && static_cast<unsigned char>(*at_) <= ' ') skip_space();
    return at_ != end_ && *at_ == c;
  }
  bool expect(char c) {
    if (!next_is(c)) [[unlikely]]
      return malformed();
    ++at_;
    return true;
  }
  void skip_space();
  bool take_literal(std::string_view literal);
  bool take_string(std::string_view& to, bool& escape);
  bool take_escaped(const char* begin, const char* stop, std::string_view& to, bool& escape);
  bool take_name(std::string_view& to, bool& escape);
  bool take_number(std::string_view& to);
  bool take_scalar();
  bool refuse_scalar(std::string_view type);
  bool refuse_list();
  bool refuse_repeated(std::string_view name);
  bool refuse_object(std::string_view type, std::string_view scalar_message);
  bool enter(Container container);
  bool skip_containers();

  // Attribute values, into buffer_.
  bool take_value(unsigned level);
  bool refuse_value();
  bool take_content(Type type, unsigned level);
  bool take_boolean(bool& to);
  bool take_number_value();
  bool take_binary(std::string_view& to);
  bool take_null();
  bool take_list(unsigned level);
  bool take_set(Type type);
  bool take_element(Type type, std::string_view& element, bool& null);
  void put_set(Type type, std::span<const std::string_view> elements);
  bool take_attributes(unsigned level);
  bool take_attribute_name(NameStack::Scope& scope);
  const char* take_simple(const char* at);
  std::string_view canonical(std::string_view number, NumberText& to);
  bool finish_value(bool taken, ValueWriter& to);

  const char* at_;
  const char* end_;
  Arena& arena_;
  NameStack names_;
  EncodeBuffer buffer_;
  unsigned depth_ = 0;
  bool failed_ = false;
  std::optional<Fault> serialization_;
  std::optional<Fault> validation_;
  Level levels_[kMaxDepth];
};

bool is_valid_utf8(std::string_view text);

// Plain JSON (of a route's client) as attribute values and back: strings, numbers (exactly, as written), booleans, null, arrays and
// objects. JSON has no binary and no sets: kBinary becomes base64 text, sets become arrays.
bool read_plain_value(JsonReader& from, ValueWriter& to);
bool read_plain_item(JsonReader& from, ValueWriter& to);

}  // namespace gatehouse::dynamo
