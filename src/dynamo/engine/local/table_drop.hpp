// Rows that belong to nothing any more: of deleted tables, deleted indexes, switched-off expiry. They are range-deleted in the background,
// after the last writer that knew the older description. Nothing is written down about it: at start they are found again.
#pragma once

#include "run.hpp"

#include "gatehouse/base/error.hpp"

namespace gatehouse::dynamo {

void enqueue_table_drop(LocalState& state, TableId table);
// Rows of a kind (an index's number, kExpiryRows), unless the table uses that kind when its turn comes.
void enqueue_rows_drop(LocalState& state, TableId table, std::uint8_t kind);

// Enqueues what earlier runs left. One seek for each table and index.
Result<void> find_orphans(LocalState& state);

// Range-deletes, now.
Result<void> drop_rows(Storage& storage, TableId table, std::uint8_t kind);

}  // namespace gatehouse::dynamo
