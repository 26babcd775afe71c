// Fills a table that nobody else can reach yet (kCreating): items with their index entries and expiry rows, in batches, without locks,
// conditions or change records. One thread.
#pragma once

#include "index_entry.hpp"
#include "run.hpp"

#include "gatehouse/base/error.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

namespace gatehouse::dynamo {

class BulkLoad {
 public:
  // Of what origin the items are: of the store, an item whose attributes do not fit an index has no entry there.
  BulkLoad(LocalState& state, std::shared_ptr<const Table> table, IndexEntry::Origin origin)
      : state_(state), table_(std::move(table)), origin_(origin) {}

  // An item's encoding. The fault says what is wrong with it as an item of this table; nothing is written then. An item with the key
  // of an earlier one replaces it, but not that one's index entries: REQUIRES: keys are unique, or replace() is used.
  Outcome<void> add(std::string_view item);
  // As add(), for keys that may have been added before: reads first.
  Outcome<void> replace(std::string_view item);
  // Writes what was added. After the last item, and whenever a step ends.
  Result<void> flush();

  std::uint64_t items() const { return items_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  Outcome<void> check(const Mutation::Image& image);
  void append(const Mutation::Image& image);
  void erase(std::string_view row_key, const Mutation::Image& image);
  Result<void> flush_full();

  LocalState& state_;
  std::shared_ptr<const Table> table_;
  IndexEntry::Origin origin_;
  Batch batch_;
  IndexEntry entry_;
  std::string row_key_, before_;
  std::unordered_set<std::string> pending_;  // keys in the batch, of replace()
  std::uint64_t items_ = 0, bytes_ = 0;
};

}  // namespace gatehouse::dynamo
