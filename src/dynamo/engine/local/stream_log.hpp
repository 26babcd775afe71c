// The change records of all streams: keys `stream u32 | sequence u64` in Family::kLog. Thread-safe.
//
// A stream is one chain of shards, each the parent of the next: the current one is closed after a few hours, or when the stream ends.
#pragma once

#include "catalogue.hpp"
#include "table.hpp"

#include "gatehouse/base/clock.hpp"
#include "gatehouse/dynamo/engine/storage.hpp"
#include "gatehouse/dynamo/wire/value.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

struct StreamShard {
  std::uint32_t number = 0;             // the parent's is one less
  std::uint64_t first = 1;              // sequence numbers
  std::optional<std::uint64_t> last;    // none: open
  WallTime created;
};

// A stream at one moment.
struct StreamState {
  std::uint64_t last = 0;       // all records up to it are written
  std::uint64_t trimmed = 0;    // up to it they are gone
  CommitNumber written = 0;     // must be durable before a record is shown
  std::vector<StreamShard> shards;  // oldest first, never empty
};

// A record as it lies in the log. Views into `bytes`.
struct StreamRecord {
  enum class Event : unsigned char { kInsert, kModify, kRemove };
  Event event;
  bool by_expiry;
  WallTime created;
  Map key;
  std::optional<Map> before, after;  // as the stream's view keeps them
};
// nullopt: damaged.
std::optional<StreamRecord> read_stream_record(std::string_view bytes);
std::string stream_record_key(std::uint32_t stream, std::uint64_t sequence);

class StreamLog {
 public:
  // A shard takes records for so long.
  static constexpr Duration kShardTime = std::chrono::hours(4);

  StreamLog(Storage& storage, Catalogue& catalogue, const Clock& clock, Duration retention);
  ~StreamLog();
  // Finds the last sequence number of each stream.
  Result<void> load();

  // Held from the taking of sequence numbers until the batch is written, so that records become visible in their order: a reader
  // that has seen number n never finds a smaller one later. Locks of several streams are taken in order of their ids.
  std::unique_lock<std::mutex> lock(std::uint32_t stream);

  // Appends one record to the batch. REQUIRES: lock(table.stream.id) is held until the batch is written. `kind`: INSERT, MODIFY
  // or REMOVE follows from which image is there. An update that changes nothing leaves no record.
  void append(const Table& table, const Map& key, const std::optional<Map>& before, const std::optional<Map>& after,
              bool by_expiry, Batch& batch);

  StreamState state_of(const StreamEntry& entry);

  // `changed` is called with the stream's lock held whenever a record is appended: state_of() then waits until it is written. Not
  // after what is returned is let go, which waits for a call that runs.
  std::shared_ptr<void> watch(std::uint32_t stream, std::function<void()> changed);

  // Drops what is older than the retention, ends shards that are old enough, forgets streams that ended that long ago.
  void trim();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::dynamo
