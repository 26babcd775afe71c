// Descriptions of tables and indexes in requests: their shapes, and what the service has against them. CreateTable, UpdateTable,
// restores and imports share them. Pure functions.
#pragma once

#include "control_request.hpp"
#include "table.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

inline constexpr std::size_t kMaxLocalIndexes = 5;
inline constexpr std::size_t kMaxGlobalIndexes = 20;
inline constexpr std::size_t kMaxProjected = 100;  // non-key attributes of all indexes together
inline constexpr std::size_t kMaxKeyParts = 4;     // of each kind, of a global index
inline constexpr std::size_t kMaxTags = 50;

std::span<const Field> create_table_fields();
std::span<const Field> update_table_fields();

// The table that a CreateTable request, or what has its form, describes: checked, without id, ARN, uuid and times.
Outcome<Table> table_of(const Node& request);

std::vector<KeyPart> declared_of(const Node& request);
// `declared`: all attribute definitions.
Outcome<TableIndex> index_of(const Node& description, const std::vector<KeyPart>& declared, bool local, const Table& table);
Outcome<void> check_throughput(const Node& provisioned);
Throughput throughput_of(const Node& owner);          // its ProvisionedThroughput; zero when absent
Throughput on_demand_limit_of(const Node& owner);
Outcome<void> check_index_limits(const Table& table);
// Definitions that no key uses, or keys without one.
Outcome<void> check_declared_used(const Table& table);
Outcome<StreamView> stream_view_of(const Node& specification);
Outcome<void> add_tags(const Node& request, Table& table);
// A new stream's label and ARN.
void begin_stream(Table& table, StreamView view, WallTime now);

Fault invalid_parameters(std::string_view what);  // "One or more parameter values were invalid: …"

}  // namespace gatehouse::dynamo
