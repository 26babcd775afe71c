// An import in the background: each line of each file is an item of a table that nobody can reach until it is complete.
#include "transfers.hpp"

#include "bulk_load.hpp"
#include "gzip_file.hpp"
#include "maintenance.hpp"

#include "gatehouse/base/arena.hpp"
#include "gatehouse/base/log.hpp"

#include <algorithm>

namespace gatehouse::dynamo {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLinesInAStep = 2000;

struct Import {
  Transfer transfer;
  TableId table;
  std::unique_ptr<BulkLoad> load;
  std::vector<fs::path> files;  // the next is the last
  std::unique_ptr<LineReader> file;
  std::int64_t bytes_before = 0;  // of the files that are done
};

bool is_manifest(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with("manifest-") || name == "_started" || path.extension() == ".md5";
}

// All files of the bucket whose key begins with the prefix.
Result<void> find_files(LocalState& state, Import& job) {
  const auto bucket = state.transfers->bucket_folder(job.transfer.bucket, job.transfer.prefix);
  if (!bucket) return Error(ErrorKind::kInvalid, ErrorSource::kGateway, "import_failed", bucket.error().message());
  std::error_code problem;
  for (auto at = fs::recursive_directory_iterator(*bucket, problem); !problem && at != fs::recursive_directory_iterator(); at.increment(problem)) {
    if (!at->is_regular_file() || is_manifest(at->path())) continue;
    if (fs::relative(at->path(), *bucket).generic_string().starts_with(job.transfer.prefix)) job.files.push_back(at->path());
  }
  if (problem) return Error(ErrorKind::kNotFound, ErrorSource::kGateway, "import_failed", bucket->string() + ": " + problem.message());
  if (job.files.empty())
    return Error(ErrorKind::kNotFound, ErrorSource::kGateway, "import_failed", bucket->string() + ": no file begins with the prefix");
  std::sort(job.files.begin(), job.files.end(), std::greater<>());
  return {};
}

Result<void> begin(LocalState& state, Import& job, const std::shared_ptr<const Table>& table) {
  job.load = std::make_unique<BulkLoad>(state, table, IndexEntry::Origin::kRequest);
  // An earlier run may have imported a part; all of it is done again, over what is there.
  job.transfer.items = job.transfer.processed = job.transfer.errors = job.transfer.bytes = 0;
  return find_files(state, job);
}

// {"Item": {…}}
bool read_line(std::string_view line, Arena& arena, std::string& item) {
  if (!is_valid_utf8(line)) return false;
  JsonReader reader(line, arena);
  ValueWriter writer(item);
  bool found = false;
  if (!reader.begin_object()) return false;
  while (const auto name = reader.next_name()) {
    if (*name != "Item" || found) return false;
    if (!reader.read_item(writer)) return false;
    found = true;
  }
  return reader.finish() && found && !reader.fault();
}

Result<void> import_line(Import& job, std::string_view line) {
  if (line.empty()) return {};
  Arena arena;
  std::string item;
  ++job.transfer.processed;
  if (!read_line(line, arena, item)) {
    ++job.transfer.errors;
    return {};
  }
  const Outcome<void> added = job.load->replace(item);
  if (added) {
    ++job.transfer.items;
  } else if (added.error().type() == FaultType::kValidation) {
    ++job.transfer.errors;
  } else {
    return Error(ErrorKind::kInternal, ErrorSource::kGateway, "import_failed", added.error().message());
  }
  return {};
}

Result<Progress> import_some(LocalState& state, Import& job, const std::shared_ptr<const Table>& table) {
  if (!job.load)
    if (Result<void> begun = begin(state, job, table); !begun) return begun.error();
  for (std::size_t lines = 0; lines < kLinesInAStep; ++lines) {
    if (!job.file) {
      if (job.files.empty()) break;
      auto file = LineReader::open(job.files.back(), job.transfer.gzip ? LineReader::Form::kGzip : LineReader::Form::kPlain);
      if (!file) return file.error();
      job.file = std::move(*file);
      job.files.pop_back();
    }
    std::string_view line;
    const Result<bool> read = job.file->next(line);
    if (!read) return read.error();
    job.transfer.bytes = job.bytes_before + static_cast<std::int64_t>(job.file->bytes_read());
    if (!*read) {
      job.bytes_before = job.transfer.bytes;
      job.file.reset();
      continue;
    }
    if (Result<void> imported = import_line(job, line); !imported) return imported.error();
  }
  if (Result<void> flushed = job.load->flush(); !flushed) return flushed.error();
  return job.file || !job.files.empty() ? Progress::kMore : Progress::kDone;
}

}  // namespace

void enqueue_import(LocalState& state, Transfer transfer, TableId table) {
  auto job = std::make_shared<Import>();
  job->transfer = std::move(transfer);
  job->table = table;
  state.maintenance->enqueue("import", [&state, job] {
    const auto into = state.catalogue.find(job->table);
    if (!into) return Progress::kDone;
    const Result<Progress> progress = import_some(state, *job, into);
    if (progress && *progress == Progress::kMore) return Progress::kMore;
    job->file.reset();
    job->load.reset();
    job->transfer.ended = state.clock.wall();
    job->transfer.status = progress ? TransferStatus::kCompleted : TransferStatus::kFailed;
    if (!progress) job->transfer.failure = progress.error().message();
    // As the service does, what was imported before a failure stays.
    const auto activate = [](Table& changed) -> Outcome<void> {
      changed.status = TableStatus::kActive;
      return {};
    };
    const bool active = state.catalogue.update(into->name, state.clock.wall(), Patience::kAllowed, activate).has_value();
    if (!active || !state.transfers->keep(job->transfer)) log::error("import_not_noted", {{"import", job->transfer.arn}});
    return Progress::kDone;
  });
}

}  // namespace gatehouse::dynamo
