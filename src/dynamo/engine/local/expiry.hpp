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

// Deletes expired items in bounded rounds. Remembers where it was: rows that it deleted are never walked over again. One thread.
class ExpirySweep {
 public:
  explicit ExpirySweep(LocalState& state) : state_(state) {}
  // At most `limit` items of all tables in turn. Returns how many were deleted; fewer than `limit`: nothing more is due.
  std::uint64_t sweep(std::uint64_t limit);

 private:
  std::uint64_t sweep_table(const Table& table, std::uint64_t now_seconds, std::uint64_t limit);
  bool delete_expired(const Table& table, std::string_view row_key, std::uint64_t expires);

  LocalState& state_;
  std::map<TableId, std::string> resume_;  // the expiry row key behind which all that is due begins
};

}  // namespace gatehouse::dynamo
