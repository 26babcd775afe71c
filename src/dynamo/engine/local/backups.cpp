#include "backups.hpp"

#include "bulk_load.hpp"
#include "files.hpp"
#include "maintenance.hpp"
#include "row_codec.hpp"
#include "row_key.hpp"
#include "table_drop.hpp"

#include "gatehouse/base/ids.hpp"
#include "gatehouse/base/log.hpp"
#include "gatehouse/dynamo/wire/key_codec.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

namespace gatehouse::dynamo {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kItemsInAStep = 2000;
constexpr std::string_view kPartial = ".partial";

std::string encode(const BackupEntry& backup) {
  RowWriter row;
  row.text("id", backup.id);
  row.text("arn", backup.arn);
  row.text("name", backup.name);
  row.time("created", backup.created);
  row.integer("size_bytes", backup.size_bytes);
  row.integer("items", backup.items);
  row.flag("temporary", backup.temporary);
  RowWriter table;
  encode_table(backup.table, table);
  row.bytes("table", table.finish());
  return std::string(row.finish());
}

std::shared_ptr<const BackupEntry> decode(std::string_view bytes) {
  if (!is_valid_item(bytes)) return nullptr;
  const RowReader row(Map::item(bytes));
  const std::string table = row.bytes("table");
  if (!is_valid_item(table)) return nullptr;
  auto backup = std::make_shared<BackupEntry>();
  backup->id = row.text("id");
  backup->arn = row.text("arn");
  backup->name = row.text("name");
  backup->created = row.time("created");
  backup->size_bytes = row.integer("size_bytes");
  backup->items = row.integer("items");
  backup->temporary = row.flag("temporary");
  backup->table = decode_table(Map::item(table));
  return backup;
}

std::string new_id(WallTime now) {
  char text[64];
  const int size = std::snprintf(text, sizeof text, "%014lld-%08llx", static_cast<long long>(milliseconds_of(now)),
                                 static_cast<unsigned long long>(random_u64() & 0xFFFFFFFF));
  return {text, static_cast<std::size_t>(size)};
}

Fault failed(const Error& error) { return fault_of(error); }

struct Restore {
  std::shared_ptr<const BackupEntry> backup;
  std::string folder;
  TableId target;
  std::unique_ptr<Storage> source;
  std::unique_ptr<BulkLoad> load;
  std::string at, upper;
};

Result<void> begin(LocalState& state, Restore& restore, const std::shared_ptr<const Table>& table) {
  auto source = open_rocks_read_only(restore.folder);
  if (!source) return source.error();
  restore.source = std::move(*source);
  restore.load = std::make_unique<BulkLoad>(state, table, IndexEntry::Origin::kStored);
  append_rows_prefix(restore.at, restore.backup->table.id, kTableRows);
  restore.upper = after_prefix(restore.at).value_or(std::string());
  // An earlier run may have copied a part: its counters are lost, so all of it is done again.
  table->counters->items = 0;
  table->counters->bytes = 0;
  for (const TableIndex& index : table->indexes) {
    index.counters->items = 0;
    index.counters->bytes = 0;
  }
  return {};
}

Result<Progress> copy_some(LocalState& state, Restore& restore) {
  const auto table = state.catalogue.find(restore.target);
  if (!table || table->status != TableStatus::kCreating) return Progress::kDone;
  if (!restore.source)
    if (Result<void> begun = begin(state, restore, table); !begun) return begun.error();
  std::string next;
  {
    const auto cursor = restore.source->cursor(Family::kData, restore.at, restore.upper, {.fill_cache = false});
    std::size_t items = 0;
    for (cursor->seek(restore.at); cursor->valid(); cursor->next()) {
      if (items++ == kItemsInAStep) {
        next = cursor->key();
        break;
      }
      if (!is_valid_item(cursor->value()))
        return Error(ErrorKind::kInternal, ErrorSource::kGateway, "backup_damaged", "an item of the backup is damaged");
      if (Outcome<void> added = restore.load->add(cursor->value()); !added)
        return Error(ErrorKind::kInternal, ErrorSource::kGateway, "restore_failed", added.error().message());
    }
    if (auto error = cursor->error()) return *error;
  }
  if (Result<void> flushed = restore.load->flush(); !flushed) return flushed.error();
  if (next.empty()) return Progress::kDone;
  restore.at = std::move(next);
  return Progress::kMore;
}

}  // namespace

std::string Backups::folder_of(const BackupEntry& backup) const { return state_.options.backup_folder + "/backups/" + backup.id; }

std::optional<Fault> Backups::refusal() const {
  if (state_.kind == EngineKind::kMemory) return validation("Backups are not available: this store is kept in memory only");
  if (state_.options.backup_folder.empty()) return validation("Backups are not available: no folder is configured for them");
  return std::nullopt;
}

Result<void> Backups::load() {
  if (refusal()) return {};
  std::error_code problem;
  std::vector<std::shared_ptr<const BackupEntry>> unneeded;
  for (const auto& folder : fs::directory_iterator(state_.options.backup_folder + "/backups", problem)) {
    if (folder.path().extension() == kPartial) {
      fs::remove_all(folder.path(), problem);
      continue;
    }
    const auto bytes = read_file(folder.path() / "backup");
    const auto backup = bytes ? decode(*bytes) : nullptr;
    if (!backup || backup->id != folder.path().filename()) {
      log::warn("backup_unreadable", {{"folder", folder.path().string()}});
      continue;
    }
    backups_[backup->arn] = backup;
    if (backup->temporary && !is_in_use(*backup)) unneeded.push_back(backup);
  }
  for (const auto& backup : unneeded) remove(*backup);
  for (const auto& table : state_.catalogue.all()) {
    if (table->status != TableStatus::kCreating || table->restored_backup.empty()) continue;
    if (const auto backup = find(table->restored_backup)) {
      enqueue_restore(backup, table->id);
    } else {
      give_up(*table, "the backup is gone");
    }
  }
  return {};
}

Outcome<std::shared_ptr<const BackupEntry>> Backups::create(const Table& table, std::string name, Kind kind) {
  if (auto fault = refusal()) return *fault;
  auto backup = std::make_shared<BackupEntry>();
  backup->created = state_.clock.wall();
  backup->id = new_id(backup->created);
  backup->arn = table.arn + "/backup/" + backup->id;
  backup->name = std::move(name);
  backup->temporary = kind == Kind::kTemporary;
  backup->table = table;
  backup->items = std::max<std::int64_t>(0, table.counters->items.load());
  backup->size_bytes = std::max<std::int64_t>(0, table.counters->bytes.load());

  // Under its own name only when it is whole.
  const fs::path folder = folder_of(*backup);
  const fs::path partial = folder.string() + std::string(kPartial);
  if (Result<void> made = make_folder(partial); !made) return failed(made.error());
  if (Result<void> copied = state_.storage->checkpoint((partial / "store").string()); !copied) {
    std::error_code ignored;
    fs::remove_all(partial, ignored);
    return failed(copied.error());
  }
  if (Result<void> written = write_file(partial / "backup", encode(*backup)); !written) return failed(written.error());
  if (Result<void> renamed = rename_durably(partial, folder); !renamed) return failed(renamed.error());
  const std::lock_guard lock(mutex_);
  backups_[backup->arn] = backup;
  return std::shared_ptr<const BackupEntry>(backup);
}

std::shared_ptr<const BackupEntry> Backups::find(std::string_view arn) const {
  const std::lock_guard lock(mutex_);
  const auto found = backups_.find(arn);
  return found == backups_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<const BackupEntry>> Backups::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const BackupEntry>> backups;
  for (const auto& [arn, backup] : backups_)
    if (!backup->temporary) backups.push_back(backup);
  return backups;
}

bool Backups::is_in_use(const BackupEntry& backup) const {
  for (const auto& table : state_.catalogue.all())
    if (table->status == TableStatus::kCreating && table->restored_backup == backup.arn) return true;
  return false;
}

Outcome<void> Backups::remove(const BackupEntry& backup) {
  if (is_in_use(backup)) return Fault(FaultType::kBackupInUse, "Backup is being used: a table is restored from it");
  const fs::path folder = folder_of(backup);
  const fs::path partial = folder.string() + std::string(kPartial);
  if (Result<void> renamed = rename_durably(folder, partial); !renamed) return failed(renamed.error());
  {
    const std::lock_guard lock(mutex_);
    backups_.erase(backup.arn);
  }
  std::error_code problem;
  fs::remove_all(partial, problem);
  if (problem) log::warn("backup_not_removed", {{"folder", partial.string()}, {"error", problem.message()}});
  return {};
}

// Half a table is none: it goes, and the log says why.
void Backups::give_up(const Table& table, std::string_view why) {
  log::error("restore_failed", {{"table", table.name}, {"backup", table.restored_backup}, {"error", why}});
  const auto any = [](const Table&) -> Outcome<void> { return {}; };
  if (state_.catalogue.remove(table.name, state_.clock.wall(), Patience::kAllowed, any)) enqueue_table_drop(state_, table.id);
}

void Backups::enqueue_restore(std::shared_ptr<const BackupEntry> backup, TableId target) {
  auto restore = std::make_shared<Restore>();
  restore->folder = folder_of(*backup) + "/store";
  restore->backup = std::move(backup);
  restore->target = target;
  state_.maintenance->enqueue("restore", [this, restore] {
    const Result<Progress> progress = copy_some(state_, *restore);
    if (progress && *progress == Progress::kMore) return Progress::kMore;
    restore->load.reset();
    restore->source.reset();
    const auto table = state_.catalogue.find(restore->target);
    if (!table) return Progress::kDone;
    if (!progress) {
      give_up(*table, progress.error().message());
      return Progress::kDone;
    }
    const auto activate = [](Table& changed) -> Outcome<void> {
      changed.status = TableStatus::kActive;
      return {};
    };
    const bool active = state_.catalogue.update(table->name, state_.clock.wall(), Patience::kAllowed, activate).has_value();
    if (active && restore->backup->temporary) remove(*restore->backup);
    return Progress::kDone;
  });
}

}  // namespace gatehouse::dynamo
