// Tables of one store, copied into another: whatever kinds of engines they are. On threads of its own, which may wait.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/dynamo/engine/engine.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

struct CopyOptions {
  std::string from, to;             // how messages and the state file call the stores
  std::vector<std::string> tables;  // empty: all
  unsigned workers = 4;
  std::string state_file;           // empty: none is kept
  bool overwrite = false;           // tables of the target may have items already: those of the source replace them
};

// After each page.
struct CopyProgress {
  std::string_view table;
  std::size_t table_number = 0, tables = 0;  // from 1
  std::uint64_t items = 0;                   // copied of this table so far, earlier runs included
  std::uint64_t expected = 0;                // as the source describes the table: roughly, and late
  enum class Step : unsigned char { kCopying, kCounting, kDone } step = Step::kCopying;
  std::uint64_t source_items = 0, target_items = 0;  // with kDone: counted
};

struct CopyReport {
  std::size_t tables = 0;
  std::uint64_t items = 0;  // written by this run
};

// Creates what is missing (keys and indexes), writes every item, then switches expiry and stream on and counts both sides. A table that has
// items at the target is an error, but for one that a state file says was begun, or with `overwrite`. With a state file the place is kept
// about once a second, and a later run with it goes on from there; it is removed at the end. `progress` is called by one thread at a
// time. Writes to the source meanwhile may or may not be copied. The error names the table, the store and what it answered.
Result<CopyReport> copy_tables(Engine& from, Engine& to, const CopyOptions& options,
                               const std::function<void(const CopyProgress&)>& progress);

}  // namespace gatehouse::dynamo
