// The tables of a store by name, kept in the storage. Thread-safe: readers take a shared_ptr; changes are made one at a time.
#pragma once

#include "table.hpp"

#include "gatehouse/dynamo/engine/storage.hpp"
#include "gatehouse/dynamo/wire/fault.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

class Catalogue {
 public:
  explicit Catalogue(Storage& storage);
  // Reads all descriptions. The error names what is damaged.
  Result<void> load();

  // By name or ARN; null when there is none.
  std::shared_ptr<const Table> find(std::string_view name_or_arn) const;
  std::shared_ptr<const Table> find(TableId id) const;
  std::vector<std::shared_ptr<const Table>> all() const;  // sorted by name

  // Each writes the description and swaps it in; `table.id` and index numbers of new ones are given here. Not on a worker's thread
  // with Patience::kNever: the fault is then kWouldBlock.
  Outcome<CommitNumber> add(Table table, Patience patience);  // kResourceInUse when the name is taken
  // Calls `change` on a copy; its fault ends it.
  Outcome<CommitNumber> update(std::string_view name, Patience patience, const std::function<Outcome<void>(Table&)>& change);
  // Forgets the table and drops its rows (range delete) and those of its stream's log that nobody can read any more.
  Outcome<CommitNumber> remove(std::string_view name, Patience patience);

  std::uint8_t next_index_number(const Table& table) const;
  std::uint32_t next_stream_id();

 private:
  Storage& storage_;
  mutable std::shared_mutex mutex_;
  std::mutex changing_;
  std::map<std::string, std::shared_ptr<const Table>, std::less<>> tables_;
  TableId next_table_ = 1;
  std::uint32_t next_stream_ = 1;
};

}  // namespace gatehouse::dynamo
