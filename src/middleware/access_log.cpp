// The access log step: one JSON line a request, formatted straight into the worker's ring.
#include "gatehouse/middleware/steps.hpp"
#include "gatehouse/pipeline/route.hpp"
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
constexpr std::size_t kLongest = kPath + 7 * kName + 3 * kShort + 1024;
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
  line.raw(R"(","method":")").text(request.method_text, kShort);
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

class AccessLogStep final : public pipeline::Middleware {
 public:
  AccessLogStep(std::shared_ptr<observe::AccessLog> log, const Clock& clock, std::string route_part)
      : log_(std::move(log)), clock_(clock), route_part_(std::move(route_part)) {}

  std::string_view name() const override { return "access_log"; }

  void on_end(const pipeline::RequestContext& context) const noexcept override {
    const unsigned worker = context.exchange.worker().index();
    char* const room = log_->reserve(worker, kLongest);
    if (room == nullptr) return;
    const Outcome outcome = outcome_of(context);
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
    if (!context.identity.subject.empty()) line.raw(R"(,"key":")").text(context.identity.subject, kName).raw(R"(")");
    line.raw("}\n");
    log_->commit(worker, static_cast<std::size_t>(line.end() - room));
  }

 private:
  std::shared_ptr<observe::AccessLog> log_;
  const Clock& clock_;
  const std::string route_part_;
};

}  // namespace

Step make_access_log(std::shared_ptr<observe::AccessLog> log, const Clock& clock, std::string_view api,
                     std::string_view route) {
  return std::make_shared<AccessLogStep>(std::move(log), clock, route_part(api, route));
}

}  // namespace gatehouse::middleware
