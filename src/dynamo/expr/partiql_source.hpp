// What the parts of the PartiQL parser have in common: tokens, parameters, paths, literals, faults. One statement; one thread.
#pragma once

#include "dynamo/expr/partiql_lexer.hpp"
#include "dynamo/expr/problems.hpp"
#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/expr/path.hpp"
#include "gatehouse/dynamo/wire/value.hpp"

#include <span>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

class PartiqlSource : public Problems {
 public:
  PartiqlSource(std::string_view text, std::span<const Value> parameters, Arena& arena)
      : Problems(Order::kByOperator), lexer_(text, arena), parameters_(parameters), arena_(arena) {}

  const PartiqlToken& token() const { return lexer_.token(); }
  bool at(PartiqlKind kind) const { return token().kind == kind; }
  bool at_word(std::string_view keyword) const { return lexer_.at_word(keyword); }
  bool at_symbol(std::string_view symbol) const { return lexer_.at_symbol(symbol); }
  // A name that may be called: it is a word, and '(' follows.
  bool at_call() const { return at(PartiqlKind::kWord) && lexer_.is_call() && !at_keyword(); }
  bool at_name() const { return at(PartiqlKind::kQuoted) || (at(PartiqlKind::kWord) && !at_keyword()); }
  bool at_literal() const;
  void advance() { lexer_.advance(); }
  bool accept_word(std::string_view keyword);
  bool accept_symbol(std::string_view symbol);
  bool expect_word(std::string_view keyword) { return accept_word(keyword) || fail_syntax(); }
  bool expect_symbol(std::string_view symbol) { return accept_symbol(symbol) || fail_syntax(); }
  bool expect_name(std::string_view& to);

  bool fail_syntax();
  bool too_deep(unsigned depth);

  // Empty after a syntax error only.
  Path parse_path();
  // REQUIRES: at_literal(). Absent after a fault.
  Value parse_literal();
  // {'name': value, …}, as an item; false after a fault.
  bool parse_item(std::string& to);

  std::size_t parameters_used() const { return used_; }
  Arena& arena() const { return arena_; }

 private:
  bool at_keyword() const;
  bool parse_step(PathStep& to);
  bool write_literal(ValueWriter& to, unsigned level);
  bool write_number(ValueWriter& to);
  bool write_list(ValueWriter& to, unsigned level);
  bool write_members(ValueWriter& to, ValueWriter::Open& open, unsigned level);
  bool write_set(ValueWriter& to);
  bool read_element(Type& type, std::string_view& text);
  bool take_parameter(Value& to);
  bool take_number(std::string_view& canonical);

  PartiqlLexer lexer_;
  std::span<const Value> parameters_;
  Arena& arena_;
  std::size_t used_ = 0;
};

}  // namespace gatehouse::dynamo
