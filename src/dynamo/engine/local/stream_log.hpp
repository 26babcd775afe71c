// The change records of all streams: keys `stream u32 | sequence u64` in Family::kLog. Thread-safe.
#pragma once

#include "table.hpp"

#include "gatehouse/base/clock.hpp"
#include "gatehouse/dynamo/engine/storage.hpp"
#include "gatehouse/dynamo/wire/value.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

class StreamLog {
 public:
  StreamLog(Storage& storage, const Clock& clock, Duration retention);
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

  // Drops what is older than the retention.
  void trim();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::dynamo
