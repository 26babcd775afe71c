// What ExecuteStatement is told besides the statement.
#pragma once

#include "statement.hpp"

#include <cstdint>
#include <string_view>

namespace gatehouse::dynamo {

struct StatementOptions {
  bool consistent = false;
  std::uint64_t limit = 0;  // of items looked at; 0: none
  std::string_view next_token;
  std::string_view return_capacity;
};

Outcome<void> execute_select(Run& run, const StatementOptions& options, const Statement& statement);

// INSERT, UPDATE, DELETE of one item, committed.
Outcome<void> write_by_statement(Run& run, Mutation& mutation, TransactionAction& action);
// SELECT of one item by its whole key.
Outcome<void> read_by_statement(Run& run, TransactionAction& action);

}  // namespace gatehouse::dynamo
