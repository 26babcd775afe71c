#include "gatehouse/base/json_tree.hpp"

#include <charconv>
#include <cmath>
#include <limits>

namespace gatehouse {
namespace {

void append_quoted(std::string& to, std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  to += '"';
  for (const char c : text) {
    switch (c) {
      case '"': to += "\\\""; break;
      case '\\': to += "\\\\"; break;
      case '\n': to += "\\n"; break;
      case '\r': to += "\\r"; break;
      case '\t': to += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20) {
          to += c;
        } else {
          to += "\\u00";
          to += kDigits[c >> 4];
          to += kDigits[c & 15];
        }
    }
  }
  to += '"';
}

}  // namespace

std::string_view JsonFault::what() const {
  switch (kind) {
    case Kind::kSyntax: return "not JSON";
    case Kind::kEncoding: return "not UTF-8";
    case Kind::kDepth: return "nested too deep";
    case Kind::kDuplicateMember: return "a member twice";
  }
  return {};
}

std::string_view JsonValue::text() const {
  switch (kind()) {
    case JsonKind::kNull: return "null";
    case JsonKind::kFalse: return "false";
    case JsonKind::kTrue: return "true";
    case JsonKind::kNumber:
    case JsonKind::kString: return {text_ + node_->at, node_->size};
    case JsonKind::kArray:
    case JsonKind::kObject: break;
  }
  return {};
}

double JsonValue::number() const {
  const std::string_view digits = text();
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc::result_out_of_range) return value;
  // Too large and too small are not told apart by from_chars; only a negative exponent makes a number small.
  const std::size_t exponent = digits.find_first_of("eE");
  if (exponent != std::string_view::npos && digits[exponent + 1] == '-') return 0;
  return digits.front() == '-' ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
}

JsonValue JsonValue::find(std::string_view name) const {
  if (!is_object()) return {};
  for (const JsonValue member : *this) {
    if (member.name() == name) return member;
  }
  return {};
}

JsonValue JsonValue::at(std::size_t index) const {
  if (!is_array() || index >= size()) return {};
  Iterator element = begin();
  while (index-- > 0) ++element;
  return *element;
}

void JsonValue::append_to(std::string& to) const {
  if (is_string()) return append_quoted(to, text());
  if (!is_array() && !is_object()) {
    to += text();
    return;
  }
  to += is_array() ? '[' : '{';
  bool first = true;
  for (const JsonValue child : *this) {
    if (!first) to += ',';
    first = false;
    if (is_object()) {
      append_quoted(to, child.name());
      to += ':';
    }
    child.append_to(to);
  }
  to += is_array() ? ']' : '}';
}

}  // namespace gatehouse
