// Conditions against items. What is absent, or of a type that the operator does not know, makes a comparison false.
#include "dynamo/expr/condition_tree.hpp"
#include "gatehouse/dynamo/expr/condition.hpp"
#include "gatehouse/dynamo/wire/number.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace gatehouse::dynamo {
namespace {

std::optional<std::uint32_t> size_in_units(Value value) {
  if (!value) return std::nullopt;
  switch (value.type()) {
    case Type::kString: return utf16_length(value.text());
    case Type::kBinary: return static_cast<std::uint32_t>(value.text().size());
    case Type::kStringSet:
    case Type::kNumberSet:
    case Type::kBinarySet:
    case Type::kList:
    case Type::kMap: return value.count();
    case Type::kNumber:
    case Type::kBool:
    case Type::kNull: break;
  }
  return std::nullopt;
}

// An operand's value for one item: an encoded value, or the number that size() yields.
class Term {
 public:
  Term(const Operand& operand, const Map& item) {
    const Value value = operand.path.empty() ? operand.value : resolve(item, operand.path);
    if (!operand.size) {
      value_ = value;
      return;
    }
    const auto size = size_in_units(value);
    if (!size) return;
    const auto end = std::to_chars(digits_.data(), digits_.data() + digits_.size(), *size).ptr;
    digits_count_ = static_cast<std::uint8_t>(end - digits_.data());
  }

  explicit operator bool() const { return value_ || digits_count_ > 0; }
  bool is_value() const { return static_cast<bool>(value_); }
  Value value() const { return value_; }
  Type type() const { return value_ ? value_.type() : Type::kNumber; }
  std::string_view text() const { return value_ ? value_.text() : std::string_view(digits_.data(), digits_count_); }

 private:
  Value value_;
  std::array<char, 10> digits_;
  std::uint8_t digits_count_ = 0;
};

bool equal_terms(const Term& a, const Term& b) {
  if (!a || !b) return false;
  if (a.is_value() && b.is_value()) return equal(a.value(), b.value());
  return a.type() == b.type() && a.text() == b.text();
}

bool is_ordered(Type type) { return type <= Type::kBinary; }

// nullopt: cannot be compared.
std::optional<int> order(const Term& a, const Term& b) {
  if (!a || !b || a.type() != b.type() || !is_ordered(a.type())) return std::nullopt;
  if (a.type() == Type::kNumber) return compare_numbers(a.text(), b.text());
  return a.text().compare(b.text());
}

bool compares(Operator op, const Term& a, const Term& b) {
  const auto result = order(a, b);
  if (!result) return false;
  switch (op) {
    case Operator::kLess: return *result < 0;
    case Operator::kLessOrEqual: return *result <= 0;
    case Operator::kGreater: return *result > 0;
    default: return *result >= 0;
  }
}

bool is_between(std::span<const Operand> operands, const Map& item) {
  const Term term(operands[0], item);
  return compares(Operator::kGreaterOrEqual, term, Term(operands[1], item)) &&
         compares(Operator::kLessOrEqual, term, Term(operands[2], item));
}

bool is_in(std::span<const Operand> operands, const Map& item) {
  const Term term(operands[0], item);
  return term && std::any_of(operands.begin() + 1, operands.end(),
                             [&](const Operand& operand) { return equal_terms(term, Term(operand, item)); });
}

bool begins_with(const Term& a, const Term& b) {
  if (!a || !b || a.type() != b.type()) return false;
  return (a.type() == Type::kString || a.type() == Type::kBinary) && a.text().starts_with(b.text());
}

bool has_element(const Value& list, const Term& element) {
  for (const Value value : list.list()) {
    if (element.is_value() ? equal(value, element.value())
                           : value.type() == Type::kNumber && value.text() == element.text()) {
      return true;
    }
  }
  return false;
}

bool contains(const Term& a, const Term& b) {
  if (!a.is_value() || !b) return false;
  switch (a.type()) {
    case Type::kString:
    case Type::kBinary: return b.type() == a.type() && a.text().find(b.text()) != std::string_view::npos;
    case Type::kStringSet: return b.type() == Type::kString && a.value().elements().contains(b.text());
    case Type::kNumberSet: return b.type() == Type::kNumber && a.value().elements().contains(b.text());
    case Type::kBinarySet: return b.type() == Type::kBinary && a.value().elements().contains(b.text());
    case Type::kList: return has_element(a.value(), b);
    default: return false;
  }
}

bool holds(Operator op, const Term& a, const Term& b) {
  switch (op) {
    case Operator::kEqual: return equal_terms(a, b);
    case Operator::kNotEqual: return !equal_terms(a, b);
    case Operator::kHasType: return a && type_name(a.type()) == b.text();
    case Operator::kBeginsWith: return begins_with(a, b);
    case Operator::kContains: return contains(a, b);
    case Operator::kNotContains: return a && !contains(a, b);
    default: return compares(op, a, b);
  }
}

void append_names(const ConditionNode& root, std::vector<std::string_view>& to) {
  for (const ConditionNode* node = &root; node != nullptr; node = node->right) {
    if (node->left != nullptr) append_names(*node->left, to);
    for (const Operand& operand : node->operands) {
      if (!operand.path.empty()) to.push_back(operand.path.front().name);
    }
  }
}

void append_nested_names(const ConditionNode& root, std::vector<std::string_view>& to) {
  for (const ConditionNode* node = &root; node != nullptr; node = node->right) {
    if (node->left != nullptr) append_nested_names(*node->left, to);
    for (const Operand& operand : node->operands) {
      if (operand.path.size() > 1) to.push_back(operand.path.front().name);
    }
  }
}

}  // namespace

std::uint32_t utf16_length(std::string_view text) {
  std::uint32_t length = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    length += (byte & 0xC0) != 0x80;  // begins a character
    length += byte >= 0xF0;           // of two units
  }
  return length;
}

std::optional<Type> static_type(const Operand& operand) {
  if (operand.size) return Type::kNumber;
  if (!operand.value) return std::nullopt;
  return operand.value.type();
}

std::uint32_t accepted_types(Operator op) {
  constexpr std::uint32_t kText = type_bit(Type::kString) | type_bit(Type::kBinary);
  switch (op) {
    case Operator::kLess:
    case Operator::kLessOrEqual:
    case Operator::kGreater:
    case Operator::kGreaterOrEqual:
    case Operator::kBetween: return kText | type_bit(Type::kNumber);
    case Operator::kBeginsWith: return kText;
    case Operator::kItemIs: return type_bit(Type::kMap);
    default: return ~0u;
  }
}

std::string_view operator_name(Operator op) {
  constexpr std::array<std::string_view, 18> kNames = {
      "AND", "OR", "NOT", "=", "<>", "<", "<=", ">", ">=", "BETWEEN", "IN", "attribute_exists", "attribute_not_exists",
      "attribute_type", "begins_with", "contains", "not_contains", "item_is"};
  return kNames[static_cast<std::size_t>(op)];
}

// To the left as deep as the parser lets a tree become, to the right in a loop: long chains of the legacy parameters lean there.
bool evaluate(const ConditionNode& root, const Map& item) {
  const ConditionNode* node = &root;
  while (node->op == Operator::kAnd || node->op == Operator::kOr) {
    const bool left = evaluate(*node->left, item);
    if (left != (node->op == Operator::kAnd)) return left;
    node = node->right;
  }
  const std::span<const Operand> operands = node->operands;
  switch (node->op) {
    case Operator::kNot: return !evaluate(*node->left, item);
    case Operator::kExists: return static_cast<bool>(resolve(item, operands[0].path));
    case Operator::kNotExists: return !resolve(item, operands[0].path);
    case Operator::kBetween: return is_between(operands, item);
    case Operator::kIn: return is_in(operands, item);
    case Operator::kItemIs: return operands[0].value && !operands[0].size && equal(operands[0].value.map(), item);
    default: return holds(node->op, Term(operands[0], item), Term(operands[1], item));
  }
}

bool Condition::matches(const Map& item) const { return root_ == nullptr || evaluate(*root_, item); }

void Condition::append_attributes(std::vector<std::string_view>& to) const {
  if (root_ != nullptr) append_names(*root_, to);
}

void Condition::append_nested(std::vector<std::string_view>& to) const {
  if (root_ != nullptr) append_nested_names(*root_, to);
}

}  // namespace gatehouse::dynamo
