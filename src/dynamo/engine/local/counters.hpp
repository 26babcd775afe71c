// How many items and bytes tables and indexes hold. Kept in memory while the store is open, written down when it is closed; after a
// crash they are counted again in the background.
#pragma once

#include "run.hpp"

#include "gatehouse/base/error.hpp"

namespace gatehouse::dynamo {

// Takes what the last orderly end wrote, and enqueues a count of what it did not know.
Result<void> load_counters(LocalState& state);
Result<void> keep_counters(LocalState& state);

// Counts the rows of a kind in steps of the background, and sets the counters as if they had been kept all along.
void enqueue_count(LocalState& state, TableId table, std::uint8_t kind, std::shared_ptr<TableCounters> counters);

}  // namespace gatehouse::dynamo
