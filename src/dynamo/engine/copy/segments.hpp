// The segments of one table's parallel scan, worked on by several threads until all are done or one fails.
#pragma once

#include "copy_state.hpp"
#include "pages.hpp"

#include "gatehouse/base/error.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace gatehouse::dynamo {

// Runs `work(i)` for i below `count` on up to `workers` threads. The first error ends it.
Result<void> run_parallel(unsigned workers, std::size_t count, const std::function<Result<void>(std::size_t)>& work);

// Copies what `table` says is left, and keeps it up to date. `moved` is called after each page, by one thread at a time, under
// the lock that guards `table`; its error ends the copy.
class SegmentCopy {
 public:
  using Moved = std::function<Result<void>(std::uint64_t items)>;
  SegmentCopy(const Side& from, const Side& to, TableState& table, Moved moved)
      : from_(from), to_(to), table_(table), moved_(std::move(moved)) {}
  Result<void> run(unsigned workers);

 private:
  Result<void> copy(std::size_t number);
  Result<bool> copy_page(const SegmentOf& segment, std::string& start_key);

  const Side& from_;
  const Side& to_;
  TableState& table_;
  const Moved moved_;
  std::mutex mutex_;
};

// How many items a table has, by reading it all.
Result<std::uint64_t> count_items(const Side& side, const std::string& table, unsigned workers);

}  // namespace gatehouse::dynamo
