// The tables of a store by name, kept in the storage. Thread-safe: readers take a shared_ptr; changes are made one at a time.
#pragma once

#include "table.hpp"

#include "gatehouse/dynamo/engine/storage.hpp"
#include "gatehouse/dynamo/wire/fault.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

// A stream outlives its being enabled: its records can be read until they are too old.
struct StreamEntry {
  TableStream stream;
  std::string table_name;
  KeyPart partition;
  std::optional<KeyPart> sort;
  WallTime created;
  std::optional<WallTime> closed;  // disabled, or the table was deleted
};

class Catalogue {
 public:
  explicit Catalogue(Storage& storage);
  // Reads all descriptions. The error names what is damaged.
  Result<void> load();

  // By name or ARN; null when there is none, or when it is still being filled (kCreating): items cannot be reached yet.
  std::shared_ptr<const Table> find(std::string_view name_or_arn) const;
  // Whatever its status.
  std::shared_ptr<const Table> find_any(std::string_view name_or_arn) const;
  std::shared_ptr<const Table> find(TableId id) const;
  std::vector<std::shared_ptr<const Table>> all() const;  // sorted by name

  // Open streams and closed ones, sorted by ARN.
  std::vector<std::shared_ptr<const StreamEntry>> streams() const;
  std::shared_ptr<const StreamEntry> find_stream(std::string_view arn) const;

  // Each writes the description and swaps it in; `table.id`, the stream's id and numbers of new indexes (number 0) are given here.
  // Streams that begin or end by it are noted in the same write, with `now`. Not on a worker's thread with Patience::kNever: the
  // fault is then kWouldBlock.
  Outcome<CommitNumber> add(Table table, WallTime now, Patience patience);  // kResourceInUse when the name is taken
  // Calls `change` on a copy; its fault ends it.
  Outcome<CommitNumber> update(std::string_view name, WallTime now, Patience patience,
                               const std::function<Outcome<void>(Table&)>& change);
  // Forgets the table, unless `check` has something against it. Its rows are left to Maintenance, which waits for writers first.
  Outcome<CommitNumber> remove(std::string_view name, WallTime now, Patience patience,
                               const std::function<Outcome<void>(const Table&)>& check);
  // Forgets a closed stream whose records are gone.
  Outcome<CommitNumber> remove_stream(std::uint32_t id);

 private:
  std::shared_ptr<const Table> find_locked(std::string_view name_or_arn) const;
  Outcome<CommitNumber> write(const Batch& batch, Patience patience);
  void put_meta(Batch& batch) const;
  std::shared_ptr<const StreamEntry> open_stream(Table& table, WallTime now, Batch& batch);
  std::shared_ptr<const StreamEntry> close_stream(const Table& table, WallTime now, Batch& batch);
  void keep(std::shared_ptr<const StreamEntry> stream);
  Result<void> load_meta();
  Result<void> load_tables();
  Result<void> load_streams();

  Storage& storage_;
  mutable std::shared_mutex mutex_;
  std::mutex changing_;
  std::map<std::string, std::shared_ptr<const Table>, std::less<>> tables_;
  std::map<std::uint32_t, std::shared_ptr<const StreamEntry>> streams_;
  TableId next_table_ = 1;
  std::uint32_t next_stream_ = 1;
};

}  // namespace gatehouse::dynamo
