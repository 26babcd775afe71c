// ExportTableToPointInTime, DescribeExport, ListExports.
#include "transfer_operations.hpp"

namespace gatehouse::dynamo {
namespace {

using enum Shape::Type;

constexpr std::string_view kFormats[] = {"DYNAMODB_JSON", "ION"};
constexpr std::string_view kExportTypes[] = {"FULL_EXPORT", "INCREMENTAL_EXPORT"};
// How far back from now an export time may lie and still mean now.
constexpr double kNowSeconds = 300;

constexpr Field kExportRequest[] = {
    {"TableArn", {.type = kString, .not_null = true, .least = 1, .most = 1024}},
    {"ExportTime", {.type = kDouble}},
    {"ClientToken", {.type = kString}},
    {"S3Bucket", {.type = kString, .not_null = true, .most = 255}},
    {"S3BucketOwner", {.type = kString}},
    {"S3Prefix", {.type = kString, .most = 1024}},
    {"ExportFormat", {.type = kString, .values = kFormats}},
    {"ExportType", {.type = kString, .values = kExportTypes}},
};

void write_description(Run& run, const Transfer& transfer) {
  JsonText answer(run.answer);
  answer.begin();
  answer.begin("ExportDescription");
  answer.string("ExportArn", transfer.arn);
  answer.string("ExportStatus", status_name(transfer.status));
  answer.time("StartTime", transfer.started);
  if (transfer.status != TransferStatus::kInProgress) answer.time("EndTime", transfer.ended);
  if (transfer.status == TransferStatus::kCompleted)
    answer.string("ExportManifest", (transfer.prefix.empty() ? "" : transfer.prefix + "/") + "AWSDynamoDB/" + transfer.id + "/manifest-summary.json");
  answer.string("TableArn", transfer.table_arn);
  answer.string("TableId", transfer.table_uuid);
  answer.time("ExportTime", transfer.exported_at);
  if (!transfer.token.empty()) answer.string("ClientToken", transfer.token);
  answer.string("S3Bucket", transfer.bucket);
  if (!transfer.prefix.empty()) answer.string("S3Prefix", transfer.prefix);
  if (transfer.status == TransferStatus::kFailed) {
    answer.string("FailureCode", "InternalError");
    answer.string("FailureMessage", transfer.failure);
  }
  answer.string("ExportFormat", "DYNAMODB_JSON");
  if (transfer.status == TransferStatus::kCompleted) {
    answer.integer("BilledSizeBytes", transfer.bytes);
    answer.integer("ItemCount", transfer.items);
  }
  answer.string("ExportType", "FULL_EXPORT");
  answer.end();
  answer.end();
}

Outcome<void> check_export(Run& run, const Node& request, const Table& table) {
  if (!table.continuous_backups)
    return Fault(FaultType::kPointInTimeRecoveryUnavailable, "Point in time recovery is not enabled for table '" + table.name + "'");
  if (request.string("ExportFormat") == "ION") return validation("ExportFormat ION is not supported: use DYNAMODB_JSON");
  if (request.string("ExportType") == "INCREMENTAL_EXPORT") return validation("ExportType INCREMENTAL_EXPORT is not supported: use FULL_EXPORT");
  const double now = std::chrono::duration<double>(run.state.clock.wall().time_since_epoch()).count();
  if (const double time = request.decimal("ExportTime", now); time > now + kNowSeconds || time < now - kNowSeconds)
    return validation("Only the latest state can be exported: leave ExportTime out");
  return {};
}

constexpr TransferWords kWords{
    .kind = TransferKind::kExport,
    .noun = "Export",
    .arn = "ExportArn",
    .status = "ExportStatus",
    .summaries = "ExportSummaries",
    .page_size = {"MaxResults", {.type = kInteger, .least = 1, .most = kTransferPage}},
    .not_found = FaultType::kExportNotFound,
    .describe = write_description,
    .summarise = [](JsonText& to, const Transfer&) { to.string("ExportType", "FULL_EXPORT"); },
};

}  // namespace

Outcome<void> export_table_to_point_in_time(Run& run) {
  const Outcome<Node> request = read_request(run, kExportRequest);
  if (!request) return request.error();
  Transfers& transfers = *run.state.transfers;
  if (auto refused = transfers.refusal()) return *refused;
  if (const auto same = transfers.find_token(TransferKind::kExport, request->string("ClientToken"))) {
    write_description(run, *same);
    return {};
  }
  const std::string_view arn = request->string("TableArn");
  const auto table = run.state.catalogue.find(arn);
  if (!table) return Fault(FaultType::kTableNotFound, "Table not found: " + std::string(arn));
  if (Outcome<void> checked = check_export(run, *request, *table); !checked) return checked;
  Transfer transfer;
  transfer.kind = TransferKind::kExport;
  transfer.bucket = request->string("S3Bucket");
  transfer.prefix = request->string("S3Prefix");
  while (transfer.prefix.ends_with('/')) transfer.prefix.pop_back();
  if (const auto folder = transfers.bucket_folder(transfer.bucket, transfer.prefix); !folder) return folder.error();
  if (run.patience == Patience::kNever) return Fault(FaultType::kWouldBlock, {});
  begin_transfer(transfer, *request, *table, run.state.clock.wall());
  transfer.exported_at = transfer.started;
  write_description(run, transfer);
  const Outcome<CommitNumber> started = transfers.start_export(std::move(transfer), *table);
  if (!started) return started.error();
  run.needs(*started);
  return {};
}

Outcome<void> describe_export(Run& run) { return describe_transfer(run, kWords); }

Outcome<void> list_exports(Run& run) { return list_transfers(run, kWords); }

}  // namespace gatehouse::dynamo
