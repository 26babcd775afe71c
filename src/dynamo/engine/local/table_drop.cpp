#include "table_drop.hpp"

#include "maintenance.hpp"
#include "row_codec.hpp"
#include "row_key.hpp"

#include "gatehouse/base/log.hpp"
#include "gatehouse/dynamo/wire/key_codec.hpp"

#include <algorithm>
#include <set>

namespace gatehouse::dynamo {
namespace {

Result<void> drop_prefix(Storage& storage, const std::string& prefix) {
  Batch batch;
  batch.erase_range(Family::kData, prefix, after_prefix(prefix).value_or(std::string()));
  const Result<CommitNumber> written = storage.write(batch, Patience::kAllowed);
  if (!written) return written.error();
  return {};
}

void log_failure(const Result<void>& dropped) {
  if (!dropped) log::error("store_drop_failed", {{"error", dropped.error().message()}});
}

bool uses(const Table& table, std::uint8_t kind) {
  if (kind == kTableRows) return true;
  if (kind == kExpiryRows) return !table.ttl_attribute.empty();
  return std::any_of(table.indexes.begin(), table.indexes.end(), [kind](const TableIndex& index) { return index.number == kind; });
}

// Kinds of rows of the table that nothing explains.
Result<void> find_orphan_kinds(LocalState& state, const Table& table) {
  std::string lower, upper;
  append_table_prefix(lower, table.id);
  upper = after_prefix(lower).value_or(std::string());
  const auto cursor = state.storage->cursor(Family::kData, lower, upper, {});
  for (unsigned kind = 0; kind <= kExpiryRows; ++kind) {
    std::string from;
    append_rows_prefix(from, table.id, static_cast<std::uint8_t>(kind));
    cursor->seek(from);
    if (!cursor->valid()) break;
    kind = static_cast<unsigned char>(cursor->key()[4]);
    if (!uses(table, static_cast<std::uint8_t>(kind))) enqueue_rows_drop(state, table.id, static_cast<std::uint8_t>(kind));
  }
  if (auto error = cursor->error()) return *error;
  return {};
}

}  // namespace

Result<void> drop_rows(Storage& storage, TableId table, std::uint8_t kind) {
  std::string prefix;
  append_rows_prefix(prefix, table, kind);
  return drop_prefix(storage, prefix);
}

void enqueue_table_drop(LocalState& state, TableId table) {
  state.maintenance->enqueue("drop_table", [&state, table] {
    wait_for_writers(state);
    std::string prefix;
    append_table_prefix(prefix, table);
    log_failure(drop_prefix(*state.storage, prefix));
    return Progress::kDone;
  });
}

void enqueue_rows_drop(LocalState& state, TableId table, std::uint8_t kind) {
  state.maintenance->enqueue("drop_rows", [&state, table, kind] {
    wait_for_writers(state);
    // What has been switched on again meanwhile has its own job behind this one, which begins with the same drop.
    const auto now = state.catalogue.find(table);
    if (now && !uses(*now, kind)) log_failure(drop_rows(*state.storage, table, kind));
    return Progress::kDone;
  });
}

Result<void> find_orphans(LocalState& state) {
  std::set<TableId> known{kCatalogueTable};
  for (const auto& table : state.catalogue.all()) {
    known.insert(table->id);
    if (Result<void> found = find_orphan_kinds(state, *table); !found) return found;
  }
  const auto cursor = state.storage->cursor(Family::kData, {}, {}, {});
  std::string next(4, '\0');
  for (cursor->seek(next); cursor->valid(); cursor->seek(next)) {
    const TableId id = load_big_u32(cursor->key());
    if (!known.contains(id)) enqueue_table_drop(state, id);
    next.clear();
    append_u32(next, id + 1);
  }
  if (auto error = cursor->error()) return *error;
  return {};
}

}  // namespace gatehouse::dynamo
