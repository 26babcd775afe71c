// Entries of items that were there before the index or the expiry was: written in the background while writers already keep new ones.
#pragma once

#include "run.hpp"

namespace gatehouse::dynamo {

// Of the index of that name, which is kCreating. Ends with kActive. Begins with a range delete: the number may have been used before.
void enqueue_index_build(LocalState& state, TableId table, std::string index);
// Of expiry rows; ends with ttl_building off.
void enqueue_expiry_build(LocalState& state, TableId table);
// What earlier runs did not finish.
void enqueue_unfinished_builds(LocalState& state);

}  // namespace gatehouse::dynamo
