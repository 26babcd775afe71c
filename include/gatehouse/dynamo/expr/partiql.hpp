// PartiQL for DynamoDB: SELECT, INSERT, UPDATE, DELETE and EXISTS, parsed onto the trees that the other expressions use. Pure;
// lives in the request's arena. Grammar: DynamoDB Developer Guide, "PartiQL reference".
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/expr/condition.hpp"
#include "gatehouse/dynamo/expr/projection.hpp"
#include "gatehouse/dynamo/expr/update.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

enum class StatementKind : unsigned char { kSelect, kInsert, kUpdate, kDelete, kExists };
enum class Returning : unsigned char { kNone, kAllOld, kModifiedOld, kAllNew, kModifiedNew };

// One conjunct of WHERE that pins or bounds an attribute: `attribute = value`, `IN`, `BETWEEN`, `<`… What decides whether a SELECT can be
// a Query and which key an UPDATE means.
struct KeyCandidate {
  std::string_view attribute;
  enum class Comparison : unsigned char { kEqual, kIn, kLess, kLessOrEqual, kGreater, kGreaterOrEqual, kBetween, kBeginsWith } comparison;
  std::span<const Value> values;
};

struct Statement {
  StatementKind kind = StatementKind::kSelect;
  std::string_view table;
  std::string_view index;                      // empty: the table itself
  Projection projection;                       // of kSelect; none: *
  Condition where;                             // the whole of it
  std::vector<KeyCandidate> key_candidates;    // conjuncts at the top level of WHERE
  std::vector<std::string_view> key_named;     // attributes that WHERE names anywhere
  Map item;                                    // of kInsert
  Update update;                               // of kUpdate
  Returning returning = Returning::kNone;
  std::string_view order_by;                   // attribute; empty: none
  bool descending = false;
  std::size_t parameters = 0;                  // '?' in the text
};

inline constexpr std::size_t kMaxStatementSize = 8192;

// `parameters` replace '?' in order; too many or too few is a fault. `text` is valid UTF-8 (is_valid_utf8) and outlives the
// statement, as the parameters do.
Outcome<Statement> parse_statement(std::string_view text, std::span<const Value> parameters, Arena& arena);

}  // namespace gatehouse::dynamo
