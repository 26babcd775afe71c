// Tables that the configuration names, brought into an engine: created when absent, completed where that can be done while they are in use.
// Nothing is ever deleted or made anew: what the configuration does not name stays. Works over the engine's own operations, so it serves
// every kind of engine. On a thread that may wait.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/dynamo/engine/engine.hpp"
#include "gatehouse/dynamo/engine/settings.hpp"

#include <chrono>
#include <span>
#include <string>
#include <vector>

namespace gatehouse::dynamo {

// Creates tables, adds global indexes, switches expiry and streams on. Returns when each table is ACTIVE (its new indexes may still be
// filled); `patience` bounds the wait for each table. The error names the table and its place in the configuration; tables before it
// are done. What compare_tables() would say is an error.
Result<void> declare_tables(Engine& engine, std::span<const TableSettings> tables, Duration patience = std::chrono::minutes(5));

// Differences that declare_tables() cannot remove, one line each: keys, keys or projection of an index, a missing local index, another
// expiry attribute or view of a stream.
std::vector<std::string> compare_tables(Engine& engine, std::span<const TableSettings> tables);

}  // namespace gatehouse::dynamo
