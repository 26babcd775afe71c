// Items that expire: rows by expiry time beside the items, kept by every change, and the sweep that deletes what is due.
#pragma once

#include "run.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

// When the item expires, in seconds since the epoch; nullopt when it never does (no such attribute, no number, out of range).
std::optional<std::uint64_t> expiry_of(const Table& table, const Map& item);

// Moves the item's expiry row as its TTL attribute changes. Nothing when the table has none. For Mutation.
void append_expiry_changes(const Table& table, std::string_view row_key, const std::optional<Map>& before,
                           const std::optional<Map>& after, Batch& batch);

// Deletes expired items in bounded rounds. Remembers where it was: the rows that it deleted are never walked over again, for what a
// storage keeps of deleted rows would make each round dearer than the last (measured: 149 ms against 75 µs). One thread.
class ExpirySweep {
 public:
  explicit ExpirySweep(LocalState& state) : state_(state) {}
  // At most `limit` items of all tables in turn. Returns how many were deleted; fewer than `limit`: nothing more is due.
  std::uint64_t sweep(std::uint64_t limit);

 private:
  struct Place {
    std::uint64_t second = 0;   // nothing is left that expires before
    std::string row;            // within that second: the last row that was seen
    std::uint64_t noted = ~std::uint64_t{0};  // what writers wrote behind our back, seen in the last round: perhaps not yet visible then
    TimePoint from_start;       // when all rows were last walked over
  };

  std::uint64_t sweep_table(const Table& table, std::uint64_t now, std::uint64_t limit);
  void go_back(const Table& table, Place& place);
  bool delete_expired(const Table& table, std::string_view expiry_key);

  LocalState& state_;
  std::map<TableId, Place> places_;
};

}  // namespace gatehouse::dynamo
