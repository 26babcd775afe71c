// The access log step: one line a request, JSON or of a format of the user's own, formatted straight into the worker's ring.
#include "gatehouse/base/ids.hpp"
#include "gatehouse/middleware/log_format.hpp"
#include "gatehouse/middleware/steps.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "gatehouse/pipeline/socket_facts.hpp"
#include "gatehouse/pipeline/trace.hpp"
#include "json_line.hpp"
#include "outcome.hpp"

#include <string>
#include <utility>

namespace gatehouse::middleware {
namespace {

// What a field may take of a line, escapes included.
constexpr std::size_t kShort = 64;
constexpr std::size_t kName = 256;
constexpr std::size_t kPath = 1024;
// All fields at their longest, numbers and names.
constexpr std::size_t kDetail = 512;
constexpr std::size_t kLongest = kPath + 8 * kName + 7 * kShort + kDetail + 1024;
static_assert(kLongest <= observe::AccessLog::kMaxLine);

JsonLine& protocol(JsonLine& line, http::Version version) {
  switch (version) {
    case http::Version::kHttp10: return line.raw("HTTP/1.0");
    case http::Version::kHttp11: return line.raw("HTTP/1.1");
    case http::Version::kHttp2: break;
  }
  return line.raw("HTTP/2");
}

void write_request(JsonLine& line, const pipeline::RequestContext& context) {
  const http::RequestHead& request = context.request();
  line.raw(R"(","request_id":")").text(context.request_id, kName);
  line.raw(R"(","client":")").address(context.client);
  const std::string_view known = http::to_string(request.method);
  line.raw(R"(","method":")");
  known.empty() ? line.text(request.method_text, kShort) : line.escaped(known);
  line.raw(R"(","host":")").text(context.host, kName);
  line.raw(R"(","path":")").text(context.path.empty() ? request.path : context.path, kPath);
  protocol(line.raw(R"(","protocol":")"), request.version);
}

// What is the same in every line of a route, escaped once.
std::string route_part(std::string_view api, std::string_view route) {
  std::string part(64 + 2 * kName, '\0');
  JsonLine line(part.data());
  line.raw(R"(","api":")").text(api, kShort);
  line.raw(R"(","route":")").text(route, kName);
  line.raw(R"(","status":)");
  part.resize(static_cast<std::size_t>(line.end() - part.data()));
  return part;
}

void write_upstream(JsonLine& line, const pipeline::UpstreamFacts& upstream) {
  line.raw(R"(,"backend":")").text(upstream.backend, kName);
  line.raw(R"(","target":")").text(upstream.target, kName);
  line.raw(R"(","upstream_status":)").number(static_cast<std::uint64_t>(upstream.status));
  line.raw(R"(,"upstream_ms":)").milliseconds(upstream.total);
  line.raw(R"(,"connect_ms":)").milliseconds(upstream.connect);
  line.raw(R"(,"tries":)").number(upstream.tries);
}

void write_socket(JsonLine& line, const pipeline::SocketFacts& socket) {
  line.raw(R"(,"event":")").text(socket.event, kShort).raw(R"(","connection_id":")").text(socket.connection_id, kShort).raw(R"(")");
}

void write_identity(JsonLine& line, const pipeline::Identity& identity) {
  line.raw(R"(,"auth":")").escaped(identity.method).raw(R"(")");
  if (!identity.subject.empty()) line.raw(R"(,"key":")").text(identity.subject, kName).raw(R"(")");
  if (!identity.plan.empty()) line.raw(R"(,"plan":")").text(identity.plan, kName).raw(R"(")");
}

// Which requests have a line: all that went wrong, unless told otherwise, and a share of the others.
class Sample {
 public:
  explicit Sample(const observe::AccessLogSettings& settings)
      : all_(settings.sample >= 1),
        keep_errors_(settings.keep_errors),
        threshold_(all_ ? 0 : static_cast<std::uint64_t>(settings.sample * 18446744073709551616.0)) {}

  bool takes(const Outcome& outcome) const {
    if (all_) return true;
    const bool error = outcome.status == 0 || outcome.status >= 400 || outcome.reason != "ok";
    return (error && keep_errors_) || random_u64() < threshold_;
  }

 private:
  bool all_;
  bool keep_errors_;
  std::uint64_t threshold_;
};

class AccessLogStep final : public pipeline::Middleware {
 public:
  AccessLogStep(std::shared_ptr<observe::AccessLog> log, const Clock& clock, std::string route_part, const Sample& sample)
      : log_(std::move(log)), clock_(clock), route_part_(std::move(route_part)), sample_(sample) {}

  std::string_view name() const override { return "access_log"; }

  void on_end(const pipeline::RequestContext& context) const noexcept override {
    const Outcome outcome = outcome_of(context);
    if (!sample_.takes(outcome)) return;
    const unsigned worker = context.exchange.worker().index();
    char* const room = log_->reserve(worker, kLongest);
    if (room == nullptr) return;
    const TimePoint now = context.ended(clock_);
    JsonLine line(room);
    line.raw(R"({"time":")").time(clock_, now);
    write_request(line, context);
    line.escaped(route_part_).number(static_cast<std::uint64_t>(outcome.status));
    line.raw(R"(,"reason":")").text(outcome.reason, kShort);
    line.raw(R"(","bytes_in":)").number(context.exchange.bytes_received());
    line.raw(R"(,"bytes_out":)").number(context.exchange.bytes_sent());
    line.raw(R"(,"duration_ms":)").milliseconds(now - context.exchange.arrival());
    if (!context.upstream.backend.empty()) write_upstream(line, context.upstream);
    if (const auto agent = context.request().fields.get(http::FieldId::kUserAgent)) {
      line.raw(R"(,"user_agent":")").text(*agent, kName).raw(R"(")");
    }
    if (context.socket != nullptr) write_socket(line, *context.socket);
    if (!context.identity.method.empty()) write_identity(line, context.identity);
    if (const std::string_view cache = cache_outcome(context); !cache.empty()) line.raw(R"(,"cache":")").text(cache, kShort).raw(R"(")");
    if (!context.detail.empty()) line.raw(R"(,"detail":")").text(context.detail, kDetail).raw(R"(")");
    if (context.trace != nullptr) line.raw(R"(,"trace_id":")").escaped(context.trace->trace_id).raw(R"(")");
    line.raw("}\n");
    log_->commit(worker, static_cast<std::size_t>(line.end() - room));
  }

 private:
  std::shared_ptr<observe::AccessLog> log_;
  const Clock& clock_;
  const std::string route_part_;
  const Sample sample_;
};

class FormattedLogStep final : public pipeline::Middleware {
 public:
  FormattedLogStep(std::shared_ptr<observe::AccessLog> log, const Clock& clock, LogFormat format, const Sample& sample)
      : log_(std::move(log)), clock_(clock), format_(std::move(format)), sample_(sample) {}

  std::string_view name() const override { return "access_log"; }

  void on_end(const pipeline::RequestContext& context) const noexcept override {
    const Outcome outcome = outcome_of(context);
    if (!sample_.takes(outcome)) return;
    const unsigned worker = context.exchange.worker().index();
    char* const room = log_->reserve(worker, format_.longest());
    if (room == nullptr) return;
    LogFacts facts{.context = &context, .client = &context.client, .status = outcome.status, .reason = outcome.reason};
    facts.bytes_in = context.exchange.bytes_received();
    facts.bytes_out = context.exchange.bytes_sent();
    facts.took = context.ended(clock_) - context.exchange.arrival();
    facts.arrival = clock_.wall() - std::chrono::duration_cast<std::chrono::system_clock::duration>(facts.took);
    log_->commit(worker, static_cast<std::size_t>(format_.write(room, facts) - room));
  }

 private:
  std::shared_ptr<observe::AccessLog> log_;
  const Clock& clock_;
  const LogFormat format_;
  const Sample sample_;
};

}  // namespace

Step make_access_log(std::shared_ptr<observe::AccessLog> log, const Clock& clock, std::string_view api,
                     std::string_view route, const observe::AccessLogSettings& settings) {
  const Sample sample(settings);
  if (settings.format == "json") return std::make_shared<AccessLogStep>(std::move(log), clock, route_part(api, route), sample);
  return std::make_shared<FormattedLogStep>(std::move(log), clock, LogFormat::parse(settings.format).value(), sample);
}

}  // namespace gatehouse::middleware
