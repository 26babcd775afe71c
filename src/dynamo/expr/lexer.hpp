// Expressions as tokens, which are views of the text. One lexer for all five kinds: words like SET are no names anywhere,
// as the service has it. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

enum class TokenKind : std::uint8_t {
  kEnd, kWord, kName, kValue, kIndex,
  kComma, kOpen, kClose, kDot, kOpenBracket, kCloseBracket,
  kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual, kPlus, kMinus,
  kIn, kBetween, kNot, kAnd, kOr, kSet, kAdd, kDelete, kRemove,
  kUnknown,  // one character that belongs nowhere
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;  // of kName and kValue with its '#' or ':'; of kEnd empty, at the end of the text
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) { current_ = read(); }

  const Token& token() const { return current_; }
  void advance() {
    previous_ = current_.text;
    current_ = read();
  }
  // Whether the token behind the current one is '('.
  bool is_call() const;
  // `Syntax error; token: "=", near: "a = :b"` about the current token.
  std::string complaint() const;

 private:
  Token read();
  Token take(TokenKind kind, std::size_t size);
  Token take_word();

  std::string_view text_;
  std::size_t at_ = 0;
  Token current_;
  std::string_view previous_;
};

}  // namespace gatehouse::dynamo
