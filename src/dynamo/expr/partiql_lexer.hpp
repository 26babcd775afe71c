// PartiQL statements as tokens. One statement; one thread.
#pragma once

#include "gatehouse/base/arena.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

enum class PartiqlKind : std::uint8_t {
  kEnd,
  kWord,       // a name without quotes, or a keyword
  kQuoted,     // "a name"
  kString,     // 'text'
  kNumber,     // without sign
  kParameter,  // ?
  kSymbol,     // ( ) [ ] { } . , : ; * + - = <> != < <= > >= << >> ||
  kUnknown,
};

struct PartiqlToken {
  PartiqlKind kind = PartiqlKind::kEnd;
  std::string_view text;  // as it stands in the statement
  std::string_view value;  // of kQuoted and kString: without quotes, '' being '
};

class PartiqlLexer {
 public:
  PartiqlLexer(std::string_view text, Arena& arena) : text_(text), arena_(arena) { advance(); }

  const PartiqlToken& token() const { return token_; }
  void advance() { token_ = read(); }
  // In any case; a quoted name is no keyword.
  bool at_word(std::string_view keyword) const;
  bool at_symbol(std::string_view symbol) const {
    return token_.kind == PartiqlKind::kSymbol && token_.text == symbol;
  }
  // Whether '(' stands behind the current token.
  bool is_call() const;
  // "1:38:3": line, column, length of the current token.
  std::string place() const;

 private:
  PartiqlToken read();
  PartiqlToken read_quoted(char quote);
  PartiqlToken read_number();
  PartiqlToken take(PartiqlKind kind, std::size_t size);
  void skip_space();

  std::string_view text_;
  Arena& arena_;
  std::size_t at_ = 0;
  PartiqlToken token_;
};

bool equal_in_any_case(std::string_view a, std::string_view b);

}  // namespace gatehouse::dynamo
