// One request for a file, as a story: find it, decide what of it is asked for, send it piece by piece.
#include "gatehouse/integration/static_files.hpp"

#include "conditional.hpp"
#include "disk_work.hpp"
#include "file_path.hpp"
#include "file_reader.hpp"
#include "gatehouse/base/log.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/pipeline/answer_fields.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "media_types.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

namespace gatehouse::integration {
namespace {

using http::FieldId;
using http::More;
using pipeline::Answer;
using pipeline::PathSegment;
using pipeline::RequestContext;

// What may have to be kept of an answer for a client that stops reading, besides what its socket takes.
constexpr std::size_t kKept = 32 * 1024;

constexpr int kClientClosedRequest = 499;

// The route's last variable when its path ends in one, else the whole path.
std::string_view requested_path(const RequestContext& context) {
  const auto& segments = context.route.pattern.segments;
  if (segments.empty() || segments.back().kind == PathSegment::Kind::kLiteral) return context.path;
  return context.params.get(segments.back().text).value_or(context.path);
}

void answer_method_not_allowed(RequestContext& context) {
  Answer answer(context.arena(), 405, "method_not_allowed", "Method Not Allowed");
  answer.fields.set(FieldId::kAllow, "GET, HEAD");
  context.answer(answer);
}

void answer_not_found(RequestContext& context) {
  context.answer(Answer(context.arena(), 404, "file_not_found", "Not Found"));
}

// To the same path with a slash behind it, so that relative links in the index mean what they should.
void answer_redirect(RequestContext& context) {
  const std::string_view query = context.query;
  Answer answer(context.arena(), 308, "folder_redirect", "Permanent Redirect");
  const std::string_view mark = query.data() == nullptr ? "/" : "/?";
  answer.fields.set(FieldId::kLocation, context.arena().concat({context.path, mark, query}));
  context.answer(answer);
}

void answer_unavailable(RequestContext& context, std::string_view reason) {
  Answer answer(context.arena(), 503, reason, "Service Unavailable");
  pipeline::set_retry_after(answer, context.arena(), std::chrono::seconds(1));
  context.answer(answer);
}

void end_without_client(RequestContext& context) {
  context.reason = http::to_string(context.exchange.failure());
  if (!context.exchange.responded()) context.status = kClientClosedRequest;
}

// The disk did not do its part: an answer, or, when one has begun, its visible end.
void end_broken(RequestContext& context, DiskWork::Outcome outcome) {
  if (outcome == DiskWork::Outcome::kClientGone) return end_without_client(context);
  const std::string_view reason = outcome == DiskWork::Outcome::kBusy   ? "blocking_pool_full"
                                  : outcome == DiskWork::Outcome::kLate ? "file_read_timeout"
                                                                        : "file_read_failed";
  if (!context.exchange.responded()) return answer_unavailable(context, reason);
  context.reason = reason;
  context.exchange.abort();
}

std::string_view content_range(Arena& arena, const Selection& selection, std::uint64_t size) {
  char text[80];
  char* at = text + std::string_view("bytes ").copy(text, 6);
  if (selection.status == 416) {
    *at++ = '*';
  } else {
    at = write_u64(at, selection.first);
    *at++ = '-';
    at = write_u64(at, selection.first + selection.count - 1);
  }
  *at++ = '/';
  at = write_u64(at, size);
  return arena.copy({text, static_cast<std::size_t>(at - text)});
}

class StaticFiles final : public pipeline::Integration {
 public:
  StaticFiles(StaticFilesSettings settings, net::BlockingPool& pool)
      : settings_(std::make_shared<const StaticFilesSettings>(std::move(settings))), pool_(pool) {}

  std::string_view kind() const override { return "static_files"; }
  net::Task<void> serve(RequestContext& context) const override;

 private:
  net::Task<void> send(RequestContext& context, DiskWork& disk, const std::shared_ptr<FileReader>& file) const;
  void describe(RequestContext& context, const FileReader& file, const Selection& selection,
                http::ResponseHead& head) const;

  std::shared_ptr<const StaticFilesSettings> settings_;  // work on the pool may outlive the snapshot
  net::BlockingPool& pool_;
};

net::Task<void> StaticFiles::serve(RequestContext& context) const {
  const http::Method method = context.request().method;
  if (method != http::Method::kGet && method != http::Method::kHead) {
    answer_method_not_allowed(context);
    co_return;
  }
  const auto path = to_file_path(requested_path(context));
  if (!path) {
    answer_not_found(context);
    co_return;
  }
  DiskWork disk(context.exchange, pool_);
  const auto file = std::make_shared<FileReader>();
  std::function<void()> open = [file, settings = settings_, path = *path] { file->open(*settings, path); };
  const DiskWork::Outcome outcome = co_await disk.run(std::move(open));
  if (outcome != DiskWork::Outcome::kDone) {
    end_broken(context, outcome);
    co_return;
  }
  switch (file->found()) {
    case FileReader::Found::kNothing: answer_not_found(context); break;
    case FileReader::Found::kFolder: answer_redirect(context); break;
    case FileReader::Found::kFailed:
      log::error("file_failed", {{"request_id", context.request_id},
                                 {"root", settings_->root},
                                 {"file", path->path},
                                 {"error", std::strerror(file->error_number())}});
      context.answer(Answer(context.arena(), 500, "file_open_failed", "Internal Server Error"));
      break;
    case FileReader::Found::kFile: co_await send(context, disk, file); break;
  }
}

net::Task<void> StaticFiles::send(RequestContext& context, DiskWork& disk,
                                  const std::shared_ptr<FileReader>& file) const {
  http::Exchange& exchange = context.exchange;
  const Selection selection = select(context.request(), {file->size(), file->modified(), file->etag()});
  http::ResponseHead head(context.arena());
  describe(context, *file, selection, head);
  const bool has_body = selection.count > 0 && context.request().method == http::Method::kGet;
  if (!has_body) {
    context.respond(head, {}, More::kNo);
    co_return;
  }
  std::uint64_t at = selection.first;
  std::uint64_t left = selection.count;
  while (left > 0) {
    while (!exchange.drained() && !exchange.failed()) co_await exchange.waiter();
    if (file->piece(at, left).empty() && !exchange.failed()) {
      const std::uint64_t piece_size = std::min<std::uint64_t>(left, kKept + exchange.send_room());
      std::function<void()> read = [file, at, piece_size] { file->read(at, piece_size); };
      const DiskWork::Outcome outcome = co_await disk.run(std::move(read));
      const bool done = outcome == DiskWork::Outcome::kDone;
      if (!done || file->piece(at, left).empty()) {
        end_broken(context, outcome);
        co_return;
      }
    }
    if (exchange.failed()) {
      end_without_client(context);
      co_return;
    }
    const std::string_view piece = file->piece(at, left);
    at += piece.size();
    left -= piece.size();
    const More more = left == 0 ? More::kNo : More::kYes;
    if (exchange.responded()) {
      context.write(piece, more);
    } else {
      context.respond(head, piece, more);
    }
    if (!exchange.drained()) file->release();
  }
}

void StaticFiles::describe(RequestContext& context, const FileReader& file, const Selection& selection,
                           http::ResponseHead& head) const {
  Arena& arena = context.arena();
  head.status = selection.status;
  head.edits.set(FieldId::kETag, arena.copy(file.etag()));
  head.edits.set(FieldId::kLastModified, arena.copy(http_date(file.modified())));
  if (!settings_->cache_control.empty()) head.edits.set(FieldId::kCacheControl, settings_->cache_control);
  if (selection.status == 304) return;
  head.edits.set("Accept-Ranges", "bytes");
  head.edits.set("X-Content-Type-Options", "nosniff");
  head.content_length = selection.count;
  if (selection.status != 200) head.edits.set(FieldId::kContentRange, content_range(arena, selection, file.size()));
  if (selection.status != 416) head.edits.set(FieldId::kContentType, media_type(file.name()));
}

}  // namespace

std::shared_ptr<const pipeline::Integration> make_static_files(StaticFilesSettings settings, net::BlockingPool& pool) {
  return std::make_shared<StaticFiles>(std::move(settings), pool);
}

}  // namespace gatehouse::integration
