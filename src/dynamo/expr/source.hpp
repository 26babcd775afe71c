// What the parsers of the five kinds of expression have in common: the tokens of one text, what its placeholders stand for,
// document paths, and the faults. Lives during one parse; one thread.
#pragma once

#include "dynamo/expr/lexer.hpp"
#include "dynamo/expr/problems.hpp"
#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/expr/bindings.hpp"
#include "gatehouse/dynamo/expr/condition.hpp"
#include "gatehouse/dynamo/expr/path.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

class Source : public Problems {
 public:
  Source(std::string_view text, ExpressionKind kind, Bindings& bindings, Arena& arena);

  const Token& token() const { return lexer_.token(); }
  bool at(TokenKind kind) const { return lexer_.token().kind == kind; }
  void advance() { lexer_.advance(); }
  bool accept(TokenKind kind);
  bool expect(TokenKind kind);  // false: a syntax error
  bool at_call() const { return at(TokenKind::kWord) && lexer_.is_call(); }
  bool expect_end() { return at(TokenKind::kEnd) || fail_syntax(); }

  // Ends the parse: always false.
  bool fail_syntax();

  // `path` is empty after a syntax error only.
  Path parse_path();
  // Absent when it is not defined. REQUIRES: at(kValue).
  Value parse_value();

  Outcome<void> finish();

  Arena& arena() const { return arena_; }

 private:
  Path parse_long_path(const PathStep& first);
  bool parse_step(PathStep& to);
  bool parse_index(PathStep& to);

  Lexer lexer_;
  ExpressionKind kind_;
  Bindings& bindings_;
  Arena& arena_;
};

// "[a, b, [1]]", as messages have it.
std::string path_text(Path path);

}  // namespace gatehouse::dynamo
