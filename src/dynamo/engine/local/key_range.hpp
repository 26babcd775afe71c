// Which rows a Query means: the key condition's terms, put in the order of the table's or index's key, as a range of row keys; and
// where an ExclusiveStartKey lies. Pure functions.
#pragma once

#include "table.hpp"

#include "gatehouse/dynamo/expr/key_condition.hpp"
#include "gatehouse/dynamo/wire/fault.hpp"
#include "gatehouse/dynamo/wire/value.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

struct KeySchema {
  std::span<const KeyPart> partition;  // at least one
  std::span<const KeyPart> sort;
  std::uint8_t number;                 // of the index; 0: the table
  bool has(std::string_view attribute) const;
};
// Views of the table or index.
KeySchema schema_of(const Table& table, const TableIndex* index);

// [lower, upper)
struct KeyRange {
  std::string lower, upper;
  bool contains(std::string_view row_key) const { return row_key >= lower && row_key < upper; }
};

// Faults: a key attribute without its term, terms about something else, wrong types, an operator that the key cannot serve.
Outcome<KeyRange> query_range(const Table& table, const TableIndex* index, std::span<const KeyTerm> terms);
// All rows, or those of one of `total` even parts of the hash range.
KeyRange scan_range(const Table& table, const TableIndex* index, std::uint64_t segment, std::uint64_t total);

enum class StartOf : unsigned char { kQuery, kScan };
// The row key that an ExclusiveStartKey means.
Outcome<std::string> start_row_key(const Table& table, const TableIndex* index, const Map& start, StartOf what);

// {"pk":{…},…}: what the next page starts from, of a row of the table or index.
void write_last_key(std::string& to, const Table& table, const TableIndex* index, const Map& row);

}  // namespace gatehouse::dynamo
