// An export in the background: the table as one snapshot shows it, written as the service lays an export out (Amazon DynamoDB
// Developer Guide, "DynamoDB table export output format").
#include "transfers.hpp"

#include "files.hpp"
#include "gzip_file.hpp"
#include "json_text.hpp"
#include "maintenance.hpp"
#include "row_key.hpp"

#include "gatehouse/base/ids.hpp"
#include "gatehouse/base/log.hpp"
#include "gatehouse/dynamo/wire/key_codec.hpp"

#include <ctime>

namespace gatehouse::dynamo {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kItemsInAStep = 2000;
constexpr std::uint64_t kFileBytes = 256 * kMiB;  // of text in one data file

struct Export {
  Transfer transfer;
  TableId table;
  std::string key;  // of the export's folder, below the bucket
  fs::path bucket;
  std::unique_ptr<Snapshot> snapshot;
  std::string at, upper;
  std::unique_ptr<GzipWriter> file;
  std::string file_key;
  std::int64_t file_items = 0;
  std::uint64_t file_bytes = 0;
  std::string files;  // manifest-files.json so far

  fs::path folder() const { return bucket / key; }
};

std::string iso_time(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char date[24];
  const std::size_t size = std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  std::string fraction = std::to_string(milliseconds_of(time) % 1000 + 1000);
  fraction[0] = '.';
  return std::string(date, size) + fraction + "Z";
}

Result<void> begin(LocalState& state, Export& job) {
  auto folder = state.transfers->bucket_folder(job.transfer.bucket, job.transfer.prefix);
  if (!folder) return Error(ErrorKind::kInvalid, ErrorSource::kGateway, "export_failed", folder.error().message());
  job.bucket = *folder;
  job.key = (job.transfer.prefix.empty() ? "" : job.transfer.prefix + "/") + "AWSDynamoDB/" + job.transfer.id;
  if (Result<void> made = make_folder(job.folder() / "data"); !made) return made;
  if (Result<void> written = write_file(job.folder() / "_started", {}); !written) return written;
  append_rows_prefix(job.at, job.table, kTableRows);
  job.upper = after_prefix(job.at).value_or(std::string());
  job.snapshot = state.storage->snapshot();
  return {};
}

Result<void> end_file(Export& job) {
  if (!job.file) return {};
  if (Result<void> finished = job.file->finish(); !finished) return finished;
  JsonText line(job.files);
  job.files += "{";
  line.integer("itemCount", job.file_items);
  line.string("md5Checksum", job.file->md5_base64());
  line.string("etag", job.file->md5_base64());
  line.string("dataFileS3Key", job.file_key);
  job.files += "}\n";
  job.file.reset();
  return {};
}

Result<void> write_item(Export& job, std::string_view item, std::string& line) {
  if (!job.file) {
    job.file_key = job.key + "/data/" + make_ulid() + ".json.gz";
    job.file_items = 0;
    job.file_bytes = 0;
    auto file = GzipWriter::create(job.bucket / job.file_key);
    if (!file) return file.error();
    job.file = std::move(*file);
  }
  line = "{\"Item\":";
  write_json_item(line, Map::item(item));
  line += "}\n";
  ++job.file_items;
  ++job.transfer.items;
  job.file_bytes += line.size();
  job.transfer.bytes += static_cast<std::int64_t>(size_of(Map::item(item)));
  if (Result<void> written = job.file->write(line); !written) return written;
  return job.file_bytes >= kFileBytes ? end_file(job) : Result<void>();
}

Result<void> write_manifests(const Export& job) {
  const Transfer& transfer = job.transfer;
  const std::string files_key = job.key + "/manifest-files.json";
  std::string summary;
  JsonText text(summary);
  text.begin();
  text.string("version", "2020-06-30");
  text.string("exportArn", transfer.arn);
  text.string("startTime", iso_time(transfer.started));
  text.string("endTime", iso_time(transfer.ended));
  text.string("tableArn", transfer.table_arn);
  text.string("tableId", transfer.table_uuid);
  text.string("exportTime", iso_time(transfer.exported_at));
  text.string("s3Bucket", transfer.bucket);
  if (transfer.prefix.empty()) {
    text.raw("s3Prefix", "null");
  } else {
    text.string("s3Prefix", transfer.prefix);
  }
  text.raw("s3SseAlgorithm", "null");
  text.raw("s3SseKmsKeyId", "null");
  text.string("manifestFilesS3Key", files_key);
  text.integer("billedSizeBytes", transfer.bytes);
  text.integer("itemCount", transfer.items);
  text.string("outputFormat", "DYNAMODB_JSON");
  text.string("exportType", "FULL_EXPORT");
  text.end();
  // The summary says that all else is there, so it comes last.
  const std::pair<std::string_view, const std::string&> written[] = {{"manifest-files", job.files}, {"manifest-summary", summary}};
  for (const auto& [name, bytes] : written) {
    if (Result<void> done = write_file(job.folder() / (std::string(name) + ".md5"), md5_base64(bytes)); !done) return done;
    if (Result<void> done = write_file(job.folder() / (std::string(name) + ".json"), bytes); !done) return done;
  }
  return {};
}

Result<Progress> export_some(LocalState& state, Export& job) {
  if (!job.snapshot)
    if (Result<void> begun = begin(state, job); !begun) return begun.error();
  std::string next, line;
  {
    const auto cursor = state.storage->cursor(Family::kData, job.at, job.upper,
                                              {.patience = Patience::kAllowed, .snapshot = job.snapshot.get(), .fill_cache = false});
    std::size_t items = 0;
    for (cursor->seek(job.at); cursor->valid(); cursor->next()) {
      if (items++ == kItemsInAStep) {
        next = cursor->key();
        break;
      }
      if (Result<void> written = write_item(job, cursor->value(), line); !written) return written.error();
    }
    if (auto error = cursor->error()) return *error;
  }
  if (!next.empty()) {
    job.at = std::move(next);
    return Progress::kMore;
  }
  if (Result<void> ended = end_file(job); !ended) return ended.error();
  job.transfer.ended = state.clock.wall();
  if (Result<void> written = write_manifests(job); !written) return written.error();
  return Progress::kDone;
}

}  // namespace

void enqueue_export(LocalState& state, Transfer transfer, TableId table) {
  auto job = std::make_shared<Export>();
  job->transfer = std::move(transfer);
  job->table = table;
  state.maintenance->enqueue("export", [&state, job] {
    const Result<Progress> progress = export_some(state, *job);
    if (progress && *progress == Progress::kMore) return Progress::kMore;
    job->snapshot.reset();
    job->file.reset();
    job->transfer.ended = state.clock.wall();
    job->transfer.status = progress ? TransferStatus::kCompleted : TransferStatus::kFailed;
    if (!progress) job->transfer.failure = progress.error().message();
    if (!state.transfers->keep(job->transfer)) log::error("export_not_noted", {{"export", job->transfer.arn}});
    return Progress::kDone;
  });
}

}  // namespace gatehouse::dynamo
