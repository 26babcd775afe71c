// Sections may come in any order and often; sums may be longer than in UpdateExpression.
#include "dynamo/expr/partiql_set.hpp"

#include "dynamo/expr/condition_checks.hpp"
#include "dynamo/expr/set_math.hpp"

#include <algorithm>
#include <new>

namespace gatehouse::dynamo {
namespace {

using Kind = UpdateOperand::Kind;

}  // namespace

const UpdateProgram* SetParser::parse() {
  if (!source_.at_word("set") && !source_.at_word("remove")) source_.fail_syntax();
  while (!source_.failed() && (source_.at_word("set") || source_.at_word("remove"))) {
    const bool sets = source_.at_word("set");
    source_.advance();
    if (!(sets ? parse_set() : parse_remove())) return nullptr;
  }
  if (source_.failed()) return nullptr;
  void* at = source_.arena().allocate(sizeof(UpdateProgram), alignof(UpdateProgram));
  const auto* program = new (at) UpdateProgram{actions_.view(), PathTree(paths_.view(), source_.arena())};
  if (program->tree.clash().kind != PathTree::Clash::Kind::kNone) {
    source_.problem(Pass::kOverlap, {clash_text(program->tree)});
  }
  return program;
}

bool SetParser::parse_set() {
  do {
    const Path path = source_.parse_path();
    UpdateAction action;
    if (path.empty() || !source_.expect_symbol("=") || !parse_assignment(path, action)) return false;
    paths_.push_back(path);
    actions_.push_back(action);
  } while (source_.accept_symbol(","));
  return true;
}

bool SetParser::parse_remove() {
  const Path path = source_.parse_path();
  if (path.empty()) return false;
  UpdateAction action;
  action.kind = UpdateAction::Kind::kRemove;
  paths_.push_back(path);
  actions_.push_back(action);
  return true;
}

bool SetParser::parse_assignment(Path path, UpdateAction& to) {
  const bool of_set = source_.at_call() && (source_.at_word("set_add") || source_.at_word("set_delete"));
  if (of_set) return parse_set_function(path, to);
  UpdateOperand operand;
  if (!parse_sum(operand, 0)) return false;
  to.operand = keep(operand);
  return true;
}

// `a = set_add(a, <<…>>)`
bool SetParser::parse_set_function(Path path, UpdateAction& to) {
  const bool adds = source_.at_word("set_add");
  const std::string name = adds ? "SET_ADD" : "SET_DELETE";
  source_.advance();
  source_.advance();
  const Path first = source_.parse_path();
  if (first.empty()) return false;
  if (!std::ranges::equal(first, path)) {
    return source_.fail("The first argument to " + name + " must equal the assignment value");
  }
  if (!source_.expect_symbol(",")) return false;
  to.kind = adds ? UpdateAction::Kind::kAdd : UpdateAction::Kind::kDelete;
  if (source_.at_literal()) to.value = source_.parse_literal();
  if (source_.failed()) return false;
  if (!to.value || !is_set(to.value.type())) {
    return source_.fail("The second argument to " + name + " must be a value with type SET");
  }
  return source_.expect_symbol(")");
}

// term (+|- term)…
bool SetParser::parse_sum(UpdateOperand& to, unsigned depth) {
  if (!parse_term(to, depth)) return false;
  while (source_.at_symbol("+") || source_.at_symbol("-")) {
    const bool plus = source_.at_symbol("+");
    source_.advance();
    UpdateOperand second;
    if (!parse_term(second, depth)) return false;
    source_.count_operator();
    for (const UpdateOperand* operand : {&to, &second}) check_operand(plus ? "+" : "-", *operand, Type::kNumber);
    UpdateOperand sum;
    sum.kind = plus ? Kind::kPlus : Kind::kMinus;
    sum.first = keep(to);
    sum.second = keep(second);
    to = sum;
  }
  if (!source_.at_symbol("*") && !source_.at_symbol("||")) return true;
  return source_.fail("Unsupported operator in Update Expression. Operator: " + std::string(source_.token().text));
}

bool SetParser::parse_term(UpdateOperand& to, unsigned depth) {
  if (source_.too_deep(depth)) return false;
  if (source_.accept_symbol("(")) return parse_sum(to, depth + 1) && source_.expect_symbol(")");
  if (source_.at_call()) return parse_call(to, depth);
  if (source_.at_literal()) {
    to.value = source_.parse_literal();
    return static_cast<bool>(to.value);
  }
  to.kind = Kind::kPath;
  to.path = source_.parse_path();
  return !to.path.empty();
}

bool SetParser::parse_call(UpdateOperand& to, unsigned depth) {
  const std::string_view name = source_.token().text;
  const bool appends = equal_in_any_case(name, "list_append");
  if (!appends && !equal_in_any_case(name, "if_not_exists")) {
    return source_.fail((find_condition_function(name) != nullptr
                             ? "The function is not allowed in an update expression; function: "
                             : "Unrecognized function: ") +
                        std::string(name));
  }
  source_.count_operator();
  source_.advance();
  source_.advance();
  UpdateOperand first;
  UpdateOperand second;
  if (!parse_sum(first, depth + 1) || !source_.expect_symbol(",")) return false;
  if (!parse_sum(second, depth + 1) || !source_.expect_symbol(")")) return false;
  if (appends) {
    for (const UpdateOperand* operand : {&first, &second}) check_operand("list_append", *operand, Type::kList);
  } else if (first.kind != Kind::kPath) {
    source_.problem(Pass::kOperands,
                    {"Operator or function requires a document path; operator or function: if_not_exists"});
  } else if (second.kind == Kind::kListAppend) {
    source_.problem(Pass::kWords, {"The function is not allowed to be used this way in an expression; function: list_append"});
  }
  to.kind = appends ? Kind::kListAppend : Kind::kIfNotExists;
  to.path = first.path;
  to.first = keep(first);
  to.second = keep(second);
  return true;
}

void SetParser::check_operand(std::string_view op, const UpdateOperand& operand, Type wanted) {
  if (operand.kind == Kind::kListAppend) {
    source_.problem(Pass::kWords, {"The function is not allowed to be used this way in an expression; function: list_append"});
  }
  if (operand.kind != Kind::kValue || operand.value.type() == wanted) return;
  source_.problem(Pass::kOperands, {"Incorrect operand type for operator or function; operator or function: ", op,
                                    ", operand type: ", type_name(operand.value.type())});
}

const UpdateOperand* SetParser::keep(const UpdateOperand& operand) {
  return new (source_.arena().allocate(sizeof(UpdateOperand), alignof(UpdateOperand))) UpdateOperand(operand);
}

}  // namespace gatehouse::dynamo
