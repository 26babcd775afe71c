// What the parsers of the five kinds of expression have in common: the tokens of one text, what its placeholders stand for,
// document paths, and the faults. Lives during one parse; one thread.
#pragma once

#include "dynamo/expr/lexer.hpp"
#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/expr/bindings.hpp"
#include "gatehouse/dynamo/expr/condition.hpp"
#include "gatehouse/dynamo/expr/path.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

inline constexpr std::size_t kMaxExpressionSize = 4096;
inline constexpr unsigned kMaxOperators = 300;
inline constexpr std::size_t kMaxInOperands = 100;
// Parentheses and NOT within each other. What the limit on operators allows fits in; it is there for the stack's sake.
inline constexpr unsigned kMaxExpressionDepth = 640;

// The service looks at an expression several times: at its syntax, at names and functions, at what they stand for… A text with
// several faults is answered with the one that is found first, so each fault carries the pass that would find it.
enum class Pass : std::uint8_t { kSyntax, kWords, kNames, kOverlap, kValues, kOperands, kPathDepth, kOperators, kNone };

class Source {
 public:
  Source(std::string_view text, ExpressionKind kind, Bindings& bindings, Arena& arena);

  const Token& token() const { return lexer_.token(); }
  bool at(TokenKind kind) const { return lexer_.token().kind == kind; }
  void advance() { lexer_.advance(); }
  bool accept(TokenKind kind);
  bool expect(TokenKind kind);  // false: a syntax error
  bool at_call() const { return at(TokenKind::kWord) && lexer_.is_call(); }
  bool expect_end() { return at(TokenKind::kEnd) || fail_syntax(); }

  // Both end the parse: always false.
  bool fail_syntax();
  bool fail(std::string message);
  // Does not end the parse: something that an earlier pass finds may follow.
  void problem(Pass pass, std::initializer_list<std::string_view> message);

  void count_operator() { ++operators_; }

  // `path` is empty after a syntax error only.
  Path parse_path();
  // Absent when it is not defined. REQUIRES: at(kValue).
  Value parse_value();

  bool failed() const { return pass_ == Pass::kSyntax; }
  // The fault that counts, if any, after all was parsed.
  Outcome<void> finish();

  Arena& arena() const { return arena_; }
  ExpressionKind kind() const { return kind_; }

 private:
  bool parse_step(PathStep& to);
  bool parse_index(PathStep& to);
  Pass order(Pass pass) const;

  Lexer lexer_;
  ExpressionKind kind_;
  Bindings& bindings_;
  Arena& arena_;
  unsigned operators_ = 0;
  Pass pass_ = Pass::kNone;
  std::string message_;
};

// "[a, b, [1]]", as messages have it.
std::string path_text(Path path);

}  // namespace gatehouse::dynamo
