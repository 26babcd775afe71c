// Paths and faults.
#include "dynamo/expr/source.hpp"

#include "dynamo/expr/path_steps.hpp"
#include "dynamo/expr/reserved_words.hpp"

#include <charconv>
#include <limits>

namespace gatehouse::dynamo {

Source::Source(std::string_view text, ExpressionKind kind, Bindings& bindings, Arena& arena)
    : Problems(kind == ExpressionKind::kUpdate ? Order::kByPass : Order::kByOperator),
      lexer_(text), kind_(kind), bindings_(bindings), arena_(arena) {
  if (text.empty()) {
    fail("The expression can not be empty;");
  } else if (text.size() > kMaxExpressionSize) {
    std::string message = "Expression size has exceeded the maximum allowed size;";
    if (kind != ExpressionKind::kProjection) message += " expression size: " + std::to_string(text.size());
    fail(std::move(message));
  }
}

bool Source::accept(TokenKind kind) {
  if (!at(kind)) return false;
  advance();
  return true;
}

bool Source::expect(TokenKind kind) { return accept(kind) || fail_syntax(); }

bool Source::fail_syntax() { return fail(failed() ? std::string() : lexer_.complaint()); }

bool Source::parse_step(PathStep& to) {
  const std::string_view text = token().text;
  if (at(TokenKind::kWord)) {
    if (is_reserved_word(text)) {
      problem(Pass::kWords, {"Attribute name is a reserved keyword; reserved keyword: ", text});
    }
    to = {text, 0};
  } else if (at(TokenKind::kName)) {
    const auto attribute = bindings_.name(text);
    if (!attribute) {
      problem(Pass::kNames, {"An expression attribute name used in the document path is not defined; attribute name: ", text});
    }
    to = {attribute.value_or(text), 0};
  } else {
    return fail_syntax();
  }
  advance();
  return true;
}

bool Source::parse_index(PathStep& to) {
  if (!at(TokenKind::kIndex)) return fail_syntax();
  const std::string_view text = token().text;
  std::int32_t index = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), index).ec != std::errc{}) {
    problem(Pass::kWords, {"List index is not within the allowable range; index: [", text, "]"});
  }
  to = {std::string_view(), static_cast<std::uint32_t>(index)};
  advance();
  return expect(TokenKind::kCloseBracket);
}

Path Source::parse_path() {
  PathStep first;
  if (!parse_step(first)) return {};
  if (at(TokenKind::kDot) || at(TokenKind::kOpenBracket)) return parse_long_path(first);
  const std::span<PathStep> path = arena_.array<PathStep>(1);
  path[0] = first;
  return path;
}

Path Source::parse_long_path(const PathStep& first) {
  PathSteps steps(first);
  while (at(TokenKind::kDot) || at(TokenKind::kOpenBracket)) {
    PathStep step;
    const bool is_index = at(TokenKind::kOpenBracket);
    advance();
    if (!(is_index ? parse_index(step) : parse_step(step))) return {};
    steps.add(step);
  }
  return steps.path(*this, arena_);
}

Value Source::parse_value() {
  const std::string_view placeholder = token().text;
  const Value value = bindings_.value(placeholder);
  if (!value) {
    problem(Pass::kValues,
            {"An expression attribute value used in expression is not defined; attribute value: ", placeholder});
  }
  advance();
  return value;
}

Outcome<void> Source::finish() {
  if (!found()) return {};
  return Problems::finish({"Invalid ", expression_name(kind_), ": "});
}

std::string path_text(Path path) {
  std::string text = "[";
  for (const PathStep& step : path) {
    if (text.size() > 1) text += ", ";
    if (step.is_index()) {
      text += '[' + std::to_string(step.index) + ']';
    } else {
      text += step.name;
    }
  }
  return text += ']';
}

}  // namespace gatehouse::dynamo
