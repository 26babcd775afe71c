// Where a row lies: the keys of items, index entries and expiry entries. Layout: docs/storage-format.md ("Row keys").
//   table u32 | index u8 | hash32(partition) | varint length, partition | sort [| varint length, table partition | table sort]
// Big-endian. Strings and binaries are raw where nothing follows. Pure functions.
#pragma once

#include "table.hpp"

#include "gatehouse/dynamo/wire/fault.hpp"
#include "gatehouse/dynamo/wire/value.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

inline constexpr std::size_t kRowHead = 9;           // table, index, hash
inline constexpr std::uint8_t kTableRows = 0;
inline constexpr std::uint8_t kExpiryRows = 0xFF;    // expiry u64 seconds instead of hash and partition, then the table's row key
inline constexpr TableId kCatalogueTable = 0;        // rows of the engine itself

// The key of an item, from the item or from a Key parameter. Faults, as the service words them: a missing key attribute, the
// wrong type, an empty value, a value too long. `exact`: nothing but the key may be there (Key parameters).
enum class KeyForm : unsigned char { kItem, kExact };
Outcome<void> append_item_key(std::string& to, const Table& table, const Map& attributes, KeyForm form);

// The key of an item's entry in an index. False when the item has none, because a key attribute is absent. An attribute of the wrong
// type is a fault.
Outcome<bool> append_index_key(std::string& to, const Table& table, const TableIndex& index, const Map& item);

// That fault, of any of the indexes that are kept.
Outcome<void> check_index_keys(const Table& table, const Map& item);

// Everything of a table, of one of its row kinds, of one partition.
void append_table_prefix(std::string& to, TableId table);
void append_rows_prefix(std::string& to, TableId table, std::uint8_t index);
// `partition` in key bytes (append_key_value of each part).
void append_partition_prefix(std::string& to, TableId table, std::uint8_t index, std::string_view partition);
std::uint32_t partition_hash(std::string_view partition);

// One key value, escaped when something follows it. REQUIRES: the value has the part's type.
void append_key_value(std::string& to, const KeyPart& part, Value value, bool last);

// The first 9 bytes say which lock a row belongs to.
std::string_view row_head(std::string_view row_key);

// The table's row key of an index entry.
std::string item_key_of_entry(std::string_view entry_key, const Table& table, const TableIndex& index);

void append_expiry_key(std::string& to, TableId table, std::uint64_t expires_seconds, std::string_view row_key);

}  // namespace gatehouse::dynamo
