// Comments are white space: from -- to the end of the line, and between /* and */.
#include "dynamo/expr/partiql_lexer.hpp"

#include <algorithm>

namespace gatehouse::dynamo {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr std::string_view kPairs[] = {"<>", "!=", "<=", ">=", "<<", ">>", "||"};
constexpr std::string_view kSingles = "()[]{}.,:;*+-=<>";

}  // namespace

bool equal_in_any_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool PartiqlLexer::at_word(std::string_view keyword) const {
  return token_.kind == PartiqlKind::kWord && equal_in_any_case(token_.text, keyword);
}

bool PartiqlLexer::is_call() const {
  PartiqlLexer ahead = *this;
  ahead.skip_space();
  return ahead.at_ < text_.size() && text_[ahead.at_] == '(';
}

std::string PartiqlLexer::place() const {
  const std::string_view before(text_.data(), static_cast<std::size_t>(token_.text.data() - text_.data()));
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t column = before.size() - (lines == 0 ? 0 : before.rfind('\n') + 1);
  return std::to_string(lines + 1) + ':' + std::to_string(column + 1) + ':' + std::to_string(token_.text.size());
}

void PartiqlLexer::skip_space() {
  while (at_ < text_.size()) {
    const std::string_view rest = text_.substr(at_);
    if (is_space(rest[0])) {
      ++at_;
    } else if (rest.starts_with("--")) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (rest.starts_with("/*")) {
      const std::size_t end = text_.find("*/", at_ + 2);
      at_ = end == std::string_view::npos ? text_.size() : end + 2;
    } else {
      return;
    }
  }
}

PartiqlToken PartiqlLexer::take(PartiqlKind kind, std::size_t size) {
  const PartiqlToken token{kind, text_.substr(at_, size), {}};
  at_ += token.text.size();
  return token;
}

// Without an end it is no token at all.
PartiqlToken PartiqlLexer::read_quoted(char quote) {
  bool doubled = false;
  std::size_t end = text_.find(quote, at_ + 1);
  while (end != std::string_view::npos && end + 1 < text_.size() && text_[end + 1] == quote) {
    doubled = true;
    end = text_.find(quote, end + 2);
  }
  if (end == std::string_view::npos) return take(PartiqlKind::kUnknown, text_.size() - at_);
  std::string_view value = text_.substr(at_ + 1, end - at_ - 1);
  PartiqlToken token = take(quote == '"' ? PartiqlKind::kQuoted : PartiqlKind::kString, end + 1 - at_);
  if (doubled) {
    const auto single = arena_.array<char>(value.size());
    std::size_t size = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
      single[size++] = value[i];
      if (value[i] == quote) ++i;
    }
    value = {single.data(), size};
  }
  token.value = value;
  return token;
}

// 1, 1.5, .5, 1., 1e5, 1E-5
PartiqlToken PartiqlLexer::read_number() {
  std::size_t end = at_;
  const auto digits = [&] {
    while (end < text_.size() && is_digit(text_[end])) ++end;
  };
  digits();
  if (end < text_.size() && text_[end] == '.') ++end;
  digits();
  if (end < text_.size() && lower(text_[end]) == 'e') {
    const std::size_t mantissa = end++;
    if (end < text_.size() && (text_[end] == '+' || text_[end] == '-')) ++end;
    const std::size_t exponent = end;
    digits();
    if (end == exponent) end = mantissa;
  }
  return take(PartiqlKind::kNumber, end - at_);
}

PartiqlToken PartiqlLexer::read() {
  skip_space();
  if (at_ == text_.size()) return take(PartiqlKind::kEnd, 0);
  const char c = text_[at_];
  const std::string_view rest = text_.substr(at_);
  if (is_letter(c)) {
    const auto end = std::ranges::find_if_not(rest, [](char part) { return is_letter(part) || is_digit(part); });
    return take(PartiqlKind::kWord, static_cast<std::size_t>(end - rest.begin()));
  }
  if (c == '"' || c == '\'') return read_quoted(c);
  if (is_digit(c) || (c == '.' && rest.size() > 1 && is_digit(rest[1]))) return read_number();
  if (c == '?') return take(PartiqlKind::kParameter, 1);
  for (const std::string_view pair : kPairs) {
    if (rest.starts_with(pair)) return take(PartiqlKind::kSymbol, 2);
  }
  if (kSingles.find(c) != std::string_view::npos) return take(PartiqlKind::kSymbol, 1);
  std::size_t size = 1;
  while (size < rest.size() && (static_cast<unsigned char>(rest[size]) & 0xC0) == 0x80) ++size;
  return take(PartiqlKind::kUnknown, size);
}

}  // namespace gatehouse::dynamo
