// The tracing step: where the request belongs in a trace, what the backend is told of it, and the spans of those that are
// sampled. The sampled flag of a caller decides; where a trace begins here, chance does.
#include "gatehouse/base/ids.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/middleware/steps.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "gatehouse/pipeline/trace.hpp"
#include "outcome.hpp"
#include "trace_context.hpp"

#include <algorithm>
#include <chrono>
#include <new>
#include <string>
#include <utility>

namespace gatehouse::middleware {
namespace {

using http::FieldId;
using observe::Span;
using pipeline::RequestContext;
using pipeline::Trace;

// No user agent or path that is longer says more.
constexpr std::size_t kLongestText = 512;

constexpr std::uint64_t threshold_of(double share) {
  if (share >= 1) return ~std::uint64_t{0};
  return share <= 0 ? 0 : static_cast<std::uint64_t>(share * 18446744073709551616.0);
}

std::int64_t unix_nanoseconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

std::string text_of(std::string_view value) { return std::string(value.substr(0, kLongestText)); }

// "1.1"
std::string_view version_of(http::Version version) {
  switch (version) {
    case http::Version::kHttp10: return "1.0";
    case http::Version::kHttp11: return "1.1";
    case http::Version::kHttp2: break;
  }
  return "2";
}

class TracingStep final : public pipeline::Middleware {
 public:
  TracingStep(const TracingSettings& settings, std::shared_ptr<observe::SpanQueue> spans, const Clock& clock)
      : threshold_(spans ? threshold_of(settings.sample) : 0), spans_(std::move(spans)), clock_(clock) {}

  std::string_view name() const override { return "tracing"; }

  pipeline::Decision on_request(RequestContext& context) const override {
    auto* const trace = new (context.arena().allocate(sizeof(Trace), alignof(Trace))) Trace;
    context.trace = trace;
    if (!adopt(context, *trace)) begin(context, *trace);
    return std::nullopt;
  }

  void on_end(const RequestContext& context) const noexcept override {
    const Trace* const trace = context.trace;
    if (trace == nullptr || !trace->sampled || trace->span_id.empty() || !spans_) return;
    // Memory for a span may be wanting; the request has been answered all the same.
    try {
      const unsigned worker = context.exchange.worker().index();
      const Times times(clock_, context);
      if (!context.upstream.backend.empty() && context.upstream.began != TimePoint()) spans_->push(worker, client_span(context, *trace, times));
      spans_->push(worker, server_span(context, *trace, times));
    } catch (const std::bad_alloc&) {
      return;
    }
  }

 private:
  // Points in time as the wall clock shows them.
  struct Times {
    Times(const Clock& clock, const RequestContext& context) : wall(clock.wall()), now(context.ended(clock)) {}
    std::int64_t at(TimePoint time) const {
      return unix_nanoseconds(wall) - std::chrono::duration_cast<std::chrono::nanoseconds>(now - time).count();
    }
    std::chrono::system_clock::time_point wall;
    TimePoint now;
  };

  // True when the caller's trace goes on here.
  bool adopt(RequestContext& context, Trace& trace) const {
    const http::Fields& fields = context.request().fields;
    std::optional<TraceParent> caller;
    if (fields.has(FieldId::kTraceparent)) {
      if (const auto only = fields.only(FieldId::kTraceparent)) caller = parse_traceparent(*only);
      if (!caller) context.request_edits.remove(FieldId::kTracestate);
    } else {
      context.request_edits.remove(FieldId::kTracestate);
    }
    if (caller && fields.has(FieldId::kTracestate)) adopt_state(context, trace);
    if (!caller && fields.has(FieldId::kXAmznTraceId)) caller = parse_amazon_trace(*fields.get(FieldId::kXAmznTraceId), context.arena());
    if (!caller) return false;
    trace.trace_id = caller->trace_id;
    trace.parent_id = caller->parent_id;
    trace.sampled = caller->sampled || (caller->undecided && chance());
    // Nothing of ours stands between caller and backend unless there is a span of ours.
    const bool as_it_came = caller->current && fields.has(FieldId::kTraceparent) && (!trace.sampled || !spans_);
    if (!as_it_came) name_spans(context, trace);
    return true;
  }

  static void adopt_state(RequestContext& context, Trace& trace) {
    const http::Fields& fields = context.request().fields;
    std::string_view state = *fields.get(FieldId::kTracestate);
    for (std::uint32_t i = 0, seen = 0; fields.count(FieldId::kTracestate) > 1 && i < fields.size(); ++i) {
      if (fields[i].id == FieldId::kTracestate && seen++ > 0) state = context.arena().concat({state, ",", fields[i].value});
    }
    if (is_tracestate(state)) {
      trace.state = state;
    } else {
      context.request_edits.remove(FieldId::kTracestate);
    }
  }

  void begin(RequestContext& context, Trace& trace) const {
    trace.trace_id = random_digits(context);
    trace.sampled = chance();
    name_spans(context, trace);
  }

  bool chance() const { return threshold_ != 0 && random_u64() <= threshold_; }

  static std::string_view random_digits(RequestContext& context) {
    auto* const digits = static_cast<char*>(context.arena().allocate(kRequestIdSize, 1));
    write_request_id(digits);
    return {digits, kRequestIdSize};
  }

  static void name_spans(RequestContext& context, Trace& trace) {
    const std::string_view digits = random_digits(context);
    trace.span_id = digits.substr(0, kRequestIdSize / 2);
    trace.upstream_id = digits.substr(kRequestIdSize / 2);
    Arena& arena = context.arena();
    context.request_edits.set_valid(FieldId::kTraceparent, write_traceparent(trace.trace_id, trace.upstream_id, trace.sampled, arena));
    if (context.request().fields.has(FieldId::kXAmznTraceId))
      context.request_edits.set_valid(FieldId::kXAmznTraceId, write_amazon_trace(trace.trace_id, trace.upstream_id, trace.sampled, arena));
  }

  // The names are those of OpenTelemetry (https://opentelemetry.io/docs/specs/semconv/http/http-spans/). No query: it may
  // hold keys.
  static Span server_span(const RequestContext& context, const Trace& trace, const Times& times) {
    const http::RequestHead& request = context.request();
    const Outcome outcome = outcome_of(context);
    Span span = make_span(trace, Span::Kind::kServer);
    span.span_id = trace.span_id;
    span.parent_id = trace.parent_id;
    span.remote_parent = !trace.parent_id.empty();
    span.start = times.at(context.exchange.arrival());
    span.end = times.at(times.now);
    span.failed = outcome.status == 0 || outcome.status >= 500;
    const std::string_view method = http::to_string(request.method);
    const std::string_view label = context.route.label;
    const std::string_view route = label.substr(label.find(' ') + 1);
    span.name = std::string(method.empty() ? "HTTP" : method);
    if (context.route.integration) {
      span.name += ' ' + std::string(route);
      span.attributes.emplace_back("http.route", std::string(route));
    }
    add_method(span, request);
    span.attributes.emplace_back("url.path", text_of(context.path));
    span.attributes.emplace_back("url.scheme", std::string(context.scheme));
    add_server(span, context.host);
    span.attributes.emplace_back("client.address", context.client.to_string());
    span.attributes.emplace_back("network.protocol.version", std::string(version_of(request.version)));
    if (const auto agent = request.fields.get(FieldId::kUserAgent)) span.attributes.emplace_back("user_agent.original", text_of(*agent));
    if (outcome.status != 0) span.attributes.emplace_back("http.response.status_code", outcome.status);
    if (span.failed) span.attributes.emplace_back("error.type", std::string(outcome.reason));
    span.attributes.emplace_back("gatehouse.request_id", std::string(context.request_id));
    span.attributes.emplace_back("gatehouse.api", context.route.api);
    span.attributes.emplace_back("gatehouse.stage", context.route.stage);
    span.attributes.emplace_back("gatehouse.reason", std::string(outcome.reason));
    return span;
  }

  // All tries together.
  static Span client_span(const RequestContext& context, const Trace& trace, const Times& times) {
    const pipeline::UpstreamFacts& upstream = context.upstream;
    const http::RequestHead& request = context.request();
    const std::string_view method = http::to_string(request.method);
    Span span = make_span(trace, Span::Kind::kClient);
    span.span_id = trace.upstream_id;
    span.parent_id = trace.span_id;
    span.name = std::string(method.empty() ? "HTTP" : method);
    span.start = times.at(upstream.began);
    span.end = upstream.total > Duration() ? span.start + upstream.total.count() : times.at(times.now);
    span.failed = upstream.status == 0 || upstream.status >= 400;
    add_method(span, request);
    add_server(span, upstream.target.substr(std::min(upstream.target.find("://") + 3, upstream.target.size())));
    if (upstream.status != 0) span.attributes.emplace_back("http.response.status_code", upstream.status);
    if (upstream.tries > 1) span.attributes.emplace_back("http.request.resend_count", std::int64_t{upstream.tries} - 1);
    if (span.failed) span.attributes.emplace_back("error.type", upstream.status != 0 ? std::to_string(upstream.status) : std::string(context.reason));
    span.attributes.emplace_back("gatehouse.backend", std::string(upstream.backend));
    return span;
  }

  static Span make_span(const Trace& trace, Span::Kind kind) {
    Span span;
    span.trace_id = trace.trace_id;
    span.state = trace.state;
    span.kind = kind;
    return span;
  }

  // A host, perhaps with a port.
  static void add_server(Span& span, std::string_view authority) {
    const auto colon = authority.rfind(':');
    const bool has_port = colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
    span.attributes.emplace_back("server.address", text_of(has_port ? authority.substr(0, colon) : authority));
    const auto port = has_port ? parse_u64(authority.substr(colon + 1)) : std::nullopt;
    if (port) span.attributes.emplace_back("server.port", static_cast<std::int64_t>(*port));
  }

  static void add_method(Span& span, const http::RequestHead& request) {
    const std::string_view method = http::to_string(request.method);
    span.attributes.emplace_back("http.request.method", std::string(method.empty() ? "_OTHER" : method));
    if (method.empty()) span.attributes.emplace_back("http.request.method_original", text_of(request.method_text));
  }

  const std::uint64_t threshold_;
  std::shared_ptr<observe::SpanQueue> spans_;
  const Clock& clock_;
};

}  // namespace

Step make_tracing(const TracingSettings& settings, std::shared_ptr<observe::SpanQueue> spans, const Clock& clock) {
  return std::make_shared<TracingStep>(settings, std::move(spans), clock);
}

}  // namespace gatehouse::middleware
