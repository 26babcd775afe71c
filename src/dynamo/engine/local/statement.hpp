// A PartiQL statement of a request, from its JSON to what it means for one item. Source: DynamoDB Developer Guide, "PartiQL".
#pragma once

#include "key_range.hpp"
#include "transaction.hpp"

#include "gatehouse/dynamo/expr/partiql.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

// {"Statement": "…", "Parameters": […], "ConsistentRead": …, "ReturnValuesOnConditionCheckFailure": …}
struct StatementRequest {
  std::optional<std::string_view> text;
  std::string values;                  // Parameters, encoded behind each other
  std::vector<std::size_t> value_at;
  bool consistent = false;
  std::string_view return_on_failure;
  std::optional<Fault> value_fault;
};

// One member whose name was just read. False when it is none of a statement's.
bool read_statement_member(JsonReader& reader, std::string_view name, StatementRequest& to);
// {…}
void read_statement(JsonReader& reader, StatementRequest& to);

// Views into `request`.
Outcome<Statement> parse(const StatementRequest& request, Arena& arena);

// The statement as an action on one item: its table, row key, condition. Faults: WHERE does not pin the whole key; SELECT on an index.
Outcome<std::unique_ptr<TransactionAction>> action_of(Run& run, const StatementRequest& request, const Statement& statement);

// The terms of a Query that WHERE allows: equality on the partition and one bound of the sort key. Empty: only a scan can serve it.
// With IN on the partition, one set of terms for each value.
std::vector<std::vector<KeyTerm>> query_terms(const KeySchema& schema, const Statement& statement);

// {"a":…} as RETURNING asks; nothing when it asks for none or there is no item.
bool write_returned(std::string& to, const Statement& statement, const TransactionAction& action, Arena& arena);

}  // namespace gatehouse::dynamo
