// The statements of PartiQL.
#include "gatehouse/dynamo/expr/partiql.hpp"

#include "dynamo/expr/partiql_set.hpp"
#include "dynamo/expr/partiql_where.hpp"

namespace gatehouse::dynamo {
namespace {

class StatementParser {
 public:
  explicit StatementParser(PartiqlSource& source) : source_(source) {}

  bool parse(Statement& to);

 private:
  bool parse_exists(Statement& to);
  bool parse_select(Statement& to);
  bool parse_columns(Statement& to);
  bool parse_insert(Statement& to);
  bool parse_update(Statement& to);
  bool parse_delete(Statement& to);
  bool parse_table(Statement& to);
  bool parse_single_table(Statement& to);
  bool parse_where(Statement& to);
  bool parse_order(Statement& to);
  bool parse_returning(Statement& to);

  PartiqlSource& source_;
};

bool StatementParser::parse(Statement& to) {
  const bool good = source_.at_word("exists")              ? parse_exists(to)
                    : source_.accept_word("select")        ? parse_select(to)
                    : source_.accept_word("insert")        ? parse_insert(to)
                    : source_.accept_word("update")        ? parse_update(to)
                    : source_.accept_word("delete")        ? parse_delete(to)
                                                           : source_.fail_syntax();
  if (!good) return false;
  source_.accept_symbol(";");
  return source_.at(PartiqlKind::kEnd) || source_.fail_syntax();
}

bool StatementParser::parse_exists(Statement& to) {
  source_.advance();
  if (!source_.expect_symbol("(") || !source_.expect_word("select") || !parse_select(to)) return false;
  to.kind = StatementKind::kExists;
  return source_.expect_symbol(")");
}

bool StatementParser::parse_select(Statement& to) {
  to.kind = StatementKind::kSelect;
  if (source_.at_word("value")) return source_.fail("Select projection doesn't support value or pivot keywords");
  if (source_.at_word("distinct")) return source_.fail("Unsupported token in expression: DISTINCT");
  if (!source_.accept_symbol("*") && !parse_columns(to)) return false;
  if (!source_.expect_word("from") || !parse_table(to)) return false;
  if (source_.at_symbol(",")) return source_.fail("Only select from a single table or index is supported.");
  if (source_.at_name() || source_.at_word("as")) {
    // LIMIT, GROUP and HAVING are keywords, so that a name is an alias.
    return source_.fail("Aliasing is not supported");
  }
  if (!parse_where(to) || !parse_order(to)) return false;
  for (const std::string_view clause : {"group", "having", "limit"}) {
    if (!source_.at_word(clause)) continue;
    return source_.fail("Unsupported clause: " + std::string(clause == "group" ? "GROUP BY" : source_.token().text));
  }
  return true;
}

bool StatementParser::parse_columns(Statement& to) {
  ArenaList<Path> paths(source_.arena());
  do {
    if (source_.at_call() || source_.at_literal()) {
      return source_.fail("Unexpected path component: " + std::string(source_.token().text));
    }
    const Path path = source_.parse_path();
    if (path.empty()) return false;
    if (source_.at_word("as")) return source_.fail("Aliasing is not supported");
    paths.push_back(path);
  } while (source_.accept_symbol(","));
  auto projection = Projection::of_columns(paths.view(), source_.arena());
  if (projection.has_error()) return source_.fail(projection.error().message());
  to.projection = *projection;
  return true;
}

// "table" or "table"."index"
bool StatementParser::parse_table(Statement& to) {
  if (source_.at(PartiqlKind::kParameter)) return source_.fail("Unexpected from source");
  if (!source_.expect_name(to.table)) return false;
  return !source_.accept_symbol(".") || source_.expect_name(to.index);
}

bool StatementParser::parse_single_table(Statement& to) {
  if (!parse_table(to)) return false;
  return to.index.empty() || source_.fail("This operation is not supported on an index");
}

bool StatementParser::parse_where(Statement& to) {
  if (!source_.accept_word("where")) return true;
  const ConditionNode* root = WhereParser(source_).parse();
  if (root == nullptr) return false;
  to.where = Condition(root);
  to.key_candidates = key_candidates(*root, source_.arena());
  to.where.append_attributes(to.key_named);
  return true;
}

// The last of the attributes is the one that the order within a partition is about.
bool StatementParser::parse_order(Statement& to) {
  if (!source_.accept_word("order")) return true;
  if (!source_.expect_word("by")) return false;
  if (!to.where) {
    return source_.fail("Must have WHERE clause in the statement when using ORDER BY clause.");
  }
  do {
    if (!source_.expect_name(to.order_by)) return false;
    to.descending = source_.accept_word("desc");
    if (!to.descending) source_.accept_word("asc");
  } while (source_.accept_symbol(","));
  return true;
}

bool StatementParser::parse_insert(Statement& to) {
  to.kind = StatementKind::kInsert;
  if (!source_.expect_word("into") || !parse_table(to)) return false;
  if (!to.index.empty()) {
    return source_.fail("FROM clause may only contain a single table name in data manipulation statements");
  }
  if (!source_.expect_word("value")) return false;
  if (source_.at_literal() && !source_.at_symbol("{")) {
    return source_.fail(
        "Unsupported format in item expression. Please use struct format {...} to express item values for insert statement.");
  }
  std::string item;
  if (!source_.parse_item(item)) return false;
  to.item = Map::item(source_.arena().copy(item));
  return !source_.at_word("returning") || source_.fail("RETURNING is not supported in INSERT");
}

bool StatementParser::parse_update(Statement& to) {
  to.kind = StatementKind::kUpdate;
  if (!parse_single_table(to)) return false;
  const UpdateProgram* program = SetParser(source_).parse();
  if (program == nullptr) return false;
  to.update = Update(program);
  return parse_where(to) && parse_returning(to);
}

bool StatementParser::parse_delete(Statement& to) {
  to.kind = StatementKind::kDelete;
  if (!source_.expect_word("from") || !parse_single_table(to)) return false;
  if (!parse_where(to) || !parse_returning(to)) return false;
  if (to.returning == Returning::kNone || to.returning == Returning::kAllOld) return true;
  const bool modified = to.returning == Returning::kModifiedOld || to.returning == Returning::kModifiedNew;
  const bool old = to.returning == Returning::kModifiedOld;
  return source_.fail("Invalid returning clause: RETURNING " + std::string(modified ? "MODIFIED " : "ALL ") +
                      (old ? "OLD" : "NEW") + " *. Only RETURNING ALL OLD * is allowed in DELETE statements.");
}

bool StatementParser::parse_returning(Statement& to) {
  if (!source_.accept_word("returning")) return true;
  const bool all = source_.accept_word("all");
  if (!all && !source_.expect_word("modified")) return false;
  const bool old = source_.accept_word("old");
  if (!old && !source_.expect_word("new")) return false;
  to.returning = all ? (old ? Returning::kAllOld : Returning::kAllNew)
                     : (old ? Returning::kModifiedOld : Returning::kModifiedNew);
  if (source_.at(PartiqlKind::kEnd)) return source_.fail_syntax();
  return source_.accept_symbol("*") ||
         source_.fail("Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause");
}

}  // namespace

Outcome<Statement> parse_statement(std::string_view text, std::span<const Value> parameters, Arena& arena) {
  if (text.size() > kMaxStatementSize) {
    return validation("1 validation error detected: Value at 'statement' failed to satisfy constraint: Member must have "
                      "length less than or equal to " + std::to_string(kMaxStatementSize));
  }
  PartiqlSource source(text, parameters, arena);
  Statement statement;
  if (StatementParser(source).parse(statement) && source.parameters_used() != parameters.size()) {
    source.fail("Number of parameters in request and statement don't match.");
  }
  if (const auto outcome = source.finish({}); outcome.has_error()) return outcome.error();
  statement.parameters = source.parameters_used();
  return statement;
}

}  // namespace gatehouse::dynamo
