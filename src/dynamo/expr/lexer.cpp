// White space is space, tab, CR and LF; indexes have no leading zeros; unknown characters are tokens, so that the message
// can name them.
#include "dynamo/expr/lexer.hpp"

#include <algorithm>
#include <array>

namespace gatehouse::dynamo {
namespace {

enum Class : std::uint8_t { kOther, kSpace, kLetter, kDigit, kUnderscore };

constexpr std::array<Class, 256> kClasses = [] {
  std::array<Class, 256> classes{};
  for (const unsigned char c : {' ', '\t', '\r', '\n'}) classes[c] = kSpace;
  for (unsigned c = 'a'; c <= 'z'; ++c) classes[c] = classes[c - 'a' + 'A'] = kLetter;
  for (unsigned c = '0'; c <= '9'; ++c) classes[c] = kDigit;
  classes['_'] = kUnderscore;
  return classes;
}();

Class class_of(char c) { return kClasses[static_cast<unsigned char>(c)]; }
bool is_word_part(char c) { return class_of(c) >= kLetter; }

std::size_t word_size(std::string_view text, std::size_t from) {
  std::size_t end = from;
  while (end < text.size() && is_word_part(text[end])) ++end;
  return end;
}

bool is_keyword(std::string_view word, std::string_view keyword) {
  return word.size() == keyword.size() &&
         std::ranges::equal(word, keyword, [](char a, char b) { return (a | 0x20) == b; });
}

TokenKind kind_of_word(std::string_view word) {
  const auto told = [&](std::string_view keyword, TokenKind kind) {
    return is_keyword(word, keyword) ? kind : TokenKind::kWord;
  };
  switch (word[0] | 0x20) {
    case 'a': return is_keyword(word, "and") ? TokenKind::kAnd : told("add", TokenKind::kAdd);
    case 'b': return told("between", TokenKind::kBetween);
    case 'd': return told("delete", TokenKind::kDelete);
    case 'i': return told("in", TokenKind::kIn);
    case 'n': return told("not", TokenKind::kNot);
    case 'o': return told("or", TokenKind::kOr);
    case 'r': return told("remove", TokenKind::kRemove);
    case 's': return told("set", TokenKind::kSet);
    default: return TokenKind::kWord;
  }
}

// Bytes of the UTF-8 character that begins there; the text is valid UTF-8 by now, and is not read beyond if it is not.
std::size_t character_size(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) ++size;
  return size;
}

}  // namespace

Token Lexer::take(TokenKind kind, std::size_t size) {
  const Token token{kind, text_.substr(at_, size)};
  at_ += size;
  return token;
}

Token Lexer::take_word() {
  const std::size_t size = word_size(text_, at_) - at_;
  return take(kind_of_word(text_.substr(at_, size)), size);
}

Token Lexer::read() {
  while (at_ < text_.size() && class_of(text_[at_]) == kSpace) ++at_;
  if (at_ == text_.size()) return {TokenKind::kEnd, text_.substr(at_)};
  const char c = text_[at_];
  const char after = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
  if (class_of(c) == kLetter) return take_word();
  switch (c) {
    case '#':
    case ':':
      if (!is_word_part(after)) break;
      return take(c == '#' ? TokenKind::kName : TokenKind::kValue, word_size(text_, at_ + 1) - at_);
    case ',': return take(TokenKind::kComma, 1);
    case '(': return take(TokenKind::kOpen, 1);
    case ')': return take(TokenKind::kClose, 1);
    case '.': return take(TokenKind::kDot, 1);
    case '[': return take(TokenKind::kOpenBracket, 1);
    case ']': return take(TokenKind::kCloseBracket, 1);
    case '=': return take(TokenKind::kEqual, 1);
    case '+': return take(TokenKind::kPlus, 1);
    case '-': return take(TokenKind::kMinus, 1);
    case '<':
      if (after == '>') return take(TokenKind::kNotEqual, 2);
      return after == '=' ? take(TokenKind::kLessOrEqual, 2) : take(TokenKind::kLess, 1);
    case '>': return after == '=' ? take(TokenKind::kGreaterOrEqual, 2) : take(TokenKind::kGreater, 1);
    case '0': return take(TokenKind::kIndex, 1);
    default:
      if (class_of(c) != kDigit) break;
      const std::size_t end = std::min(text_.find_first_not_of("0123456789", at_), text_.size());
      return take(TokenKind::kIndex, end - at_);
  }
  return take(TokenKind::kUnknown, character_size(text_.substr(at_)));
}

bool Lexer::is_call() const {
  std::size_t next = at_;
  while (next < text_.size() && class_of(text_[next]) == kSpace) ++next;
  return next < text_.size() && text_[next] == '(';
}

std::string Lexer::complaint() const {
  const bool ended = current_.kind == TokenKind::kEnd;
  Lexer ahead = *this;
  const std::string_view next = ended ? current_.text : ahead.read().text;
  const char* from = previous_.data() != nullptr ? previous_.data() : ended ? text_.data() : current_.text.data();
  const char* to = next.data() + next.size();
  std::string message = "Syntax error; token: \"";
  message += ended ? "<EOF>" : current_.text;
  message += "\", near: \"";
  message.append(from, to);
  return message += '"';
}

}  // namespace gatehouse::dynamo
