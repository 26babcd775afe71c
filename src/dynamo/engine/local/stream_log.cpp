#include "stream_log.hpp"

#include "row_codec.hpp"

#include "gatehouse/base/log.hpp"
#include "gatehouse/dynamo/wire/key_codec.hpp"

#include <algorithm>
#include <list>
#include <map>
#include <shared_mutex>

namespace gatehouse::dynamo {
namespace {

constexpr char kRecordVersion = 1;
constexpr std::size_t kRecordHead = 1 + 1 + 8;  // version, flags, milliseconds
constexpr unsigned kEventMask = 3;
constexpr unsigned kByExpiry = 4;
constexpr unsigned kHasBefore = 8;
constexpr unsigned kHasAfter = 16;

void append_item(std::string& to, const Map& map) {
  std::string bytes;
  ValueWriter writer(bytes);
  ValueWriter::Open open = writer.begin_item();
  for (const Attribute attribute : map) {
    writer.name(open, attribute.name);
    writer.value(attribute.value);
  }
  writer.end_item(open);
  append_u32(to, static_cast<std::uint32_t>(bytes.size()));
  to += bytes;
}

void append_key(std::string& to, const Table& table, const Map& key) {
  std::string bytes;
  ValueWriter writer(bytes);
  ValueWriter::Open open = writer.begin_item();
  const auto add = [&](const KeyPart& part) {
    const Value value = key.find(part.attribute);
    if (!value) return;
    writer.name(open, part.attribute);
    writer.value(value);
  };
  add(table.partition);
  if (table.sort) add(*table.sort);
  writer.end_item(open);
  append_u32(to, static_cast<std::uint32_t>(bytes.size()));
  to += bytes;
}

bool keeps_before(StreamView view) { return view == StreamView::kOldImage || view == StreamView::kNewAndOldImages; }
bool keeps_after(StreamView view) { return view == StreamView::kNewImage || view == StreamView::kNewAndOldImages; }

// Cuts an item off; false when it is damaged.
bool take_item(std::string_view& from, Map& to) {
  if (from.size() < 4) return false;
  const std::uint32_t size = load_big_u32(from);
  from.remove_prefix(4);
  if (size > from.size() || !is_valid_item(from.substr(0, size))) return false;
  to = Map::item(from.substr(0, size));
  from.remove_prefix(size);
  return true;
}

std::string stream_prefix(std::uint32_t stream) {
  std::string prefix;
  append_u32(prefix, stream);
  return prefix;
}

}  // namespace

std::string stream_record_key(std::uint32_t stream, std::uint64_t sequence) {
  std::string key = stream_prefix(stream);
  append_u64(key, sequence);
  return key;
}

std::optional<StreamRecord> read_stream_record(std::string_view bytes) {
  if (bytes.size() < kRecordHead || bytes[0] != kRecordVersion) return std::nullopt;
  const auto flags = static_cast<unsigned char>(bytes[1]);
  StreamRecord record{};
  record.event = static_cast<StreamRecord::Event>(flags & kEventMask);
  record.by_expiry = (flags & kByExpiry) != 0;
  record.created = time_of(static_cast<std::int64_t>(load_big_u64(bytes.substr(2))));
  bytes.remove_prefix(kRecordHead);
  if (!take_item(bytes, record.key)) return std::nullopt;
  if ((flags & kHasBefore) != 0 && !take_item(bytes, record.before.emplace())) return std::nullopt;
  if ((flags & kHasAfter) != 0 && !take_item(bytes, record.after.emplace())) return std::nullopt;
  return record;
}

struct StreamLog::Impl {
  struct Stream {
    std::mutex mutex;
    std::list<std::function<void()>> watchers;
    std::uint64_t last = 0, trimmed = 0;
    WallTime newest;                  // of the last record: times never go back
    std::vector<StreamShard> shards;  // beside the last, each has a successor; the first one's number may be above 0
  };

  Impl(Storage& to, Catalogue& known, const Clock& of, Duration kept)
      : storage(to), catalogue(known), clock(of), retention(std::chrono::duration_cast<WallTime::duration>(kept)) {}

  Stream& of(std::uint32_t id) { return *shared(id); }

  const std::shared_ptr<Stream>& shared(std::uint32_t id) {
    {
      const std::shared_lock lock(mutex);
      if (const auto found = streams.find(id); found != streams.end()) return found->second;
    }
    const std::unique_lock lock(mutex);
    std::shared_ptr<Stream>& stream = streams[id];
    if (!stream) {
      stream = std::make_shared<Stream>();
      stream->shards.push_back({0, 1, std::nullopt, WallTime()});
    }
    return stream;
  }

  void put_horizon(std::uint32_t id, const Stream& stream, Batch& batch) const {
    RowWriter row;
    row.integer("trimmed", static_cast<std::int64_t>(stream.trimmed));
    row.integer("first_shard", stream.shards.front().number);
    row.integer("first_sequence", static_cast<std::int64_t>(stream.shards.front().first));
    row.time("first_created", stream.shards.front().created);
    batch.put(Family::kData, catalogue_key(RowKind::kHorizon, id), row.finish());
  }

  Result<void> load(const StreamEntry& entry);
  Result<void> load_horizon(std::uint32_t id, Stream& stream);
  Result<void> load_shards(std::uint32_t id, Stream& stream);
  Result<void> load_last(std::uint32_t id, Stream& stream);

  bool write(const Batch& batch) {
    const Result<CommitNumber> written = storage.write(batch, Patience::kAllowed);
    if (!written) log::error("stream_trim_failed", {{"error", written.error().message()}});
    return written.has_value();
  }
  void rotate(const StreamEntry& entry, Stream& stream, WallTime now);
  void trim(const StreamEntry& entry, Stream& stream, WallTime now);
  std::uint64_t find_horizon(std::uint32_t id, const Stream& stream, WallTime cutoff) const;
  void forget(std::uint32_t id);

  Storage& storage;
  Catalogue& catalogue;
  const Clock& clock;
  const WallTime::duration retention;
  std::shared_mutex mutex;
  std::map<std::uint32_t, std::shared_ptr<Stream>> streams;
};

StreamLog::StreamLog(Storage& storage, Catalogue& catalogue, const Clock& clock, Duration retention)
    : impl_(std::make_unique<Impl>(storage, catalogue, clock, retention)) {}

StreamLog::~StreamLog() = default;

Result<void> StreamLog::Impl::load_horizon(std::uint32_t id, Stream& stream) {
  std::string bytes;
  const Result<bool> found = storage.get(Family::kData, catalogue_key(RowKind::kHorizon, id), bytes, {});
  if (!found) return found.error();
  if (!*found || !is_valid_item(bytes)) return {};
  const RowReader row(Map::item(bytes));
  stream.trimmed = static_cast<std::uint64_t>(row.integer("trimmed"));
  StreamShard& first = stream.shards.front();
  first.number = static_cast<std::uint32_t>(row.integer("first_shard"));
  first.first = static_cast<std::uint64_t>(row.integer("first_sequence", 1));
  if (row.value("first_created")) first.created = row.time("first_created");
  return {};
}

Result<void> StreamLog::Impl::load_shards(std::uint32_t id, Stream& stream) {
  const std::string lower = catalogue_key(RowKind::kShard, id);
  const std::string upper = after_prefix(lower).value_or(std::string());
  const auto cursor = storage.cursor(Family::kData, lower, upper, {});
  for (cursor->seek(lower); cursor->valid(); cursor->next()) {
    if (!is_valid_item(cursor->value())) continue;
    const RowReader row(Map::item(cursor->value()));
    const std::uint32_t number = load_big_u32(cursor->key().substr(lower.size()));
    if (number <= stream.shards.front().number) continue;
    stream.shards.push_back({number, static_cast<std::uint64_t>(row.integer("first")), std::nullopt, row.time("created")});
  }
  if (auto error = cursor->error()) return *error;
  return {};
}

Result<void> StreamLog::Impl::load_last(std::uint32_t id, Stream& stream) {
  stream.last = std::max(stream.trimmed, stream.shards.back().first - 1);
  const std::string lower = stream_record_key(id, 0);
  const std::string upper = after_prefix(stream_prefix(id)).value_or(std::string());
  const auto cursor = storage.cursor(Family::kLog, lower, upper, {});
  cursor->seek_for_previous(stream_record_key(id, ~std::uint64_t{0}));
  if (cursor->valid() && cursor->key().starts_with(stream_prefix(id))) {
    stream.last = std::max(stream.last, load_big_u64(cursor->key().substr(4)));
    if (const auto record = read_stream_record(cursor->value())) stream.newest = record->created;
  }
  if (auto error = cursor->error()) return *error;
  return {};
}

Result<void> StreamLog::Impl::load(const StreamEntry& entry) {
  Stream& stream = of(entry.stream.id);
  stream.shards.front().created = entry.created;
  if (auto loaded = load_horizon(entry.stream.id, stream); !loaded) return loaded;
  if (auto loaded = load_shards(entry.stream.id, stream); !loaded) return loaded;
  return load_last(entry.stream.id, stream);
}

Result<void> StreamLog::load() {
  for (const auto& entry : impl_->catalogue.streams())
    if (auto loaded = impl_->load(*entry); !loaded) return loaded;
  return {};
}

std::unique_lock<std::mutex> StreamLog::lock(std::uint32_t stream) { return std::unique_lock(impl_->of(stream).mutex); }

void StreamLog::append(const Table& table, const Map& key, const std::optional<Map>& before, const std::optional<Map>& after,
                       bool by_expiry, Batch& batch) {
  if (table.stream.view == StreamView::kNone || (!before && !after)) return;
  if (before && after && equal(*before, *after)) return;
  Impl::Stream& stream = impl_->of(table.stream.id);
  stream.newest = std::max(stream.newest, impl_->clock.wall());
  using Event = StreamRecord::Event;
  const Event event = !before ? Event::kInsert : !after ? Event::kRemove : Event::kModify;
  const bool with_before = before && keeps_before(table.stream.view);
  const bool with_after = after && keeps_after(table.stream.view);
  const unsigned flags = static_cast<unsigned>(event) | (by_expiry ? kByExpiry : 0) | (with_before ? kHasBefore : 0) |
                         (with_after ? kHasAfter : 0);
  std::string record{kRecordVersion, static_cast<char>(flags)};
  append_u64(record, static_cast<std::uint64_t>(milliseconds_of(stream.newest)));
  append_key(record, table, key);
  if (with_before) append_item(record, *before);
  if (with_after) append_item(record, *after);
  batch.put(Family::kLog, stream_record_key(table.stream.id, ++stream.last), record);
  for (const auto& changed : stream.watchers) changed();
}

std::shared_ptr<void> StreamLog::watch(std::uint32_t id, std::function<void()> changed) {
  const std::shared_ptr<Impl::Stream>& stream = impl_->shared(id);
  const std::lock_guard lock(stream->mutex);
  const auto place = stream->watchers.insert(stream->watchers.end(), std::move(changed));
  return {&*place, [stream, place](void*) {
            const std::lock_guard ending(stream->mutex);
            stream->watchers.erase(place);
          }};
}

StreamState StreamLog::state_of(const StreamEntry& entry) {
  Impl::Stream& stream = impl_->of(entry.stream.id);
  const std::lock_guard lock(stream.mutex);
  StreamState state{stream.last, stream.trimmed, impl_->storage.written(), stream.shards};
  for (std::size_t i = 0; i + 1 < state.shards.size(); ++i) state.shards[i].last = state.shards[i + 1].first - 1;
  if (entry.closed) state.shards.back().last = stream.last;
  if (state.shards.front().number == 0) state.shards.front().created = entry.created;
  return state;
}

// Closes the open shard when it is old enough and has records.
void StreamLog::Impl::rotate(const StreamEntry& entry, Stream& stream, WallTime now) {
  const StreamShard& open = stream.shards.back();
  const WallTime created = open.number == 0 ? entry.created : open.created;
  if (entry.closed || now - created < kShardTime || stream.last < open.first) return;
  const StreamShard next{open.number + 1, stream.last + 1, std::nullopt, now};
  RowWriter row;
  row.integer("first", static_cast<std::int64_t>(next.first));
  row.time("created", next.created);
  Batch batch;
  batch.put(Family::kData, catalogue_key(RowKind::kShard, entry.stream.id, next.number), row.finish());
  if (write(batch)) stream.shards.push_back(next);
}

// The last sequence number that is older than `cutoff`. Times never go back, so that it can be searched for.
std::uint64_t StreamLog::Impl::find_horizon(std::uint32_t id, const Stream& stream, WallTime cutoff) const {
  const std::string lower = stream_record_key(id, 0);
  const std::string upper = after_prefix(stream_prefix(id)).value_or(std::string());
  const auto cursor = storage.cursor(Family::kLog, lower, upper, {.fill_cache = false});
  std::uint64_t old = stream.trimmed;
  std::uint64_t kept = stream.last + 1;
  while (old + 1 < kept) {
    const std::uint64_t middle = old + (kept - old) / 2;
    cursor->seek(stream_record_key(id, middle));
    if (cursor->error()) return stream.trimmed;
    const std::uint64_t found = cursor->valid() ? load_big_u64(cursor->key().substr(4)) : kept;
    const auto record = found < kept ? read_stream_record(cursor->value()) : std::nullopt;
    if (record && record->created < cutoff) {
      old = found;
    } else {
      kept = middle;
    }
  }
  return old;
}

void StreamLog::Impl::trim(const StreamEntry& entry, Stream& stream, WallTime now) {
  const WallTime cutoff = now - retention;
  const std::uint64_t horizon = find_horizon(entry.stream.id, stream, cutoff);
  Batch batch;
  std::size_t gone = 0;  // shards that nobody can read from any more
  while (gone + 1 < stream.shards.size() && stream.shards[gone + 1].first - 1 <= horizon && stream.shards[gone + 1].created < cutoff) {
    ++gone;
    batch.erase(Family::kData, catalogue_key(RowKind::kShard, entry.stream.id, stream.shards[gone].number));
  }
  if (horizon == stream.trimmed && gone == 0) return;
  stream.trimmed = horizon;
  stream.shards.erase(stream.shards.begin(), stream.shards.begin() + static_cast<std::ptrdiff_t>(gone));
  put_horizon(entry.stream.id, stream, batch);
  if (write(batch)) storage.trim_log(stream_record_key(entry.stream.id, 0), stream_record_key(entry.stream.id, horizon + 1));
}

void StreamLog::Impl::forget(std::uint32_t id) {
  Batch batch;
  const std::string shards = catalogue_key(RowKind::kShard, id);
  batch.erase_range(Family::kData, shards, after_prefix(shards).value_or(std::string()));
  batch.erase(Family::kData, catalogue_key(RowKind::kHorizon, id));
  const std::string records = stream_prefix(id);
  batch.erase_range(Family::kLog, records, after_prefix(records).value_or(std::string()));
  // The row that says there is such a stream goes last: if it stays, this is done again.
  if (write(batch) && !catalogue.remove_stream(id)) log::error("stream_trim_failed", {{"stream", std::to_string(id)}});
}

void StreamLog::trim() {
  const WallTime now = impl_->clock.wall();
  for (const auto& entry : impl_->catalogue.streams()) {
    if (entry->closed && now - *entry->closed > impl_->retention) {
      impl_->forget(entry->stream.id);
      continue;
    }
    Impl::Stream& stream = impl_->of(entry->stream.id);
    const std::lock_guard lock(stream.mutex);
    impl_->rotate(*entry, stream, now);
    impl_->trim(*entry, stream, now);
  }
}

}  // namespace gatehouse::dynamo
