#include "catalogue.hpp"

#include "row_codec.hpp"
#include "row_key.hpp"
#include "run.hpp"

#include "gatehouse/dynamo/wire/key_codec.hpp"

#include <algorithm>
#include <array>

namespace gatehouse::dynamo {
namespace {

// Grows when a row of the engine can no longer be understood by who wrote the version before.
constexpr std::int64_t kFormatVersion = 1;

std::string_view name_of(std::string_view name_or_arn) {
  if (!name_or_arn.starts_with("arn:")) return name_or_arn;
  const std::size_t at = name_or_arn.find(":table/");
  if (at == std::string_view::npos) return name_or_arn;
  const std::string_view rest = name_or_arn.substr(at + 7);
  return rest.substr(0, rest.find('/'));
}

Error damaged(std::string_view what) {
  return {ErrorKind::kInternal, ErrorSource::kGateway, "store_damaged", "the description of " + std::string(what) + " is damaged"};
}

// Calls `each` with the name behind the kind and the row. The error of the read, or of `each`.
template <class Each>
Result<void> for_each_row(const Storage& storage, RowKind kind, Each each) {
  const std::string lower = catalogue_key(kind);
  const std::string upper = after_prefix(lower).value_or(std::string());
  const auto cursor = storage.cursor(Family::kData, lower, upper, {});
  for (cursor->seek(lower); cursor->valid(); cursor->next()) {
    const std::string_view name = cursor->key().substr(lower.size());
    if (!is_valid_item(cursor->value())) return damaged(name);
    if (Result<void> taken = each(name, Map::item(cursor->value())); !taken) return taken;
  }
  if (auto error = cursor->error()) return *error;
  return {};
}

void put_table(Batch& batch, const Table& table) {
  RowWriter row;
  encode_table(table, row);
  batch.put(Family::kData, catalogue_key(RowKind::kTable, table.name), row.finish());
}

void put_stream(Batch& batch, const StreamEntry& entry) {
  RowWriter row;
  row.integer("id", entry.stream.id);
  row.integer("view", static_cast<int>(entry.stream.view));
  row.text("label", entry.stream.label);
  row.text("arn", entry.stream.arn);
  row.text("table", entry.table_name);
  row.part("partition", entry.partition);
  if (entry.sort) row.part("sort", *entry.sort);
  row.time("created", entry.created);
  if (entry.closed) row.time("closed", *entry.closed);
  batch.put(Family::kData, catalogue_key(RowKind::kStream, entry.stream.id), row.finish());
}

StreamEntry read_stream(const Map& map) {
  const RowReader row(map);
  StreamEntry entry;
  entry.stream.id = static_cast<std::uint32_t>(row.integer("id"));
  entry.stream.view = static_cast<StreamView>(row.integer("view"));
  entry.stream.label = row.text("label");
  entry.stream.arn = row.text("arn");
  entry.table_name = row.text("table");
  entry.partition = row.part("partition");
  if (row.value("sort")) entry.sort = row.part("sort");
  entry.created = row.time("created");
  if (row.value("closed")) entry.closed = row.time("closed");
  return entry;
}

void number_indexes(Table& table) {
  std::array<bool, 256> taken{};
  for (const TableIndex& index : table.indexes) taken[index.number] = true;
  std::uint8_t next = 1;
  for (TableIndex& index : table.indexes) {
    if (index.number != 0) continue;
    while (taken[next]) ++next;
    index.number = next;
    taken[next] = true;
  }
}

}  // namespace

Catalogue::Catalogue(Storage& storage) : storage_(storage) {}

Result<void> Catalogue::load() {
  if (auto loaded = load_meta(); !loaded) return loaded;
  if (auto loaded = load_tables(); !loaded) return loaded;
  return load_streams();
}

Result<void> Catalogue::load_meta() {
  std::string row;
  const Result<bool> found = storage_.get(Family::kData, catalogue_key(RowKind::kMeta), row, {});
  if (!found) return found.error();
  if (!*found) return {};
  if (!is_valid_item(row)) return damaged("the store");
  const RowReader meta(Map::item(row));
  if (meta.integer("format") > kFormatVersion)
    return Error(ErrorKind::kRefused, ErrorSource::kGateway, "store_too_new",
                 "the store was written by a newer version (format " + std::to_string(meta.integer("format")) + ", this one reads " +
                     std::to_string(kFormatVersion) + ")");
  next_table_ = static_cast<TableId>(meta.integer("next_table", 1));
  next_stream_ = static_cast<std::uint32_t>(meta.integer("next_stream", 1));
  return {};
}

Result<void> Catalogue::load_tables() {
  return for_each_row(storage_, RowKind::kTable, [this](std::string_view name, const Map& row) -> Result<void> {
    Table table = decode_table(row);
    if (table.id == kCatalogueTable || table.id >= next_table_ || table.name != name) return damaged("table " + std::string(name));
    tables_[std::string(name)] = std::make_shared<const Table>(std::move(table));
    return {};
  });
}

Result<void> Catalogue::load_streams() {
  return for_each_row(storage_, RowKind::kStream, [this](std::string_view, const Map& row) -> Result<void> {
    StreamEntry entry = read_stream(row);
    streams_[entry.stream.id] = std::make_shared<const StreamEntry>(std::move(entry));
    return {};
  });
}

std::shared_ptr<const Table> Catalogue::find_locked(std::string_view name_or_arn) const {
  const auto found = tables_.find(name_of(name_or_arn));
  return found == tables_.end() ? nullptr : found->second;
}

std::shared_ptr<const Table> Catalogue::find(std::string_view name_or_arn) const {
  std::shared_ptr<const Table> table = find_any(name_or_arn);
  if (table && table->status != TableStatus::kActive) return nullptr;
  return table;
}

std::shared_ptr<const Table> Catalogue::find_any(std::string_view name_or_arn) const {
  const std::shared_lock lock(mutex_);
  return find_locked(name_or_arn);
}

std::shared_ptr<const Table> Catalogue::find(TableId id) const {
  const std::shared_lock lock(mutex_);
  for (const auto& [name, table] : tables_)
    if (table->id == id) return table;
  return nullptr;
}

std::vector<std::shared_ptr<const Table>> Catalogue::all() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::shared_ptr<const Table>> tables;
  tables.reserve(tables_.size());
  for (const auto& [name, table] : tables_) tables.push_back(table);
  return tables;
}

std::vector<std::shared_ptr<const StreamEntry>> Catalogue::streams() const {
  std::vector<std::shared_ptr<const StreamEntry>> streams;
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [id, stream] : streams_) streams.push_back(stream);
  }
  std::sort(streams.begin(), streams.end(), [](const auto& a, const auto& b) { return a->stream.arn < b->stream.arn; });
  return streams;
}

std::shared_ptr<const StreamEntry> Catalogue::find_stream(std::string_view arn) const {
  const std::shared_lock lock(mutex_);
  for (const auto& [id, stream] : streams_)
    if (stream->stream.arn == arn) return stream;
  return nullptr;
}

Outcome<CommitNumber> Catalogue::write(const Batch& batch, Patience patience) {
  const Result<CommitNumber> written = storage_.write(batch, patience);
  if (!written) return fault_of(written.error());
  return *written;
}

void Catalogue::put_meta(Batch& batch) const {
  RowWriter row;
  row.integer("format", kFormatVersion);
  row.integer("next_table", next_table_);
  row.integer("next_stream", next_stream_);
  batch.put(Family::kData, catalogue_key(RowKind::kMeta), row.finish());
}

std::shared_ptr<const StreamEntry> Catalogue::open_stream(Table& table, WallTime now, Batch& batch) {
  if (table.stream.view == StreamView::kNone || table.stream.id != 0) return nullptr;
  table.stream.id = next_stream_++;
  auto entry = std::make_shared<StreamEntry>();
  entry->stream = table.stream;
  entry->table_name = table.name;
  entry->partition = table.partition;
  entry->sort = table.sort;
  entry->created = now;
  put_stream(batch, *entry);
  return entry;
}

std::shared_ptr<const StreamEntry> Catalogue::close_stream(const Table& table, WallTime now, Batch& batch) {
  const auto found = streams_.find(table.stream.id);
  if (table.stream.view == StreamView::kNone || found == streams_.end()) return nullptr;
  auto entry = std::make_shared<StreamEntry>(*found->second);
  entry->closed = now;
  put_stream(batch, *entry);
  return entry;
}

void Catalogue::keep(std::shared_ptr<const StreamEntry> stream) {
  if (stream) streams_[stream->stream.id] = std::move(stream);
}

Outcome<CommitNumber> Catalogue::add(Table table, WallTime now, Patience patience) {
  if (patience == Patience::kNever) return Fault(FaultType::kWouldBlock, {});
  const std::lock_guard changing(changing_);
  if (find_any(table.name)) return Fault(FaultType::kResourceInUse, "Table already exists: " + table.name);
  table.id = next_table_++;
  number_indexes(table);
  Batch batch;
  std::shared_ptr<const StreamEntry> stream = open_stream(table, now, batch);
  put_table(batch, table);
  put_meta(batch);
  const Outcome<CommitNumber> written = write(batch, patience);
  if (!written) return written;

  const std::unique_lock lock(mutex_);
  keep(std::move(stream));
  std::string name = table.name;
  tables_[std::move(name)] = std::make_shared<const Table>(std::move(table));
  return written;
}

Outcome<CommitNumber> Catalogue::update(std::string_view name, WallTime now, Patience patience,
                                        const std::function<Outcome<void>(Table&)>& change) {
  if (patience == Patience::kNever) return Fault(FaultType::kWouldBlock, {});
  const std::lock_guard changing(changing_);
  const std::shared_ptr<const Table> before = find_any(name);
  if (!before) return Fault(FaultType::kResourceNotFound, "Requested resource not found");
  Table table = *before;
  if (Outcome<void> changed = change(table); !changed) return changed.error();
  number_indexes(table);
  table.version = before->version + 1;
  Batch batch;
  std::shared_ptr<const StreamEntry> closed;
  if (table.stream.id != before->stream.id) closed = close_stream(*before, now, batch);
  std::shared_ptr<const StreamEntry> opened = open_stream(table, now, batch);
  put_table(batch, table);
  put_meta(batch);
  const Outcome<CommitNumber> written = write(batch, patience);
  if (!written) return written;

  const std::unique_lock lock(mutex_);
  keep(std::move(closed));
  keep(std::move(opened));
  table.counters->version.store(table.version, std::memory_order_release);
  tables_[before->name] = std::make_shared<const Table>(std::move(table));
  return written;
}

Outcome<CommitNumber> Catalogue::remove(std::string_view name, WallTime now, Patience patience,
                                        const std::function<Outcome<void>(const Table&)>& check) {
  if (patience == Patience::kNever) return Fault(FaultType::kWouldBlock, {});
  const std::lock_guard changing(changing_);
  const std::shared_ptr<const Table> table = find_any(name);
  if (!table) return Fault(FaultType::kResourceNotFound, "Requested resource not found: Table: " + std::string(name_of(name)) + " not found");
  if (Outcome<void> checked = check(*table); !checked) return checked.error();
  Batch batch;
  std::shared_ptr<const StreamEntry> closed = close_stream(*table, now, batch);
  batch.erase(Family::kData, catalogue_key(RowKind::kTable, table->name));
  const Outcome<CommitNumber> written = write(batch, patience);
  if (!written) return written;

  const std::unique_lock lock(mutex_);
  keep(std::move(closed));
  table->counters->version.store(table->version + 1, std::memory_order_release);
  tables_.erase(table->name);
  return written;
}

Outcome<CommitNumber> Catalogue::remove_stream(std::uint32_t id) {
  const std::lock_guard changing(changing_);
  Batch batch;
  batch.erase(Family::kData, catalogue_key(RowKind::kStream, id));
  const Outcome<CommitNumber> written = write(batch, Patience::kAllowed);
  if (!written) return written;
  const std::unique_lock lock(mutex_);
  streams_.erase(id);
  return written;
}

}  // namespace gatehouse::dynamo
