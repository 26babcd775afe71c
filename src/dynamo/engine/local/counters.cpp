#include "counters.hpp"

#include "maintenance.hpp"
#include "row_codec.hpp"
#include "row_key.hpp"

#include "gatehouse/base/log.hpp"
#include "gatehouse/dynamo/wire/key_codec.hpp"

#include <algorithm>

namespace gatehouse::dynamo {
namespace {

constexpr std::size_t kRowsInAStep = 20'000;

struct Count {
  std::unique_ptr<Snapshot> snapshot;
  std::string at, upper;
  std::int64_t items = 0, bytes = 0;
  std::int64_t items_before = 0, bytes_before = 0;  // what the counters said when the snapshot was taken
};

void set(TableCounters& counters, std::int64_t items, std::int64_t bytes) {
  counters.items.fetch_add(items, std::memory_order_relaxed);
  counters.bytes.fetch_add(bytes, std::memory_order_relaxed);
}

Progress count_some(LocalState& state, Count& count, TableCounters& counters) {
  if (!count.snapshot) {
    // A writer adds to the counters just after its rows can be seen, so the count may be off by as many items as are being written
    // right now. The service's own numbers are six hours old; holding every lock for this would be worse.
    count.items_before = counters.items.load(std::memory_order_relaxed);
    count.bytes_before = counters.bytes.load(std::memory_order_relaxed);
    count.snapshot = state.storage->snapshot();
  }
  const auto cursor = state.storage->cursor(Family::kData, count.at, count.upper,
                                            {.patience = Patience::kAllowed, .snapshot = count.snapshot.get(), .fill_cache = false});
  std::size_t rows = 0;
  std::string next;
  for (cursor->seek(count.at); cursor->valid(); cursor->next()) {
    if (rows++ == kRowsInAStep) {
      next = cursor->key();
      break;
    }
    ++count.items;
    count.bytes += static_cast<std::int64_t>(size_of(Map::item(cursor->value())));
  }
  if (const auto error = cursor->error()) {
    log::error("store_count_failed", {{"error", error->message()}});
    return Progress::kDone;
  }
  if (!next.empty()) {
    count.at = std::move(next);
    return Progress::kMore;
  }
  set(counters, count.items - count.items_before, count.bytes - count.bytes_before);
  counters.counted = true;
  return Progress::kDone;
}

bool is_counted(const Table& table) {
  return table.counters->counted &&
         std::all_of(table.indexes.begin(), table.indexes.end(), [](const TableIndex& index) { return index.counters->counted.load(); });
}

void take_row(const Table& table, const Map& row) {
  const RowReader from(row);
  set(*table.counters, from.integer("items"), from.integer("bytes"));
  const Value list = from.value("indexes");
  if (!list || list.type() != Type::kList) return;
  for (const Value each : list.list()) {
    if (each.type() != Type::kMap) continue;
    const RowReader counted(each.map());
    for (const TableIndex& index : table.indexes)
      if (index.number == counted.integer("number")) set(*index.counters, counted.integer("items"), counted.integer("bytes"));
  }
}

}  // namespace

void enqueue_count(LocalState& state, TableId table, std::uint8_t kind, std::shared_ptr<TableCounters> counters) {
  counters->counted = false;
  auto count = std::make_shared<Count>();
  append_rows_prefix(count->at, table, kind);
  count->upper = after_prefix(count->at).value_or(std::string());
  state.maintenance->enqueue("count", [&state, count, kept = std::move(counters)] { return count_some(state, *count, *kept); });
}

Result<void> load_counters(LocalState& state) {
  Batch taken;
  std::string row;
  for (const auto& table : state.catalogue.all()) {
    const std::string key = catalogue_key(RowKind::kCounters, table->id);
    const Result<bool> found = state.storage->get(Family::kData, key, row, {});
    if (!found) return found.error();
    if (*found && is_valid_item(row)) {
      take_row(*table, Map::item(row));
      taken.erase(Family::kData, key);
      continue;
    }
    enqueue_count(state, table->id, kTableRows, table->counters);
    for (const TableIndex& index : table->indexes) enqueue_count(state, table->id, index.number, index.counters);
  }
  if (taken.empty()) return {};
  const Result<CommitNumber> written = state.storage->write(taken, Patience::kAllowed);
  if (!written) return written.error();
  return {};
}

Result<void> keep_counters(LocalState& state) {
  Batch batch;
  for (const auto& table : state.catalogue.all()) {
    if (!is_counted(*table)) continue;
    RowWriter row;
    row.integer("items", table->counters->items.load());
    row.integer("bytes", table->counters->bytes.load());
    row.begin_list("indexes");
    for (const TableIndex& index : table->indexes) {
      row.begin_element();
      row.integer("number", index.number);
      row.integer("items", index.counters->items.load());
      row.integer("bytes", index.counters->bytes.load());
      row.end_element();
    }
    row.end_list();
    batch.put(Family::kData, catalogue_key(RowKind::kCounters, table->id), row.finish());
  }
  if (batch.empty()) return {};
  const Result<CommitNumber> written = state.storage->write(batch, Patience::kAllowed);
  if (!written) return written.error();
  return {};
}

}  // namespace gatehouse::dynamo
