#include "index_build.hpp"

#include "counters.hpp"
#include "expiry.hpp"
#include "index_entry.hpp"
#include "maintenance.hpp"
#include "row_key.hpp"
#include "table_drop.hpp"

#include "gatehouse/base/log.hpp"
#include "gatehouse/dynamo/wire/key_codec.hpp"

#include <mutex>
#include <vector>

namespace gatehouse::dynamo {
namespace {

constexpr std::size_t kItemsInAStep = 500;

struct Build {
  TableId table;
  std::string index;  // empty: expiry rows
  std::string at;     // the next item; empty: not begun
};

bool wanted(const Table& table, const Build& build) {
  if (build.index.empty()) return table.ttl_building && !table.ttl_attribute.empty();
  const TableIndex* index = table.find_index(build.index);
  return index != nullptr && index->status == IndexStatus::kCreating;
}

// The item as it is now, under its lock; what it lacks is put.
Result<void> build_item(LocalState& state, const Table& table, const Build& build, std::string_view row_key) {
  Stripes::Stripe& stripe = state.stripes.of(row_key);
  const std::lock_guard lock(stripe.mutex);
  std::string bytes;
  const Result<bool> found = state.storage->get(Family::kData, row_key, bytes, {.fill_cache = false});
  if (!found) return found.error();
  if (!*found) return {};
  Batch batch;
  const Mutation::Image image{Map::item(bytes), bytes};
  IndexEntry entry;
  if (build.index.empty()) {
    append_expiry_changes(table, row_key, std::nullopt, image.map, batch);
  } else if (entry.make(table, *table.find_index(build.index), image, IndexEntry::Origin::kStored) && entry.exists()) {
    batch.put(Family::kData, entry.key(), entry.value());
  }
  if (batch.empty()) return {};
  Stripes::Stripe* touched = build.index.empty() ? &stripe : &state.stripes.of(entry.key());
  Stripes::begin_change(*touched);
  const Result<CommitNumber> written = state.storage->write(batch, Patience::kAllowed);
  Stripes::end_change(*touched, written ? *written : 0);
  if (!written) return written.error();
  return {};
}

// The keys of the next items. Those behind the last are at `build.at`, empty at the end.
Result<std::vector<std::string>> next_items(const LocalState& state, const Table& table, Build& build) {
  std::string lower;
  append_rows_prefix(lower, table.id, kTableRows);
  const std::string upper = after_prefix(lower).value_or(std::string());
  const auto cursor = state.storage->cursor(Family::kData, lower, upper, {.fill_cache = false});
  std::vector<std::string> keys;
  for (cursor->seek(build.at); cursor->valid() && keys.size() < kItemsInAStep; cursor->next()) keys.emplace_back(cursor->key());
  if (auto error = cursor->error()) return *error;
  build.at = cursor->valid() ? std::string(cursor->key()) : std::string();
  return keys;
}

Result<void> begin_build(LocalState& state, const Table& table, Build& build) {
  wait_for_writers(state);
  append_rows_prefix(build.at, table.id, kTableRows);
  return drop_rows(*state.storage, table.id, build.index.empty() ? kExpiryRows : table.find_index(build.index)->number);
}

void end_build(LocalState& state, const Table& table, const Build& build) {
  const auto change = [&](Table& changed) -> Outcome<void> {
    if (changed.id != table.id || !wanted(changed, build)) return Fault(FaultType::kResourceNotFound, "");
    if (build.index.empty()) changed.ttl_building = false;
    for (TableIndex& index : changed.indexes)
      if (index.name == build.index) index.status = IndexStatus::kActive;
    return {};
  };
  if (!state.catalogue.update(table.name, state.clock.wall(), Patience::kAllowed, change)) return;
  if (!build.index.empty()) {
    const TableIndex& index = *table.find_index(build.index);
    enqueue_count(state, table.id, index.number, index.counters);
  }
}

Result<Progress> build_some(LocalState& state, Build& build) {
  const auto table = state.catalogue.find(build.table);
  if (!table || !wanted(*table, build)) return Progress::kDone;
  if (build.at.empty())
    if (Result<void> begun = begin_build(state, *table, build); !begun) return begun.error();
  const Result<std::vector<std::string>> keys = next_items(state, *table, build);
  if (!keys) return keys.error();
  for (const std::string& key : *keys)
    if (Result<void> built = build_item(state, *table, build, key); !built) return built.error();
  if (!build.at.empty()) return Progress::kMore;
  end_build(state, *table, build);
  return Progress::kDone;
}

void enqueue(LocalState& state, Build build) {
  state.maintenance->enqueue("build", [&state, build = std::move(build)]() mutable {
    const Result<Progress> progress = build_some(state, build);
    if (progress) return *progress;
    // The next start begins again.
    log::error("store_build_failed", {{"index", build.index}, {"error", progress.error().message()}});
    return Progress::kDone;
  });
}

}  // namespace

void enqueue_index_build(LocalState& state, TableId table, std::string index) { enqueue(state, {table, std::move(index), {}}); }

void enqueue_expiry_build(LocalState& state, TableId table) { enqueue(state, {table, {}, {}}); }

void enqueue_unfinished_builds(LocalState& state) {
  for (const auto& table : state.catalogue.all()) {
    if (table->ttl_building) enqueue_expiry_build(state, table->id);
    for (const TableIndex& index : table->indexes)
      if (index.status == IndexStatus::kCreating) enqueue_index_build(state, table->id, index.name);
  }
}

}  // namespace gatehouse::dynamo
