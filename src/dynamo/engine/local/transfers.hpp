// Exports of tables to files, and imports of tables from them, in the service's own layout: DynamoDB JSON, gzip, manifests. What the
// service calls a bucket is a folder below <backup folder>/exports. Each is a row of the catalogue. Thread-safe.
#pragma once

#include "row_codec.hpp"
#include "run.hpp"

#include "gatehouse/base/error.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

enum class TransferKind : unsigned char { kExport, kImport };
enum class TransferStatus : unsigned char { kInProgress, kCompleted, kFailed };

struct Transfer {
  TransferKind kind = TransferKind::kExport;
  TransferStatus status = TransferStatus::kInProgress;
  std::string id, arn, token;
  std::string table_name, table_arn, table_uuid;
  std::string bucket, prefix;
  WallTime started, ended, exported_at;
  std::int64_t items = 0;      // exported, or imported
  std::int64_t processed = 0;  // of an import: lines that were read
  std::int64_t errors = 0;     // of an import: lines that are no item of the table
  std::int64_t bytes = 0;
  bool gzip = true;            // of an import's files
  std::string parameters;      // of an import: TableCreationParameters as given
  std::string failure;
};

class Transfers {
 public:
  explicit Transfers(LocalState& state) : state_(state) {}
  // Imports that were not finished begin again; exports, whose moment is past, have failed.
  Result<void> load();

  // Why there can be none; nothing when there can.
  std::optional<Fault> refusal() const;
  std::shared_ptr<const Transfer> find(TransferKind kind, std::string_view arn) const;
  std::shared_ptr<const Transfer> find_token(TransferKind kind, std::string_view token) const;
  std::vector<std::shared_ptr<const Transfer>> all(TransferKind kind) const;  // newest first

  Outcome<CommitNumber> start_export(Transfer transfer, const Table& table);
  // The table exists already, as kCreating.
  Outcome<CommitNumber> start_import(Transfer transfer, TableId table);

  // The folder of a bucket; a fault when its name, or the prefix, leads out of the export folder.
  Outcome<std::filesystem::path> bucket_folder(std::string_view bucket, std::string_view prefix) const;
  static std::string new_id(WallTime now);

  // For the jobs.
  Outcome<CommitNumber> keep(Transfer transfer);

 private:
  void remove_unfinished(const std::vector<Transfer>& interrupted);

  LocalState& state_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Transfer>, std::less<>> transfers_;  // by ARN
};

// In export_job.cpp and import_job.cpp.
void enqueue_export(LocalState& state, Transfer transfer, TableId table);
void enqueue_import(LocalState& state, Transfer transfer, TableId table);

}  // namespace gatehouse::dynamo
