// Literals of PartiQL, straight into their encoding: text, numbers, true, false, null, lists, maps, sets, parameters.
#include "dynamo/expr/arena_list.hpp"
#include "dynamo/expr/partiql_source.hpp"
#include "gatehouse/dynamo/wire/number.hpp"

#include <algorithm>
#include <vector>

namespace gatehouse::dynamo {
namespace {

constexpr std::string_view kTooNested = "Nesting Levels have exceeded supported limits";
constexpr std::string_view kBadElement =
    "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags";

bool comes_before(Type type, std::string_view a, std::string_view b) {
  return type == Type::kNumber ? compare_numbers(a, b) < 0 : a < b;
}

}  // namespace

bool PartiqlSource::at_literal() const {
  switch (token().kind) {
    case PartiqlKind::kString:
    case PartiqlKind::kNumber:
    case PartiqlKind::kParameter: return true;
    case PartiqlKind::kSymbol: return at_symbol("[") || at_symbol("{") || at_symbol("<<") || at_symbol("-");
    case PartiqlKind::kWord:
      return at_word("true") || at_word("false") || at_word("null") || at_word("missing");
    default: return false;
  }
}

Value PartiqlSource::parse_literal() {
  if (at(PartiqlKind::kParameter)) {
    Value value;
    return take_parameter(value) ? value : Value();
  }
  std::string encoded;
  ValueWriter writer(encoded);
  if (!write_literal(writer, 1)) return {};
  return Value::at(arena_.copy(encoded).data());
}

bool PartiqlSource::parse_item(std::string& to) {
  ValueWriter writer(to);
  auto open = writer.begin_item();
  if (!expect_symbol("{") || !write_members(writer, open, 1)) return false;
  writer.end_item(open);
  return true;
}

bool PartiqlSource::take_parameter(Value& to) {
  if (used_ >= parameters_.size()) return fail("Number of parameters in request and statement don't match.");
  to = parameters_[used_++];
  advance();
  return true;
}

bool PartiqlSource::take_number(std::string_view& canonical) {
  const bool negative = accept_symbol("-");
  if (!at(PartiqlKind::kNumber)) return fail_syntax();
  const std::string text = (negative ? "-" : "") + std::string(token().text);
  NumberText number;
  switch (canonical_number(text, number)) {
    case NumberProblem::kNone: break;
    case NumberProblem::kMalformed: return fail_syntax();
    case NumberProblem::kTooPrecise:
      return fail("Attempting to store more than 38 significant digits in a Number");
    case NumberProblem::kOverflow:
      return fail("Number overflow. Attempting to store a number with magnitude larger than supported range");
    case NumberProblem::kUnderflow:
      return fail("Number underflow. Attempting to store a number with magnitude smaller than supported range");
  }
  canonical = arena_.copy(number.view());
  advance();
  return true;
}

bool PartiqlSource::write_number(ValueWriter& to) {
  std::string_view canonical;
  if (!take_number(canonical)) return false;
  to.number(canonical);
  return true;
}

// As deep as values may be.
bool PartiqlSource::write_literal(ValueWriter& to, unsigned level) {
  if (level > kMaxNesting) return fail(std::string(kTooNested));
  if (at(PartiqlKind::kNumber) || at_symbol("-")) return write_number(to);
  if (at_symbol("<<")) return write_set(to);
  if (accept_symbol("[")) return write_list(to, level);
  if (accept_symbol("{")) {
    auto open = to.begin_map();
    if (!write_members(to, open, level)) return false;
    to.end_map(open);
    return true;
  }
  if (at(PartiqlKind::kParameter)) {
    Value value;
    if (!take_parameter(value)) return false;
    to.value(value);
    return true;
  }
  if (at(PartiqlKind::kString)) {
    to.string(token().value);
  } else if (at_word("true") || at_word("false")) {
    to.boolean(at_word("true"));
  } else if (at_word("null")) {
    to.null();
  } else if (at_word("missing")) {
    return fail("MISSING must be compared using IS operator");
  } else {
    return fail_syntax();
  }
  advance();
  return true;
}

bool PartiqlSource::write_list(ValueWriter& to, unsigned level) {
  auto open = to.begin_list();
  if (!at_symbol("]")) {
    do {
      if (!write_literal(to, level + 1)) return false;
      ++open.count;
    } while (accept_symbol(","));
  }
  if (!expect_symbol("]")) return false;
  to.end_list(open);
  return true;
}

// Behind '{', up to and with '}'.
bool PartiqlSource::write_members(ValueWriter& to, ValueWriter::Open& open, unsigned level) {
  std::vector<std::string_view> names;
  if (!at_symbol("}")) {
    do {
      if (at_name()) return fail("Tuple keys must be of type String. Actual type: VariableReference");
      if (!at(PartiqlKind::kString)) return fail_syntax();
      const std::string_view name = token().value;
      if (name.empty()) return fail("Path component cannot be an empty string");
      names.push_back(name);
      advance();
      if (!expect_symbol(":")) return false;
      to.name(open, name);
      if (!write_literal(to, level + 1)) return false;
    } while (accept_symbol(","));
  }
  std::ranges::sort(names);
  if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) {
    return fail("Duplicate keys in tuple. Key: " + std::string(*twice));
  }
  return expect_symbol("}");
}

bool PartiqlSource::read_element(Type& type, std::string_view& text) {
  if (at(PartiqlKind::kNumber) || at_symbol("-")) {
    type = Type::kNumber;
    return take_number(text);
  }
  if (at(PartiqlKind::kString)) {
    type = Type::kString;
    text = token().value;
    advance();
    return true;
  }
  Value value;
  if (!at(PartiqlKind::kParameter)) return fail(std::string(kBadElement));
  if (!take_parameter(value)) return false;
  type = value.type();
  if (type > Type::kBinary) return fail(std::string(kBadElement));
  text = value.text();
  return true;
}

bool PartiqlSource::write_set(ValueWriter& to) {
  advance();
  if (at_symbol(">>")) return fail("Empty bags are not supported");
  std::vector<std::string_view> elements;
  Type type = Type::kString;
  do {
    Type next = Type::kString;
    std::string_view text;
    if (!read_element(next, text)) return false;
    if (!elements.empty() && next != type) return fail(std::string(kBadElement));
    type = next;
    elements.push_back(text);
  } while (accept_symbol(","));
  if (!expect_symbol(">>")) return false;
  std::ranges::sort(elements, [&](std::string_view a, std::string_view b) { return comes_before(type, a, b); });
  if (std::ranges::adjacent_find(elements) != elements.end()) return fail("Input collection contains duplicates");
  to.set(type == Type::kNumber   ? Type::kNumberSet
         : type == Type::kString ? Type::kStringSet
                                 : Type::kBinarySet,
         elements);
  return true;
}

}  // namespace gatehouse::dynamo
