// The grammar of updates and the checks that need no item.
#include "dynamo/expr/update_parser.hpp"

#include "dynamo/expr/condition_tree.hpp"

#include <array>
#include <new>

namespace gatehouse::dynamo {
namespace {

using Kind = UpdateOperand::Kind;

bool is_condition_function(std::string_view name) {
  return name == "attribute_exists" || name == "attribute_not_exists" || name == "attribute_type" ||
         name == "begins_with" || name == "contains" || name == "size";
}

// As the service calls types where ADD and DELETE do not take them.
std::string_view long_type_name(Type type) {
  static constexpr std::array<std::string_view, 10> kNames = {"STRING",     "NUMBER",     "BINARY",     "BOOLEAN", "NULL",
                                                       "STRING_SET", "NUMBER_SET", "BINARY_SET", "LIST",    "MAP"};
  return kNames[static_cast<std::size_t>(type)];
}

constexpr std::uint32_t kSets = type_bit(Type::kStringSet) | type_bit(Type::kNumberSet) | type_bit(Type::kBinarySet);

}  // namespace

const UpdateProgram* UpdateParser::parse() {
  if (source_.failed()) return nullptr;
  do {
    if (!parse_section()) return nullptr;
  } while (!source_.at(TokenKind::kEnd));
  static_assert(std::is_trivially_destructible_v<UpdateProgram>);
  void* at = source_.arena().allocate(sizeof(UpdateProgram), alignof(UpdateProgram));
  const auto* program = new (at) UpdateProgram{actions_.view(), PathTree(paths_.view(), source_.arena())};
  if (program->tree.clash().kind != PathTree::Clash::Kind::kNone) {
    source_.problem(Pass::kOverlap, {clash_text(program->tree)});
  }
  return program;
}

bool UpdateParser::parse_section() {
  const TokenKind section = source_.token().kind;
  UpdateAction::Kind kind;
  switch (section) {
    case TokenKind::kSet: kind = UpdateAction::Kind::kSet; break;
    case TokenKind::kRemove: kind = UpdateAction::Kind::kRemove; break;
    case TokenKind::kAdd: kind = UpdateAction::Kind::kAdd; break;
    case TokenKind::kDelete: kind = UpdateAction::Kind::kDelete; break;
    default: return source_.fail_syntax();
  }
  check_section(section);
  do {
    source_.advance();
    const Path path = source_.parse_path();
    if (path.empty()) return false;
    UpdateAction action;
    action.kind = kind;
    if (kind == UpdateAction::Kind::kSet && !parse_set(action)) return false;
    if ((kind == UpdateAction::Kind::kAdd || kind == UpdateAction::Kind::kDelete) && !parse_literal(action)) return false;
    paths_.push_back(path);
    actions_.push_back(action);
  } while (source_.at(TokenKind::kComma));
  return true;
}

void UpdateParser::check_section(TokenKind section) {
  const std::uint32_t bit = 1u << static_cast<unsigned>(section);
  if ((sections_ & bit) != 0) {
    static constexpr std::array<std::string_view, 4> kNames = {"SET", "ADD", "DELETE", "REMOVE"};
    const auto name = kNames[static_cast<std::size_t>(section) - static_cast<std::size_t>(TokenKind::kSet)];
    source_.problem(Pass::kWords, {"The \"", name, "\" section can only be used once in an update expression;"});
  }
  sections_ |= bit;
}

bool UpdateParser::parse_set(UpdateAction& to) {
  UpdateOperand operand;
  Shape shape = Shape::kOperand;
  if (!source_.expect(TokenKind::kEqual) || !parse_value(operand, 0, shape)) return false;
  to.operand = keep(operand);
  return true;
}

bool UpdateParser::parse_literal(UpdateAction& to) {
  if (!source_.at(TokenKind::kValue)) return source_.fail_syntax();
  to.value = source_.parse_value();
  check_literal(to.kind, to.value);
  return true;
}

void UpdateParser::check_literal(UpdateAction::Kind kind, Value value) {
  if (!value) return;
  const bool is_add = kind == UpdateAction::Kind::kAdd;
  const std::uint32_t accepted = is_add ? kSets | type_bit(Type::kNumber) : kSets;
  if ((type_bit(value.type()) & accepted) != 0) return;
  const std::string_view name = is_add ? "ADD" : "DELETE";
  source_.problem(Pass::kOperands, {"Incorrect operand type for operator or function; operator: ", name,
                                    ", operand type: ", long_type_name(value.type()), ", typeSet: ALLOWED_FOR_", name,
                                    "_OPERAND"});
}

bool UpdateParser::redundant() { return source_.fail("The expression has redundant parentheses;"); }

// operand, operand + operand, or either in parentheses.
bool UpdateParser::parse_value(UpdateOperand& to, unsigned depth, Shape& shape) {
  if (depth >= kMaxExpressionDepth) return redundant();
  if (source_.accept(TokenKind::kOpen)) {
    Shape inner = Shape::kOperand;
    if (!parse_value(to, depth + 1, inner) || !source_.expect(TokenKind::kClose)) return false;
    if (inner == Shape::kGrouped || inner == Shape::kGroupedJoin) return redundant();
    shape = inner == Shape::kJoin ? Shape::kGroupedJoin : Shape::kGrouped;
    if (shape == Shape::kGroupedJoin) return true;
  } else if (!parse_operand(to, depth)) {
    return false;
  }
  if (!source_.at(TokenKind::kPlus) && !source_.at(TokenKind::kMinus)) return true;
  const bool plus = source_.at(TokenKind::kPlus);
  source_.advance();
  UpdateOperand second;
  if (!parse_operand(second, depth)) return false;
  source_.count_operator();
  for (const UpdateOperand* operand : {&to, &second}) check_join(plus ? "+" : "-", *operand, Type::kNumber);
  UpdateOperand both;
  both.kind = plus ? Kind::kPlus : Kind::kMinus;
  both.first = keep(to);
  both.second = keep(second);
  to = both;
  shape = Shape::kJoin;
  return true;
}

bool UpdateParser::parse_operand(UpdateOperand& to, unsigned depth) {
  if (depth >= kMaxExpressionDepth) return redundant();
  if (source_.accept(TokenKind::kOpen)) {
    const bool nested = source_.at(TokenKind::kOpen);
    if (!parse_operand(to, depth + 1) || !source_.expect(TokenKind::kClose)) return false;
    return !nested || redundant();
  }
  if (source_.at_call()) return parse_call(to, depth);
  if (source_.at(TokenKind::kValue)) {
    to.kind = Kind::kValue;
    to.value = source_.parse_value();
    return true;
  }
  to.kind = Kind::kPath;
  to.path = source_.parse_path();
  return !to.path.empty();
}

bool UpdateParser::parse_call(UpdateOperand& to, unsigned depth) {
  const std::string_view name = source_.token().text;
  const bool appends = name == "list_append";
  if (!appends && name != "if_not_exists") {
    source_.problem(Pass::kWords, {is_condition_function(name) ? "The function is not allowed in an update expression; function: "
                                                               : "Invalid function name; function: ", name});
  }
  source_.count_operator();
  source_.advance();
  UpdateOperand first;
  UpdateOperand second;
  std::size_t count = 0;
  if (!parse_arguments(first, second, depth, count)) return false;
  if (count != 2) {
    source_.problem(Pass::kOperands, {"Incorrect number of operands for operator or function; operator or function: ", name,
                                      ", number of operands: ", std::to_string(count)});
  } else if (appends) {
    for (const UpdateOperand* operand : {&first, &second}) check_join(name, *operand, Type::kList);
  } else if (first.kind != Kind::kPath) {
    source_.problem(Pass::kOperands, {"Operator or function requires a document path; operator or function: ", name});
  } else if (second.kind == Kind::kListAppend) {
    source_.problem(Pass::kWords, {"The function is not allowed to be used this way in an expression; function: list_append"});
  }
  to.kind = appends ? Kind::kListAppend : Kind::kIfNotExists;
  to.path = first.path;
  to.first = keep(first);
  to.second = keep(second);
  return true;
}

bool UpdateParser::parse_arguments(UpdateOperand& first, UpdateOperand& second, unsigned depth, std::size_t& count) {
  do {
    source_.advance();
    UpdateOperand further;
    if (!parse_operand(count == 0 ? first : count == 1 ? second : further, depth + 1)) return false;
    ++count;
  } while (source_.at(TokenKind::kComma));
  return source_.expect(TokenKind::kClose);
}

// An operand of + or - or list_append.
void UpdateParser::check_join(std::string_view op, const UpdateOperand& operand, Type wanted) {
  if (operand.kind == Kind::kListAppend) {
    source_.problem(Pass::kWords, {"The function is not allowed to be used this way in an expression; function: list_append"});
  }
  if (operand.kind != Kind::kValue || !operand.value || operand.value.type() == wanted) return;
  source_.problem(Pass::kOperands, {"Incorrect operand type for operator or function; operator or function: ", op,
                                    ", operand type: ", type_name(operand.value.type())});
}

const UpdateOperand* UpdateParser::keep(const UpdateOperand& operand) {
  return new (source_.arena().allocate(sizeof(UpdateOperand), alignof(UpdateOperand))) UpdateOperand(operand);
}

namespace {

void append_nested_operands(const UpdateOperand* operand, std::vector<std::string_view>& to) {
  if (operand == nullptr) return;
  if (operand->path.size() > 1) to.push_back(operand->path.front().name);
  append_nested_operands(operand->first, to);
  append_nested_operands(operand->second, to);
}

}  // namespace

Outcome<Update> Update::parse(std::string_view text, Bindings& bindings, Arena& arena) {
  Source source(text, ExpressionKind::kUpdate, bindings, arena);
  const UpdateProgram* program = UpdateParser(source).parse();
  if (const auto outcome = source.finish(); outcome.has_error()) return outcome.error();
  return Update(program);
}

std::span<const Path> Update::paths() const { return program_ != nullptr ? program_->tree.paths() : std::span<const Path>(); }

void Update::append_attributes(std::vector<std::string_view>& to) const {
  for (const Path& path : paths()) to.push_back(path.front().name);
}

void Update::append_nested(std::vector<std::string_view>& to) const {
  if (program_ == nullptr) return;
  for (const Path& path : paths())
    if (path.size() > 1) to.push_back(path.front().name);
  for (const UpdateAction& action : program_->actions) append_nested_operands(action.operand, to);
}

}  // namespace gatehouse::dynamo
