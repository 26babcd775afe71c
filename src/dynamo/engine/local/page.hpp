// One page of a Query or Scan: walks a range of rows, filters, projects and encodes straight from the cursor's bytes into the answer.
#pragma once

#include "consumed_capacity.hpp"
#include "key_range.hpp"
#include "run.hpp"

#include "gatehouse/dynamo/expr/condition.hpp"
#include "gatehouse/dynamo/expr/projection.hpp"

#include <cstdint>
#include <string>

namespace gatehouse::dynamo {

// "Each page is at most 1 MB", before filtering: the item that reaches it is the last one.
inline constexpr std::uint64_t kMaxPageSize = 1024 * 1024;

struct PagePlan {
  const Table& table;
  const TableIndex* index = nullptr;
  KeyRange range = {};
  bool forward = true;
  bool whole_items = false;    // of a local index: rows are entries, items are fetched from the table
  bool filters_items = false;  // of an index: the filter looks at the table's items, whatever is answered
  bool count_only = false;
  bool fill_cache = true;
  std::uint64_t limit = 0;   // of rows looked at; 0: none
  ReadKind kind = ReadKind::kEventual;
  Condition filter = {};
  Projection projection = {};
};

struct Page {
  std::uint64_t count = 0;    // items that matched
  std::uint64_t scanned = 0;  // rows looked at
  ConsumedCapacity capacity;
  std::string last_key;       // JSON; empty: nothing follows
};

// Appends the items to `items`, comma between them. The run is not told what it saw: a Query saw one partition, a Scan everything.
Outcome<Page> read_page(Run& run, const PagePlan& plan, std::string& items);

}  // namespace gatehouse::dynamo
