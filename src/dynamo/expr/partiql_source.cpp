// Names, paths, faults.
#include "dynamo/expr/partiql_source.hpp"

#include "dynamo/expr/path_steps.hpp"
#include "dynamo/expr/source.hpp"

#include <algorithm>
#include <charconv>

namespace gatehouse::dynamo {
namespace {

// Words that are no names unless they stand in quotes: those that statements are made of.
constexpr std::string_view kKeywords[] = {
    "select", "from",  "where", "and",  "or",    "not",     "in",  "between", "is",     "insert",    "into",
    "value",  "update", "set",  "remove", "delete", "returning", "order", "by", "group", "limit",   "having", "as",
    "null",   "missing", "true", "false", "like", "exists"};

}  // namespace

bool PartiqlSource::at_keyword() const {
  return std::ranges::any_of(kKeywords, [&](std::string_view keyword) { return at_word(keyword); });
}

bool PartiqlSource::accept_word(std::string_view keyword) {
  if (!at_word(keyword)) return false;
  advance();
  return true;
}

bool PartiqlSource::accept_symbol(std::string_view symbol) {
  if (!at_symbol(symbol)) return false;
  advance();
  return true;
}

bool PartiqlSource::expect_name(std::string_view& to) {
  if (!at_name()) return fail_syntax();
  to = at(PartiqlKind::kQuoted) ? token().value : token().text;
  if (to.empty()) return fail("Path component cannot be an empty string");
  advance();
  return true;
}

bool PartiqlSource::fail_syntax() {
  if (failed()) return false;
  std::string message = "Statement wasn't well formed, can't be processed: ";
  if (at(PartiqlKind::kEnd)) {
    message += "Unexpected end of statement";
  } else {
    message.append("Unexpected term at ").append(lexer_.place()).append(": ").append(token().text);
  }
  return fail(std::move(message));
}

bool PartiqlSource::too_deep(unsigned depth) {
  if (depth < kMaxExpressionDepth) return false;
  return !fail("Statement wasn't well formed, can't be processed: The expression has too many nesting levels");
}

// Behind a name: .name, ['name'] or [1].
bool PartiqlSource::parse_step(PathStep& to) {
  if (accept_symbol(".")) {
    to = {};
    return expect_name(to.name);
  }
  advance();
  if (at(PartiqlKind::kString)) {
    to = {token().value, 0};
    if (to.name.empty()) return fail("Path component cannot be an empty string");
  } else if (at(PartiqlKind::kNumber)) {
    const std::string_view text = token().text;
    std::int32_t index = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
    if (end != text.data() + text.size() && error == std::errc{}) return fail_syntax();
    if (error != std::errc{}) {
      problem(Pass::kWords, {"List index is not within the allowable range; index: [", text, "]"});
    }
    to = {std::string_view(), static_cast<std::uint32_t>(index)};
  } else {
    return fail_syntax();
  }
  advance();
  return expect_symbol("]");
}

Path PartiqlSource::parse_path() {
  PathStep first;
  if (!expect_name(first.name)) return {};
  PathSteps steps(first);
  while (at_symbol(".") || at_symbol("[")) {
    PathStep step;
    if (!parse_step(step)) return {};
    steps.add(step);
  }
  return steps.path(*this, arena_);
}

}  // namespace gatehouse::dynamo
