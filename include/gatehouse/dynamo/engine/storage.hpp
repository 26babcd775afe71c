// Ordered bytes under the embedded engine: RocksDB, or memory in tests. Knows no table and no item.
// Thread-safe unless said otherwise.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/base/units.hpp"
#include "gatehouse/dynamo/engine/settings.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::dynamo {

// Two spaces of keys: tables, and the change log, which is trimmed from its front.
enum class Family : std::uint8_t { kData, kLog };

// Whether a call may wait for the disk (or for a write stall). With kNever it gives up with Error{kUnavailable, "would_block"}.
enum class Patience : std::uint8_t { kNever, kAllowed };
bool is_would_block(const Error& error);

// Changes that happen together or not at all. Reused: clear() keeps the memory. One thread.
class Batch {
 public:
  enum class Kind : std::uint8_t { kPut, kErase, kEraseRange };
  struct Change {
    Kind kind;
    Family family;
    std::string_view key;
    std::string_view value;  // of kEraseRange: the first key that stays
  };

  void put(Family family, std::string_view key, std::string_view value);
  void erase(Family family, std::string_view key);
  void erase_range(Family family, std::string_view from, std::string_view to);
  void clear();
  bool empty() const { return bytes_.empty(); }
  std::size_t size_bytes() const { return bytes_.size(); }
  // Cuts the first change off `rest`, which begins as bytes(); nullopt at the end.
  static std::optional<Change> take(std::string_view& rest);
  std::string_view bytes() const { return bytes_; }

 private:
  void append(Kind kind, Family family, std::string_view key, std::string_view value);
  std::string bytes_;
};

// Orders writes: a later write has a greater number.
using CommitNumber = std::uint64_t;

// A consistent view of everything, until it is let go.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
};

struct ReadOptions {
  Patience patience = Patience::kAllowed;
  const Snapshot* snapshot = nullptr;  // none: as it is now
  bool fill_cache = true;              // false for scans
};

// A place among the keys of one family. One thread. Sees the state as of its making, or refresh().
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual void seek(std::string_view key) = 0;           // first key >= key
  virtual void seek_for_previous(std::string_view key) = 0;  // last key <= key
  virtual void next() = 0;
  virtual void previous() = 0;
  virtual bool valid() const = 0;                         // false at the end, and after an error
  virtual std::string_view key() const = 0;               // until the cursor moves
  virtual std::string_view value() const = 0;
  // Why it is not valid; nothing at the end. Includes would_block.
  virtual std::optional<Error> error() const = 0;
};

class Storage {
 public:
  virtual ~Storage() = default;

  // True and the value in `value` (replaced), or false when there is none.
  virtual Result<bool> get(Family family, std::string_view key, std::string& value, const ReadOptions& options) const = 0;
  // `lower` and `upper` bound what it can see ([lower, upper); upper empty: no bound); REQUIRES: they outlive the cursor.
  virtual std::unique_ptr<Cursor> cursor(Family family, std::string_view lower, std::string_view upper, const ReadOptions& options) const = 0;
  virtual std::unique_ptr<Snapshot> snapshot() const = 0;

  // Atomic, logged, and seen by every read that begins afterwards; on disk once durable() reached the number returned (at once
  // unless durability is kSync). After the disk failed (fsync, log write) every write fails with "store_failed": nothing is
  // acknowledged any more, reads go on. While the disk is too full for RocksDB's tables writes fail with "store_full"; tidy() ends
  // that when there is space again. The write that met the failure may have been given a number: durable() never reaches
  // it, whatever the durability, so it is asked before every answer.
  virtual Result<CommitNumber> write(const Batch& batch, Patience patience) = 0;
  virtual CommitNumber written() const = 0;
  virtual CommitNumber durable() const = 0;
  virtual std::optional<Error> failure() const = 0;
  // `moved` is called from the committer's thread whenever an fsync moved durable() or failure() appeared. Set once, before the
  // first write. May be called any number of times between; never by a storage in memory.
  virtual void on_durable(std::function<void()> moved) = 0;
  // Waits; for threads that may. The error is failure().
  virtual Result<void> wait_durable(CommitNumber number) = 0;
  // Tells the committer that someone waits: many calls, one fsync.
  virtual void request_sync() = 0;

  // A consistent copy of everything in `folder`, which must not exist: a store for open_rocks_read_only, also from memory. Hard
  // links where the file system allows it.
  virtual Result<void> checkpoint(const std::string& folder) = 0;
  // Drops log rows below `to` of one prefix, whole files at once where possible: a hint, readers hold their own horizon.
  virtual void trim_log(std::string_view from, std::string_view to) = 0;
  // Now and then, from a thread that may wait: tries whether a full disk has space again, makes reading cheaper where it has become
  // dear.
  virtual void tidy() {}
  // Bytes and rows, roughly, of a range of keys of kData.
  virtual std::uint64_t approximate_size(std::string_view from, std::string_view to) const = 0;

  // For metrics: "block_cache_bytes", "memtable_bytes", …
  virtual std::vector<std::pair<std::string, std::uint64_t>> statistics() const = 0;
  // No cursor and no snapshot may be left. Everything written is on disk afterwards.
  virtual void close() = 0;
};

// Fails when the folder is used by another process (the error names its pid where known), was written by a newer version, or
// is damaged (the error names the file); creates it when absent.
Result<std::unique_ptr<Storage>> open_rocks(const EmbeddedSettings& settings);
// Opened read-only, e.g. a backup's checkpoint.
Result<std::unique_ptr<Storage>> open_rocks_read_only(const std::string& folder);
std::unique_ptr<Storage> open_memory();

}  // namespace gatehouse::dynamo
