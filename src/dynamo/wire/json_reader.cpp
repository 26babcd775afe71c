// Tokens, objects, arrays and scalars. Attribute values: json_values.cpp.
#include "gatehouse/dynamo/wire/json_reader.hpp"

#include "dynamo/wire/byte_scan.hpp"
#include "dynamo/wire/decimal.hpp"
#include "dynamo/wire/json_scan.hpp"

#include <bitset>
#include <charconv>
#include <string>

namespace gatehouse::dynamo {
namespace {

// Of a number with a fraction or an exponent, or one that does not fit.
std::int64_t nearest_integer(std::string_view token) {
  Decimal number;
  const NumberProblem problem = parse_decimal(token, number);
  // Exponents that parse_decimal() does not even read are malformed to it.
  const bool tiny = token.find("e-") != std::string_view::npos || token.find("E-") != std::string_view::npos;
  if (problem == NumberProblem::kUnderflow || (problem == NumberProblem::kMalformed && tiny)) return 0;
  if (problem == NumberProblem::kNone || problem == NumberProblem::kTooPrecise) {
    if (number.count == 0 || number.exponent < 0) return 0;
    NumberText text;
    print_decimal(number, text);
    const std::string_view whole = text.view().substr(0, text.view().find('.'));
    std::int64_t value = 0;
    if (std::from_chars(whole.data(), whole.data() + whole.size(), value).ec == std::errc()) return value;
  }
  return number.negative ? INT64_MIN : INT64_MAX;
}

}  // namespace

JsonReader::JsonReader(std::string_view text, Arena& arena)
    : at_(text.data()), end_(text.data() + text.size()), arena_(arena), names_(arena), buffer_(arena) {}

void JsonReader::fail_serialization(std::string message) {
  if (failed_) return;
  failed_ = true;
  at_ = end_;  // nothing stands next any more
  serialization_.emplace(FaultType::kSerialization, std::move(message));
}

void JsonReader::fail_validation(std::string message) {
  if (!validation_) validation_.emplace(FaultType::kValidation, std::move(message));
}

std::optional<Fault> JsonReader::fault() const { return failed_ ? serialization_ : validation_; }

// The service says nothing about what is no JSON.
bool JsonReader::malformed() {
  fail_serialization({});
  return false;
}

void JsonReader::skip_space() { at_ = dynamo::skip_space(at_, end_); }

JsonReader::Kind JsonReader::peek() {
  skip_space();
  if (at_ == end_) return Kind::kEnd;
  switch (*at_) {
    case '{': return Kind::kObject;
    case '[': return Kind::kArray;
    case '"': return Kind::kString;
    case 't':
    case 'f': return Kind::kBool;
    case 'n': return Kind::kNull;
    default: break;
  }
  if (*at_ == '-' || (*at_ >= '0' && *at_ <= '9')) return Kind::kNumber;
  malformed();
  return Kind::kEnd;
}

bool JsonReader::take_literal(std::string_view literal) {
  if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(literal)) return malformed();
  at_ += literal.size();
  return true;
}

// REQUIRES: a quotation mark stands next.
bool JsonReader::take_string(std::string_view& to, bool& escape) {
  const char* const begin = at_ + 1;
  const char* const stop = find_special(begin, end_);
  if (stop == end_ || *stop != '"') [[unlikely]]
    return take_escaped(begin, stop, to, escape);
  to = {begin, static_cast<std::size_t>(stop - begin)};
  escape = false;
  at_ = stop + 1;
  return true;
}

bool JsonReader::take_escaped(const char* begin, const char* stop, std::string_view& to, bool& escape) {
  stop = scan_string(stop, end_);
  if (stop == nullptr) return malformed();
  const std::string_view raw(begin, static_cast<std::size_t>(stop - begin));
  auto* const memory = static_cast<char*>(arena_.allocate(raw.size(), 1));
  escape = false;
  const char* const end = unescape(memory, raw, escape);
  if (end == nullptr) return malformed();
  to = {memory, static_cast<std::size_t>(end - memory)};
  at_ = stop + 1;
  return true;
}

// A name and the colon behind it.
bool JsonReader::take_name(std::string_view& to, bool& escape) {
  if (!next_is('"')) return malformed();
  return take_string(to, escape) && expect(':');
}

bool JsonReader::take_number(std::string_view& to) {
  const char* const end = scan_number(at_, end_);
  if (end == nullptr) return malformed();
  to = {at_, static_cast<std::size_t>(end - at_)};
  at_ = end;
  return true;
}

bool JsonReader::enter(Container container) {
  ++at_;
  if (depth_ == kMaxDepth) return malformed();
  levels_[depth_++] = {names_.open(), container, true};
  return true;
}

// A scalar of another type, or a container, where `type` was expected.
bool JsonReader::refuse_scalar(std::string_view type) {
  const auto says = [&](std::string_view found) {
    fail_serialization(std::string(found) + " cannot be converted to " + std::string(type));
    return false;
  };
  std::string_view number;
  switch (peek()) {
    case Kind::kObject: fail_serialization("Start of structure or map found where not expected"); return false;
    case Kind::kArray:
      fail_serialization("Unrecognized collection type class java.lang." + std::string(type));
      return false;
    case Kind::kString: return says("STRING_VALUE");
    case Kind::kNumber:
      if (!take_number(number)) return false;
      return says(number.find_first_of(".eE") == std::string_view::npos ? "NUMBER_VALUE" : "DECIMAL_VALUE");
    case Kind::kBool: return says(*at_ == 't' ? "TRUE_VALUE" : "FALSE_VALUE");
    case Kind::kNull: return says("NULL_VALUE");
    case Kind::kEnd: break;
  }
  return malformed();
}

bool JsonReader::refuse_list() {
  const Kind kind = peek();
  if (kind == Kind::kEnd) return malformed();
  fail_serialization(kind == Kind::kObject ? "Start of structure or map found where not expected"
                                           : "Unexpected field type");
  return false;
}

bool JsonReader::refuse_object(std::string_view type, std::string_view scalar_message) {
  const Kind kind = peek();
  if (kind == Kind::kEnd) return malformed();
  if (kind == Kind::kArray && !type.empty()) {
    fail_serialization("Unrecognized collection type " + std::string(type));
  } else {
    fail_serialization(std::string(scalar_message));
  }
  return false;
}

bool JsonReader::refuse_repeated(std::string_view name) {
  fail_serialization("Duplicate field '" + std::string(name) + "'");
  return false;
}

bool JsonReader::begin_object(std::string_view type) {
  if (next_is('{')) return enter(Container::kObject);
  const bool element = depth_ > 0 && levels_[depth_ - 1].container == Container::kArray;
  return refuse_object(type, element ? "Unexpected value type in payload" : "Unexpected field type");
}

std::optional<std::string_view> JsonReader::next_name() {
  if (failed_ || depth_ == 0) return std::nullopt;
  Level& level = levels_[depth_ - 1];
  if (next_is('}')) {
    ++at_;
    --depth_;
    names_.close(level.names);
    return std::nullopt;
  }
  if (!level.first && !expect(',')) return std::nullopt;
  level.first = false;
  std::string_view name;
  bool escape = false;
  if (!take_name(name, escape)) return std::nullopt;
  if (!names_.add(level.names, name)) refuse_repeated(name);
  return failed_ ? std::nullopt : std::optional(name);
}

bool JsonReader::begin_array() { return next_is('[') ? enter(Container::kArray) : refuse_list(); }

bool JsonReader::next_element() {
  if (failed_ || depth_ == 0) return false;
  Level& level = levels_[depth_ - 1];
  if (next_is(']')) {
    ++at_;
    --depth_;
    return false;
  }
  if (!level.first && !expect(',')) return false;
  if (!level.first && next_is(']')) return malformed();
  level.first = false;
  return true;
}

bool JsonReader::read_string(std::string_view& to) {
  bool escape = false;
  return next_is('"') ? take_string(to, escape) : refuse_scalar("String");
}

bool JsonReader::read_bool(bool& to) { return take_boolean(to); }

bool JsonReader::read_integer(std::int64_t& to, std::string_view type) {
  if (peek() != Kind::kNumber) return refuse_scalar(type);
  std::string_view token;
  if (!take_number(token)) return false;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), to);
  if (error != std::errc() || end != token.data() + token.size()) to = nearest_integer(token);
  return true;
}

// What stands next, when it is no container.
bool JsonReader::take_scalar() {
  std::string_view text;
  bool escape = false;
  switch (peek()) {
    case Kind::kString: return take_string(text, escape);
    case Kind::kNumber: return take_number(text);
    case Kind::kBool: return take_literal(*at_ == 't' ? "true" : "false");
    case Kind::kNull: return take_literal("null");
    default: return malformed();
  }
}

bool JsonReader::skip() {
  const Kind kind = peek();
  return kind == Kind::kObject || kind == Kind::kArray ? skip_containers() : take_scalar();
}

// One container and all that lies in it, without recursion.
bool JsonReader::skip_containers() {
  std::bitset<kMaxDepth> is_object;
  unsigned open = 0;
  bool first = false;  // nothing has been read of the innermost one
  do {
    if (open > 0) {
      const bool object = is_object[open - 1];
      if (next_is(object ? '}' : ']')) {
        ++at_;
        --open;
        first = false;
        continue;
      }
      if (!first && !expect(',')) return false;
      std::string_view name;
      bool escape = false;
      if (object && !take_name(name, escape)) return false;
    }
    const Kind kind = peek();
    if (kind != Kind::kObject && kind != Kind::kArray) {
      if (!take_scalar()) return false;
      first = false;
      continue;
    }
    if (depth_ + open >= kMaxDepth) return malformed();
    is_object[open++] = kind == Kind::kObject;
    first = true;
    ++at_;
  } while (open > 0);
  return !failed_;
}

bool JsonReader::skip_null() { return next_is('n') && take_literal("null"); }

bool JsonReader::read_raw(std::string_view& to) {
  skip_space();
  const char* const begin = at_;
  if (!skip()) return false;
  to = {begin, static_cast<std::size_t>(at_ - begin)};
  return true;
}

bool JsonReader::finish() {
  if (failed_) return false;
  skip_space();
  return at_ == end_ && depth_ == 0 ? true : malformed();
}

}  // namespace gatehouse::dynamo
