#include "transfers.hpp"

#include "control_request.hpp"
#include "table_drop.hpp"

#include "gatehouse/base/ids.hpp"
#include "gatehouse/base/log.hpp"
#include "gatehouse/dynamo/wire/key_codec.hpp"

#include <algorithm>
#include <cstdio>

namespace gatehouse::dynamo {
namespace {

RowKind row_kind(TransferKind kind) { return kind == TransferKind::kExport ? RowKind::kExport : RowKind::kImport; }

void encode(const Transfer& transfer, RowWriter& row) {
  row.integer("status", static_cast<int>(transfer.status));
  row.text("id", transfer.id);
  row.text("arn", transfer.arn);
  row.text("token", transfer.token);
  row.text("table_name", transfer.table_name);
  row.text("table_arn", transfer.table_arn);
  row.text("table_uuid", transfer.table_uuid);
  row.text("bucket", transfer.bucket);
  row.text("prefix", transfer.prefix);
  row.time("started", transfer.started);
  row.time("ended", transfer.ended);
  row.time("exported_at", transfer.exported_at);
  row.integer("items", transfer.items);
  row.integer("processed", transfer.processed);
  row.integer("errors", transfer.errors);
  row.integer("bytes", transfer.bytes);
  row.flag("gzip", transfer.gzip);
  row.text("parameters", transfer.parameters);
  row.text("failure", transfer.failure);
}

Transfer decode(TransferKind kind, const Map& map) {
  const RowReader row(map);
  Transfer transfer;
  transfer.kind = kind;
  transfer.status = static_cast<TransferStatus>(row.integer("status"));
  transfer.id = row.text("id");
  transfer.arn = row.text("arn");
  transfer.token = row.text("token");
  transfer.table_name = row.text("table_name");
  transfer.table_arn = row.text("table_arn");
  transfer.table_uuid = row.text("table_uuid");
  transfer.bucket = row.text("bucket");
  transfer.prefix = row.text("prefix");
  transfer.started = row.time("started");
  transfer.ended = row.time("ended");
  transfer.exported_at = row.time("exported_at");
  transfer.items = row.integer("items");
  transfer.processed = row.integer("processed");
  transfer.errors = row.integer("errors");
  transfer.bytes = row.integer("bytes");
  transfer.gzip = row.flag("gzip");
  transfer.parameters = row.text("parameters");
  transfer.failure = row.text("failure");
  return transfer;
}

bool leads_out(std::string_view path) {
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part == ".." || part == "." || part.find('\0') != std::string_view::npos) return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
  return false;
}

}  // namespace

Result<void> Transfers::load() {
  std::vector<Transfer> interrupted;
  for (const TransferKind kind : {TransferKind::kExport, TransferKind::kImport}) {
    const std::string lower = catalogue_key(row_kind(kind));
    const std::string upper = after_prefix(lower).value_or(std::string());
    const auto cursor = state_.storage->cursor(Family::kData, lower, upper, {});
    for (cursor->seek(lower); cursor->valid(); cursor->next()) {
      if (!is_valid_item(cursor->value())) continue;
      Transfer transfer = decode(kind, Map::item(cursor->value()));
      if (transfer.status == TransferStatus::kInProgress) interrupted.push_back(transfer);
      const std::string arn = transfer.arn;
      transfers_[arn] = std::make_shared<const Transfer>(std::move(transfer));
    }
    if (auto error = cursor->error()) return *error;
  }
  remove_unfinished(interrupted);
  for (Transfer& transfer : interrupted) {
    const auto table = state_.catalogue.find_any(transfer.table_name);
    if (transfer.kind == TransferKind::kImport && table && table->status == TableStatus::kCreating) {
      enqueue_import(state_, std::move(transfer), table->id);
      continue;
    }
    transfer.status = TransferStatus::kFailed;
    transfer.ended = state_.clock.wall();
    transfer.failure = "the process ended before it was complete";
    if (auto kept = keep(std::move(transfer)); !kept)
      return Error(ErrorKind::kInternal, ErrorSource::kGateway, "store_failed", kept.error().message());
  }
  return {};
}

// Tables for an import that was never noted: the process ended between the two.
void Transfers::remove_unfinished(const std::vector<Transfer>& interrupted) {
  for (const auto& table : state_.catalogue.all()) {
    const bool importing = std::any_of(interrupted.begin(), interrupted.end(), [&](const Transfer& transfer) {
      return transfer.kind == TransferKind::kImport && transfer.table_uuid == table->uuid;
    });
    if (table->status == TableStatus::kActive || !table->restored_backup.empty() || importing) continue;
    const auto any = [](const Table&) -> Outcome<void> { return {}; };
    if (state_.catalogue.remove(table->name, state_.clock.wall(), Patience::kAllowed, any)) enqueue_table_drop(state_, table->id);
  }
}

std::optional<Fault> Transfers::refusal() const {
  if (state_.options.backup_folder.empty()) return validation("Exports and imports are not available: no folder is configured for them");
  return std::nullopt;
}

std::shared_ptr<const Transfer> Transfers::find(TransferKind kind, std::string_view arn) const {
  const std::lock_guard lock(mutex_);
  const auto found = transfers_.find(arn);
  return found == transfers_.end() || found->second->kind != kind ? nullptr : found->second;
}

std::shared_ptr<const Transfer> Transfers::find_token(TransferKind kind, std::string_view token) const {
  if (token.empty()) return nullptr;
  const std::lock_guard lock(mutex_);
  for (const auto& [arn, transfer] : transfers_)
    if (transfer->kind == kind && transfer->token == token) return transfer;
  return nullptr;
}

std::vector<std::shared_ptr<const Transfer>> Transfers::all(TransferKind kind) const {
  std::vector<std::shared_ptr<const Transfer>> found;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [arn, transfer] : transfers_)
      if (transfer->kind == kind) found.push_back(transfer);
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a->id > b->id; });
  return found;
}

Outcome<CommitNumber> Transfers::keep(Transfer transfer) {
  RowWriter row;
  encode(transfer, row);
  Batch batch;
  batch.put(Family::kData, catalogue_key(row_kind(transfer.kind), transfer.id), row.finish());
  const Result<CommitNumber> written = state_.storage->write(batch, Patience::kAllowed);
  if (!written) return fault_of(written.error());
  const std::lock_guard lock(mutex_);
  const std::string arn = transfer.arn;
  transfers_[arn] = std::make_shared<const Transfer>(std::move(transfer));
  return *written;
}

Outcome<CommitNumber> Transfers::start_export(Transfer transfer, const Table& table) {
  const Outcome<CommitNumber> kept = keep(transfer);
  if (kept) enqueue_export(state_, std::move(transfer), table.id);
  return kept;
}

Outcome<CommitNumber> Transfers::start_import(Transfer transfer, TableId table) {
  const Outcome<CommitNumber> kept = keep(transfer);
  if (kept) enqueue_import(state_, std::move(transfer), table);
  return kept;
}

Outcome<std::filesystem::path> Transfers::bucket_folder(std::string_view bucket, std::string_view prefix) const {
  if (!is_name(bucket) || bucket.starts_with('.')) return validation("Invalid S3Bucket: a folder name of letters, digits, '.', '_' and '-' is expected");
  if (leads_out(prefix) || prefix.starts_with('/')) return validation("Invalid prefix: it leads out of the bucket");
  return std::filesystem::path(state_.options.backup_folder) / "exports" / bucket;
}

std::string Transfers::new_id(WallTime now) {
  char text[64];
  const int size = std::snprintf(text, sizeof text, "%014lld-%08llx", static_cast<long long>(milliseconds_of(now)),
                                 static_cast<unsigned long long>(random_u64() & 0xFFFFFFFF));
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace gatehouse::dynamo
