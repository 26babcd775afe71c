// ImportTable, DescribeImport, ListImports.
#include "table_description.hpp"
#include "table_request.hpp"
#include "transfer_operations.hpp"

#include "gatehouse/base/ids.hpp"

namespace gatehouse::dynamo {
namespace {

using enum Shape::Type;

constexpr std::string_view kFormats[] = {"DYNAMODB_JSON", "ION", "CSV"};
constexpr std::string_view kCompressions[] = {"GZIP", "ZSTD", "NONE"};

constexpr Field kSourceFields[] = {
    {"S3BucketOwner", {.type = kString}},
    {"S3Bucket", {.type = kString, .not_null = true, .most = 255}},
    {"S3KeyPrefix", {.type = kString, .most = 1024}},
};

std::span<const Field> import_fields() {
  static const Field kFields[] = {
      {"ClientToken", {.type = kString}},
      {"S3BucketSource", {.type = kStruct, .not_null = true, .fields = kSourceFields, .structure = "S3BucketSource"}},
      {"InputFormat", {.type = kString, .not_null = true, .values = kFormats}},
      {"InputCompressionType", {.type = kString, .values = kCompressions}},
      {"TableCreationParameters",
       {.type = kStruct, .not_null = true, .fields = create_table_fields(), .structure = "TableCreationParameters"}},
  };
  return kFields;
}

void write_source(JsonText& to, const Transfer& transfer) {
  to.begin("S3BucketSource");
  to.string("S3Bucket", transfer.bucket);
  if (!transfer.prefix.empty()) to.string("S3KeyPrefix", transfer.prefix);
  to.end();
}

void write_description(Run& run, const Transfer& transfer) {
  JsonText answer(run.answer);
  answer.begin();
  answer.begin("ImportTableDescription");
  answer.string("ImportArn", transfer.arn);
  answer.string("ImportStatus", status_name(transfer.status));
  answer.string("TableArn", transfer.table_arn);
  answer.string("TableId", transfer.table_uuid);
  if (!transfer.token.empty()) answer.string("ClientToken", transfer.token);
  write_source(answer, transfer);
  answer.integer("ErrorCount", transfer.errors);
  answer.string("InputFormat", "DYNAMODB_JSON");
  answer.string("InputCompressionType", transfer.gzip ? "GZIP" : "NONE");
  answer.raw("TableCreationParameters", transfer.parameters);
  answer.time("StartTime", transfer.started);
  if (transfer.status != TransferStatus::kInProgress) answer.time("EndTime", transfer.ended);
  answer.integer("ProcessedSizeBytes", transfer.bytes);
  answer.integer("ProcessedItemCount", transfer.processed);
  answer.integer("ImportedItemCount", transfer.items);
  if (transfer.status == TransferStatus::kFailed) {
    answer.string("FailureCode", "InternalError");
    answer.string("FailureMessage", transfer.failure);
  }
  answer.end();
  answer.end();
}

void write_summary(JsonText& to, const Transfer& transfer) {
  to.string("TableArn", transfer.table_arn);
  write_source(to, transfer);
  to.string("InputFormat", "DYNAMODB_JSON");
  to.time("StartTime", transfer.started);
  if (transfer.status != TransferStatus::kInProgress) to.time("EndTime", transfer.ended);
}

constexpr TransferWords kWords{
    .kind = TransferKind::kImport,
    .noun = "Import",
    .arn = "ImportArn",
    .status = "ImportStatus",
    .summaries = "ImportSummaryList",
    .page_size = {"PageSize", {.type = kInteger, .least = 1, .most = kTransferPage}},
    .not_found = FaultType::kImportNotFound,
    .describe = write_description,
    .summarise = write_summary,
};

// The text of a member of the request, as it stands there.
std::string raw_member(Run& run, std::string_view member) {
  JsonReader reader(run.body, run.arena);
  std::string_view raw = "{}";
  if (reader.begin_object())
    while (const auto name = reader.next_name()) {
      if (*name == member) {
        reader.read_raw(raw);
        break;
      }
      reader.skip();
    }
  return std::string(raw);
}

Outcome<Table> new_table(Run& run, const Node& request) {
  const Node& parameters = *request.find("TableCreationParameters");
  if (Outcome<void> checked = check_table_name(parameters); !checked) return checked.error();
  if (!is_name(parameters.string("TableName"))) return validation("Invalid TableName: " + std::string(parameters.string("TableName")));
  Outcome<Table> table = table_of(parameters);
  if (!table) return table;
  table->arn = table_arn(run.state.options.region, table->name);
  table->uuid = make_uuid();
  table->created = run.state.clock.wall();
  if (table->on_demand) table->billing_changed = table->created;
  if (table->stream.view != StreamView::kNone) return validation("One or more parameter values were invalid: a stream can be enabled after the import");
  table->status = TableStatus::kCreating;
  return table;
}

Outcome<void> check_format(const Node& request) {
  if (request.string("InputFormat") != "DYNAMODB_JSON") return validation("InputFormat " + std::string(request.string("InputFormat")) + " is not supported: use DYNAMODB_JSON");
  if (request.string("InputCompressionType") == "ZSTD") return validation("InputCompressionType ZSTD is not supported: use GZIP or NONE");
  return {};
}

}  // namespace

Outcome<void> import_table(Run& run) {
  const Outcome<Node> request = read_request(run, import_fields());
  if (!request) return request.error();
  Transfers& transfers = *run.state.transfers;
  if (auto refused = transfers.refusal()) return *refused;
  if (const auto same = transfers.find_token(TransferKind::kImport, request->string("ClientToken"))) {
    write_description(run, *same);
    return {};
  }
  if (Outcome<void> checked = check_format(*request); !checked) return checked;
  const Node& source = *request->find("S3BucketSource");
  Transfer transfer;
  transfer.kind = TransferKind::kImport;
  transfer.bucket = source.string("S3Bucket");
  transfer.prefix = source.string("S3KeyPrefix");
  if (const auto folder = transfers.bucket_folder(transfer.bucket, transfer.prefix); !folder) return folder.error();
  Outcome<Table> table = new_table(run, *request);
  if (!table) return table.error();
  transfer.gzip = request->string("InputCompressionType") == "GZIP";
  begin_transfer(transfer, *request, *table, run.state.clock.wall());
  transfer.parameters = raw_member(run, "TableCreationParameters");
  const std::string name = table->name;
  const Outcome<CommitNumber> added = run.state.catalogue.add(std::move(*table), transfer.started, run.patience);
  if (!added) return added.error();
  const auto made = run.state.catalogue.find_any(name);
  if (!made) return Fault(FaultType::kResourceNotFound, "Requested resource not found: Table: " + name + " not found");
  write_description(run, transfer);
  const Outcome<CommitNumber> started = transfers.start_import(std::move(transfer), made->id);
  if (!started) return started.error();
  run.needs(*started);
  return {};
}

Outcome<void> describe_import(Run& run) { return describe_transfer(run, kWords); }

Outcome<void> list_imports(Run& run) { return list_transfers(run, kWords); }

}  // namespace gatehouse::dynamo
