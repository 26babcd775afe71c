// Attribute values of a request, straight into their encoding. What is wrong with a value is noted and reading goes on, because
// a serialization fault behind it would count for more; in its place stands something that is well-formed.
#include "dynamo/wire/base64.hpp"
#include "dynamo/wire/byte_scan.hpp"
#include "dynamo/wire/json_scan.hpp"
#include "dynamo/wire/value_messages.hpp"
#include "gatehouse/base/byte_copy.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"

#include <algorithm>
#include <string>

namespace gatehouse::dynamo {
namespace {

// Members that are no type are ignored, as the service does.
std::optional<Type> find_type(std::string_view name) {
  const auto is = [name](Type type) { return type_name(type) == name ? std::optional(type) : std::nullopt; };
  switch (name.size()) {
    case 1:
      switch (name[0]) {
        case 'S': return Type::kString;
        case 'N': return Type::kNumber;
        case 'B': return Type::kBinary;
        case 'L': return Type::kList;
        case 'M': return Type::kMap;
        default: return std::nullopt;
      }
    case 2:
      if (name[1] != 'S') return std::nullopt;
      switch (name[0]) {
        case 'S': return Type::kStringSet;
        case 'N': return Type::kNumberSet;
        case 'B': return Type::kBinarySet;
        default: return std::nullopt;
      }
    case 4: return name[0] == 'B' ? is(Type::kBool) : is(Type::kNull);
    default: return std::nullopt;
  }
}

bool iequals_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [text](std::string_view word) {
    return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b; });
  });
}

bool set_order(Type type, std::string_view a, std::string_view b) {
  return type == Type::kNumberSet ? compare_numbers(a, b) < 0 : a < b;
}

// Views in an arena, in the order they came.
class ElementList {
 public:
  explicit ElementList(Arena& arena) : arena_(arena) {}

  void add(std::string_view element) {
    if (count_ == views_.size()) {
      const auto bigger = arena_.array<std::string_view>(std::max<std::size_t>(16, 2 * count_));
      std::copy_n(views_.begin(), count_, bigger.begin());
      views_ = bigger;
    }
    views_[count_++] = element;
  }

  std::span<const std::string_view> view() const { return views_.first(count_); }

 private:
  Arena& arena_;
  std::span<std::string_view> views_;
  std::size_t count_ = 0;
};

}  // namespace

bool JsonReader::finish_value(bool taken, ValueWriter& to) {
  if (!taken) return false;
  to.buffer().append(buffer_.view());
  return true;
}

bool JsonReader::read_value(ValueWriter& to) {
  buffer_.clear();
  return finish_value(take_value(1), to);
}

bool JsonReader::read_item(ValueWriter& to) {
  buffer_.clear();
  buffer_.byte(encoding::kItemVersion);
  return finish_value(take_attributes(1), to);
}

bool JsonReader::read_map(ValueWriter& to) {
  buffer_.clear();
  buffer_.byte(static_cast<char>(encoding::kTagMap));
  return finish_value(take_attributes(1), to);
}

// A string or number in the form in which all clients send them, {"S":"…"} without white space or escapes, at `at`. Returns
// its end, or nullptr when it is anything else: nothing has happened then.
inline const char* JsonReader::take_simple(const char* at) {
  constexpr std::size_t kHead = 6;
  if (end_ - at < 8 || std::memcmp(at, "{\"", 2) != 0 || std::memcmp(at + 3, "\":\"", 3) != 0) return nullptr;
  const char type = at[2];
  const char* const begin = at + kHead;
  const char* const stop = find_special(begin, end_);
  if (end_ - stop < 2 || stop[0] != '"' || stop[1] != '}') return nullptr;
  const auto size = static_cast<std::size_t>(stop - begin);
  if (type == 'S') {
    char* to = buffer_.room(1 + encoding::kMaxVarintBytes + size + kCopySlack);
    *to++ = static_cast<char>(encoding::kTagString);
    to = encoding::write_varint(to, static_cast<std::uint32_t>(size << 1));
    buffer_.advance_to(copy_roomy(to, begin, size, end_));
  } else if (type == 'N') {
    NumberText number;
    buffer_.number(canonical({begin, size}, number));
  } else {
    return nullptr;
  }
  return stop + 2;
}

// A name and its colon, then the name's encoding.
bool JsonReader::take_attribute_name(NameStack::Scope& scope) {
  if (!next_is('"')) return malformed();
  const char* const begin = at_ + 1;
  const char* const stop = find_special(begin, end_);
  std::string_view name(begin, static_cast<std::size_t>(stop - begin));
  bool escape = false;
  const char* readable = end_;
  if (end_ - stop >= 2 && stop[0] == '"' && stop[1] == ':') [[likely]] {
    at_ = stop + 2;
  } else {
    if (!take_name(name, escape)) return false;
    readable = name.data() + name.size();
  }
  if (name.empty()) [[unlikely]]
    fail_validation("Empty attribute name");
  if (!names_.add(scope, name)) [[unlikely]]
    return refuse_repeated(name);
  char* to = buffer_.room(encoding::kMaxVarintBytes + name.size() + kCopySlack);
  to = encoding::write_varint(to, static_cast<std::uint32_t>(name.size() << 1) | (escape ? 1U : 0U));
  buffer_.advance_to(copy_roomy(to, name.data(), name.size(), readable));
  return true;
}

// Names and their values. `level`: that of the values.
bool JsonReader::take_attributes(unsigned level) {
  if (!next_is('{')) return refuse_object(kAttributeMap, "Unexpected field type");
  ++at_;
  const std::size_t head = buffer_.begin_container();
  NameStack::Scope scope = names_.open();
  std::uint32_t count = 0;
  for (; !next_is('}'); ++count) {
    if (count > 0 && !expect(',')) return false;
    if (!take_attribute_name(scope)) return false;
    if (const char* const end = level <= kMaxNesting ? take_simple(at_) : nullptr; end != nullptr) [[likely]] {
      at_ = end;
    } else if (!take_value(level)) {
      return false;
    }
  }
  ++at_;
  names_.close(scope);
  buffer_.end_container(head, count);
  return true;
}

// What is no object where an attribute value should be.
bool JsonReader::refuse_value() {
  if (!skip_null()) return refuse_object(says::kAttributeValue, "Unexpected value type in payload");
  fail_validation(std::string(says::kEmptyValue));
  buffer_.null();
  return true;
}

bool JsonReader::take_value(unsigned level) {
  if (level > kMaxNesting) {
    fail_validation(std::string(says::kTooDeep));
    buffer_.null();
    return skip();
  }
  if (!next_is('{')) return refuse_value();
  ++at_;
  std::size_t end_of_first = 0;
  unsigned types = 0;  // a bit for each that was met
  unsigned values = 0;
  for (bool first = true; !next_is('}'); first = false) {
    if (!first && !expect(',')) return false;
    std::string_view name;
    bool escape = false;
    if (!take_name(name, escape)) return false;
    const std::optional<Type> type = find_type(name);
    if (type && (types & 1U << static_cast<unsigned>(*type)) != 0) return refuse_repeated(name);
    if (type) types |= 1U << static_cast<unsigned>(*type);
    if (!type || next_is('n')) {
      if (!skip()) return false;
      continue;
    }
    if (!take_content(*type, level)) return false;
    if (++values == 1) end_of_first = buffer_.size();
  }
  ++at_;
  if (values == 1) [[likely]]
    return true;
  fail_validation(std::string(values == 0 ? says::kEmptyValue : says::kManyTypes));
  if (values == 0) {
    buffer_.null();
  } else {
    buffer_.truncate(end_of_first);
  }
  return true;
}

bool JsonReader::take_content(Type type, unsigned level) {
  std::string_view text;
  bool escape = false;
  bool boolean = false;
  switch (type) {
    case Type::kString:
      if (!next_is('"')) return refuse_scalar("String");
      if (!take_string(text, escape)) return false;
      buffer_.tagged_text(encoding::kTagString, text, escape);
      return true;
    case Type::kNumber: return take_number_value();
    case Type::kBinary:
      if (!take_binary(text)) return false;
      buffer_.tagged_text(encoding::kTagBinary, text, false);
      return true;
    case Type::kBool:
      if (!take_boolean(boolean)) return false;
      buffer_.boolean(boolean);
      return true;
    case Type::kNull: return take_null();
    case Type::kStringSet:
    case Type::kNumberSet:
    case Type::kBinarySet: return take_set(type);
    case Type::kList: return take_list(level);
    case Type::kMap: buffer_.byte(static_cast<char>(encoding::kTagMap)); return take_attributes(level + 1);
  }
  return malformed();
}

bool JsonReader::take_null() {
  bool value = false;
  if (!take_boolean(value)) return false;
  if (!value) fail_validation(std::string(says::kInvalid) + "Null attribute value types must have the value of true");
  buffer_.null();
  return true;
}

bool JsonReader::take_boolean(bool& to) {
  if (next_is('t') || next_is('f')) {
    to = *at_ == 't';
    return take_literal(to ? "true" : "false");
  }
  if (!next_is('"')) return refuse_scalar("Boolean");
  std::string_view text;
  bool escape = false;
  if (!take_string(text, escape)) return false;
  to = iequals_any(text, {"true", "1", "yes"});
  if (to || iequals_any(text, {"false", "0", "no"})) return true;
  fail_serialization("Unexpected token received from parser");
  return false;
}

std::string_view JsonReader::canonical(std::string_view number, NumberText& to) {
  const NumberProblem problem = canonical_number(number, to);
  if (problem == NumberProblem::kNone) [[likely]]
    return to.view();
  fail_validation(says::number_message(problem, number));
  return "0";
}

bool JsonReader::take_number_value() {
  if (!next_is('"')) return refuse_scalar("String");
  std::string_view text;
  bool escape = false;
  if (!take_string(text, escape)) return false;
  NumberText number;
  buffer_.number(canonical(text, number));
  return true;
}

// Decoded into the arena.
bool JsonReader::take_binary(std::string_view& to) {
  if (!next_is('"')) {
    const Kind kind = peek();
    if (kind == Kind::kEnd) return malformed();
    fail_serialization(kind == Kind::kArray    ? "Unrecognized collection type class java.nio.ByteBuffer"
                       : kind == Kind::kObject ? "Start of structure or map found where not expected"
                                               : "only base-64-encoded strings are convertible to bytes");
    return false;
  }
  std::string_view text;
  bool escape = false;
  if (!take_string(text, escape)) return false;
  auto* const memory = static_cast<char*>(arena_.allocate(text.size() / 4 * 3, 1));
  const char* const end = decode_base64(memory, text);
  if (end == nullptr) {
    fail_serialization(says::base64_message(text));
    return false;
  }
  to = {memory, static_cast<std::size_t>(end - memory)};
  return true;
}

bool JsonReader::take_list(unsigned level) {
  if (!next_is('[')) return refuse_list();
  ++at_;
  buffer_.byte(static_cast<char>(encoding::kTagList));
  const std::size_t head = buffer_.begin_container();
  std::uint32_t count = 0;
  for (; !next_is(']'); ++count) {
    if (count > 0 && !expect(',')) return false;
    if (const char* const end = level < kMaxNesting ? take_simple(at_) : nullptr; end != nullptr) {
      at_ = end;
    } else if (!take_value(level + 1)) {
      return false;
    }
  }
  ++at_;
  buffer_.end_container(head, count);
  return true;
}

bool JsonReader::take_element(Type type, std::string_view& element, bool& null) {
  bool escape = false;
  null = next_is('n');
  if (null) return take_literal("null");
  if (type == Type::kBinarySet) return take_binary(element);
  if (!next_is('"')) return refuse_scalar("String");
  if (!take_string(element, escape)) return false;
  if (type == Type::kStringSet) return true;
  NumberText number;
  const std::string_view text = canonical(element, number);
  if (text != element) element = arena_.copy(text);
  return true;
}

bool JsonReader::take_set(Type type) {
  if (!next_is('[')) return refuse_list();
  ++at_;
  ElementList elements(arena_);
  bool nulls = false;
  for (bool first = true; !next_is(']'); first = false) {
    if (!first && !expect(',')) return false;
    std::string_view element;
    bool null = false;
    if (!take_element(type, element, null)) return false;
    nulls = nulls || null;
    if (!null) elements.add(element);
  }
  ++at_;
  if (nulls) {
    fail_validation(type == Type::kNumberSet ? says::number_message(NumberProblem::kMalformed, {})
                    : type == Type::kStringSet
                        ? std::string(says::kInvalid) + "An string set may not have a null string as a member"
                        : std::string(says::kEmptyValue));
  } else if (elements.view().empty()) {
    fail_validation(says::empty_set_message(type));
  }
  put_set(type, elements.view());
  return true;
}

void JsonReader::put_set(Type type, std::span<const std::string_view> elements) {
  if (elements.empty()) {
    buffer_.null();
    return;
  }
  const auto less = [type](std::string_view a, std::string_view b) { return set_order(type, a, b); };
  const auto not_less = [&less](std::string_view a, std::string_view b) { return !less(a, b); };
  std::span<const std::string_view> sorted = elements;
  if (std::adjacent_find(elements.begin(), elements.end(), not_less) != elements.end()) {
    const auto copy = arena_.array<std::string_view>(elements.size());
    std::copy(elements.begin(), elements.end(), copy.begin());
    std::sort(copy.begin(), copy.end(), less);
    const auto end = std::unique(copy.begin(), copy.end());
    if (end != copy.end()) fail_validation(says::duplicates_message(type, elements));
    sorted = copy.first(static_cast<std::size_t>(end - copy.begin()));
  }
  buffer_.byte(static_cast<char>(type));
  const std::size_t head = buffer_.begin_container();
  for (const std::string_view element : sorted) {
    buffer_.text(element, type == Type::kStringSet && encoding::needs_escape(element));
  }
  buffer_.end_container(head, static_cast<std::uint32_t>(sorted.size()));
}

}  // namespace gatehouse::dynamo
