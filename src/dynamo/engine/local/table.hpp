// What is known of a table: its keys, indexes, stream, expiry and what DescribeTable answers. Immutable; a change makes a new
// one in the catalogue. Counters live beside it, shared by all versions.
#pragma once

#include "gatehouse/dynamo/engine/settings.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::dynamo {

using TableId = std::uint32_t;
using WallTime = std::chrono::system_clock::time_point;

struct Throughput {
  std::int64_t read = 0, write = 0;
};

enum class IndexStatus : unsigned char { kActive, kCreating, kDeleting };
// kCreating: rows are still being copied into it (restore, import). Such a table can be described, but items cannot be reached.
enum class TableStatus : unsigned char { kActive, kCreating };

struct TableCounters {
  std::atomic<std::int64_t> items{0};
  std::atomic<std::int64_t> bytes{0};
  std::atomic<bool> counted{true};        // false: what was there before the store was opened is not yet in them
  std::atomic<std::uint64_t> version{0};  // of the newest description of the table
  // The smallest expiry (seconds) among expiry rows written since the sweep last asked.
  std::atomic<std::uint64_t> earliest_expiry{~std::uint64_t{0}};
};

struct TableIndex {
  std::uint8_t number = 0;  // in row keys; 0 is the table itself
  std::string name;
  bool local = false;
  std::vector<KeyPart> partition, sort;
  IndexSettings::Projected projected = IndexSettings::Projected::kAll;
  std::vector<std::string> include;
  IndexStatus status = IndexStatus::kActive;  // kCreating: writers keep it already, readers are refused
  Throughput throughput;
  Throughput on_demand_limit{-1, -1};
  std::shared_ptr<TableCounters> counters = std::make_shared<TableCounters>();
};

struct TableStream {
  StreamView view = StreamView::kNone;
  std::uint32_t id = 0;  // in keys of the change log; a stream enabled anew gets a new one
  std::string label;     // "2026-11-22T10:00:00.000"
  std::string arn;
};

struct Table {
  TableId id = 0;
  std::uint64_t version = 0;  // grows with each change of the description
  std::string name, arn, uuid;
  WallTime created;
  KeyPart partition;
  std::optional<KeyPart> sort;
  std::vector<KeyPart> declared;  // AttributeDefinitions as given
  std::vector<TableIndex> indexes;
  bool on_demand = true;
  Throughput throughput;
  Throughput on_demand_limit{-1, -1};  // accepted and shown
  WallTime billing_changed;            // to on demand
  TableStatus status = TableStatus::kActive;
  std::string ttl_attribute;  // empty: off
  bool ttl_building = false;  // expiry rows of items that were there before are being written
  WallTime ttl_changed;
  TableStream stream;
  bool deletion_protection = false;
  bool continuous_backups = false;
  std::string table_class = "STANDARD";
  std::string encryption;       // SSEType as given; empty: none asked for
  std::string restored_backup;  // ARN of the backup it was restored from; empty: none
  bool restored_latest = false; // from the latest state, not from a backup that can be named
  std::string restored_table;   // ARN
  WallTime restored_at;
  std::vector<std::pair<std::string, std::string>> tags;
  std::shared_ptr<TableCounters> counters = std::make_shared<TableCounters>();

  // Whether no newer description has replaced this one. A writer asks once it holds the locks of its partitions and starts over (kWouldBlock)
  // when it is not: what builds a new index takes the same locks, so that no item can be written without its entry.
  bool is_current() const { return counters->version.load(std::memory_order_acquire) == version; }

  const TableIndex* find_index(std::string_view index) const {
    for (const TableIndex& each : indexes)
      if (each.name == index) return &each;
    return nullptr;
  }
  bool is_key(std::string_view attribute) const {
    return attribute == partition.attribute || (sort && attribute == sort->attribute);
  }
};

}  // namespace gatehouse::dynamo
