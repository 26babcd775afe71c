#include "mutation.hpp"

#include "expiry.hpp"
#include "index_entry.hpp"
#include "stream_log.hpp"

#include "row_key.hpp"

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

namespace gatehouse::dynamo {
namespace {

// A worker that meets a lock tries for some ten microseconds, what a write takes; whoever holds it longer waits for the disk.
constexpr int kLockAttempts = 50;
// What an Impl may keep for the next request.
constexpr std::size_t kKeptBytes = 1024 * 1024;

Fault ask_again() { return {FaultType::kWouldBlock, "a partition is locked, or its table changes"}; }

struct StreamChange {
  const Table* table;
  Map key;
  std::optional<Map> before, after;
  ChangeCause cause;
};

struct CounterChange {
  TableCounters* counters;
  std::int64_t items, bytes;
};

bool lock_within(std::mutex& mutex, Patience patience) {
  if (patience == Patience::kAllowed) {
    mutex.lock();
    return true;
  }
  for (int attempt = 0; attempt < kLockAttempts; ++attempt) {
    if (mutex.try_lock()) return true;
    std::this_thread::yield();
  }
  return false;
}

std::optional<Map> map_of(const std::optional<Mutation::Image>& image) {
  return image ? std::optional(image->map) : std::nullopt;
}

}  // namespace

struct Mutation::Impl {
  Run* run = nullptr;
  std::vector<std::size_t> locked;   // ascending
  std::vector<std::size_t> touched;  // stripes of changed rows, repeated ones too
  bool contended = false;
  Batch batch;
  std::vector<IndexWrite> index_writes;
  std::vector<StreamChange> stream_changes;
  std::vector<CounterChange> counter_changes;
  std::vector<std::unique_lock<std::mutex>> stream_locks;
  IndexEntry before, after;
  std::unique_ptr<Impl> next;

  Stripes& stripes() { return run->state.stripes; }

  void unlock() {
    for (const std::size_t index : locked) stripes().at(index).mutex.unlock();
    locked.clear();
  }

  void clear() {
    touched.clear();
    contended = false;
    if (batch.size_bytes() > kKeptBytes) batch = Batch();
    batch.clear();
    index_writes.clear();
    stream_changes.clear();
    counter_changes.clear();
  }

  void put(std::string_view key, std::string_view value) {
    batch.put(Family::kData, key, value);
    touched.push_back(Stripes::index_of(key));
  }

  void erase(std::string_view key) {
    batch.erase(Family::kData, key);
    touched.push_back(Stripes::index_of(key));
  }

  Outcome<std::uint64_t> change_index(const Table& table, const TableIndex& index, const std::optional<Image>& old_item,
                                      const std::optional<Image>& new_item);
  void append_stream_records();
  Result<CommitNumber> write();
};

namespace {

// Impls that wait for their next request on this thread.
template <class Impl>
std::unique_ptr<Impl>& spare() {
  static thread_local std::unique_ptr<Impl> first;
  return first;
}

}  // namespace

Mutation::Mutation(Run& run) {
  auto& first = spare<Impl>();
  std::unique_ptr<Impl> taken = first ? std::exchange(first, std::move(first->next)) : std::make_unique<Impl>();
  impl_ = taken.release();
  impl_->run = &run;
}

Mutation::~Mutation() {
  // An answer that was decided by what was read, a fault too, may not be told before that is durable.
  give_up();
  impl_->clear();
  auto& first = spare<Impl>();
  impl_->next = std::exchange(first, nullptr);
  first.reset(impl_);
}

void Mutation::lock(std::span<const std::string_view> row_keys) {
  auto& locked = impl_->locked;
  for (const std::string_view key : row_keys) locked.push_back(Stripes::index_of(key));
  std::sort(locked.begin(), locked.end());
  locked.erase(std::unique(locked.begin(), locked.end()), locked.end());
  for (std::size_t i = 0; i < locked.size(); ++i) {
    if (lock_within(impl_->stripes().at(locked[i]).mutex, impl_->run->patience)) continue;
    locked.resize(i);
    impl_->unlock();
    impl_->contended = true;
    return;
  }
}

Outcome<bool> Mutation::read_row(std::string_view key, std::string& bytes) {
  if (impl_->contended) return ask_again();
  Run& run = *impl_->run;
  const Result<bool> found = run.state.storage->get(Family::kData, key, bytes, run.reading());
  if (!found) return fault_of(found.error());
  return *found;
}

Outcome<std::optional<Map>> Mutation::read(std::string_view row_key, std::string& bytes) {
  const Outcome<bool> found = read_row(row_key, bytes);
  if (!found) return found.error();
  return *found ? std::optional(Map::item(bytes)) : std::nullopt;
}

// The bytes that the index keeps of the new item.
Outcome<std::uint64_t> Mutation::Impl::change_index(const Table& table, const TableIndex& index,
                                                    const std::optional<Image>& old_item,
                                                    const std::optional<Image>& new_item) {
  if (Outcome<void> made = after.make(table, index, new_item, IndexEntry::Origin::kRequest); !made) return made.error();
  if (Outcome<void> made = before.make(table, index, old_item, IndexEntry::Origin::kStored); !made) return made.error();
  const bool same_key = before.exists() && after.exists() && before.key() == after.key();
  const std::uint64_t bytes = after.exists() ? size_of(after.map()) : 0;
  if (same_key && before.value() == after.value()) return bytes;
  const std::uint64_t old_bytes = before.exists() ? size_of(before.map()) : 0;
  if (before.exists() && !same_key) {
    erase(before.key());
    index_writes.push_back({&index, old_bytes});
  }
  if (after.exists()) {
    put(after.key(), after.value());
    index_writes.push_back({&index, same_key ? std::max(old_bytes, bytes) : bytes});
  }
  counter_changes.push_back({index.counters.get(), (after.exists() ? 1 : 0) - (before.exists() ? 1 : 0),
                             static_cast<std::int64_t>(bytes) - static_cast<std::int64_t>(old_bytes)});
  return bytes;
}

Outcome<void> Mutation::change(const Table& table, std::string_view row_key, const std::optional<Image>& before,
                               const std::optional<Image>& after, ChangeCause cause) {
  Impl& impl = *impl_;
  if (impl.contended || !table.is_current()) return ask_again();
  const std::uint64_t bytes = after ? size_of(after->map) : 0;
  if (bytes > kMaxItemSize) return validation("Item size has exceeded the maximum allowed size");
  if (!before && !after) return boost::system::in_place_value;

  const bool same = before && after && before->encoded == after->encoded;
  std::uint64_t collection_bytes = bytes;  // an item counts with its entries in local indexes
  for (const TableIndex& index : table.indexes) {
    if (same || index.status == IndexStatus::kDeleting) continue;
    const Outcome<std::uint64_t> entry = impl.change_index(table, index, before, after);
    if (!entry) return entry.error();
    if (index.local) collection_bytes += *entry;
  }
  if (collection_bytes > kMaxItemSize) return validation("Item size has exceeded the maximum allowed size");
  if (same) return boost::system::in_place_value;

  if (after) {
    impl.put(row_key, after->encoded);
  } else {
    impl.erase(row_key);
  }
  append_expiry_changes(table, row_key, map_of(before), map_of(after), impl.batch);
  if (table.stream.view != StreamView::kNone) {
    impl.stream_changes.push_back({&table, after ? after->map : before->map, map_of(before), map_of(after), cause});
  }
  const std::uint64_t old_bytes = before ? size_of(before->map) : 0;
  impl.counter_changes.push_back({table.counters.get(), (after ? 1 : 0) - (before ? 1 : 0),
                                  static_cast<std::int64_t>(bytes) - static_cast<std::int64_t>(old_bytes)});
  return boost::system::in_place_value;
}

// Takes the locks of the streams, in order of their ids, and gives each record its place.
void Mutation::Impl::append_stream_records() {
  if (stream_changes.empty()) return;
  StreamLog& streams = *run->state.streams;
  std::vector<std::uint32_t> ids;
  ids.reserve(stream_changes.size());
  for (const StreamChange& change : stream_changes) ids.push_back(change.table->stream.id);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (const std::uint32_t id : ids) stream_locks.push_back(streams.lock(id));
  for (const StreamChange& change : stream_changes) {
    streams.append(*change.table, change.key, change.before, change.after, change.cause == ChangeCause::kExpiry, batch);
  }
}

Result<CommitNumber> Mutation::Impl::write() {
  append_stream_records();
  for (const std::size_t index : touched) Stripes::begin_change(stripes().at(index));
  const Result<CommitNumber> written = run->state.storage->write(batch, run->patience);
  const CommitNumber number = written ? *written : 0;
  for (const std::size_t index : touched) Stripes::end_change(stripes().at(index), number);
  stream_locks.clear();
  return written;
}

void Mutation::put_row(std::string_view key, std::string_view value) { impl_->put(key, value); }

Outcome<void> Mutation::commit() {
  Impl& impl = *impl_;
  if (impl.contended) return ask_again();
  if (impl.batch.empty()) {
    give_up();
    return boost::system::in_place_value;
  }
  const Result<CommitNumber> written = impl.write();
  if (!written) return fault_of(written.error());
  impl.run->needs(*written);
  for (const CounterChange& change : impl.counter_changes) {
    change.counters->items.fetch_add(change.items, std::memory_order_relaxed);
    change.counters->bytes.fetch_add(change.bytes, std::memory_order_relaxed);
  }
  impl.unlock();
  return boost::system::in_place_value;
}

void Mutation::give_up() {
  Impl& impl = *impl_;
  for (const std::size_t index : impl.locked) impl.run->needs(impl.stripes().at(index));
  impl.unlock();
}

std::span<const Mutation::IndexWrite> Mutation::index_writes() const { return impl_->index_writes; }

}  // namespace gatehouse::dynamo
