#include "bulk_load.hpp"

#include "expiry.hpp"
#include "row_key.hpp"

namespace gatehouse::dynamo {
namespace {

constexpr std::size_t kBatchBytes = 256 * 1024;

void add_to(TableCounters& counters, std::int64_t items, std::int64_t bytes) {
  counters.items.fetch_add(items, std::memory_order_relaxed);
  counters.bytes.fetch_add(bytes, std::memory_order_relaxed);
}

}  // namespace

Outcome<void> BulkLoad::check(const Mutation::Image& image) {
  row_key_.clear();
  if (Outcome<void> keyed = append_item_key(row_key_, *table_, image.map, KeyForm::kItem); !keyed) return keyed;
  if (size_of(image.map) > kMaxItemSize) return validation("Item size has exceeded the maximum allowed size");
  for (const TableIndex& index : table_->indexes)
    if (Outcome<void> made = entry_.make(*table_, index, image, origin_); !made) return made;
  return {};
}

void BulkLoad::append(const Mutation::Image& image) {
  batch_.put(Family::kData, row_key_, image.encoded);
  for (const TableIndex& index : table_->indexes) {
    if (!entry_.make(*table_, index, image, IndexEntry::Origin::kStored) || !entry_.exists()) continue;
    batch_.put(Family::kData, entry_.key(), entry_.value());
    add_to(*index.counters, 1, static_cast<std::int64_t>(size_of(entry_.map())));
  }
  append_expiry_changes(*table_, row_key_, std::nullopt, image.map, batch_);
  const std::uint64_t bytes = size_of(image.map);
  add_to(*table_->counters, 1, static_cast<std::int64_t>(bytes));
  ++items_;
  bytes_ += bytes;
}

void BulkLoad::erase(std::string_view row_key, const Mutation::Image& image) {
  for (const TableIndex& index : table_->indexes) {
    if (!entry_.make(*table_, index, image, IndexEntry::Origin::kStored) || !entry_.exists()) continue;
    batch_.erase(Family::kData, entry_.key());
    add_to(*index.counters, -1, -static_cast<std::int64_t>(size_of(entry_.map())));
  }
  append_expiry_changes(*table_, row_key, image.map, std::nullopt, batch_);
  add_to(*table_->counters, -1, -static_cast<std::int64_t>(size_of(image.map)));
}

Outcome<void> BulkLoad::add(std::string_view item) {
  const Mutation::Image image{Map::item(item), item};
  if (Outcome<void> checked = check(image); !checked) return checked;
  append(image);
  if (const Result<void> flushed = flush_full(); !flushed) return fault_of(flushed.error());
  return {};
}

Outcome<void> BulkLoad::replace(std::string_view item) {
  const Mutation::Image image{Map::item(item), item};
  if (Outcome<void> checked = check(image); !checked) return checked;
  // What the batch holds cannot be read yet.
  if (pending_.contains(row_key_))
    if (const Result<void> flushed = flush(); !flushed) return fault_of(flushed.error());
  const Result<bool> found = state_.storage->get(Family::kData, row_key_, before_, {.fill_cache = false});
  if (!found) return fault_of(found.error());
  if (*found) erase(row_key_, {Map::item(before_), before_});
  append(image);
  pending_.insert(row_key_);
  if (const Result<void> flushed = flush_full(); !flushed) return fault_of(flushed.error());
  return {};
}

Result<void> BulkLoad::flush_full() { return batch_.size_bytes() < kBatchBytes ? Result<void>() : flush(); }

Result<void> BulkLoad::flush() {
  if (batch_.empty()) return {};
  const Result<CommitNumber> written = state_.storage->write(batch_, Patience::kAllowed);
  if (!written) return written.error();
  batch_.clear();
  pending_.clear();
  return {};
}

}  // namespace gatehouse::dynamo
