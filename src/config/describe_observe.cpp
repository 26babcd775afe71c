// What operators see: the access log and tracing.
#include "descriptions.hpp"
#include "gatehouse/middleware/log_format.hpp"
#include "web_texts.hpp"

#include <algorithm>

namespace gatehouse::config {
namespace {

bool parse_log_format(std::string_view text, std::string& value, Complaint& complaint) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(text, is_control)) {
    complaint.message = "a format is one line";
    return false;
  }
  if (text.find('$') == std::string_view::npos) return false;
  if (auto format = middleware::LogFormat::parse(text); !format) {
    complaint.message = format.error().message();
    return false;
  }
  value = text;
  return true;
}
constexpr Text<std::string> kLogFormat{"log_format",
                                       "a text with $context variables",
                                       "\\$context\\.",
                                       {"$context.identity.sourceIp $context.routeKey $context.status"},
                                       parse_log_format,
                                       print_text};

void describe_access_log(Fields& f, observe::AccessLogSettings& s) {
  const Words<std::string, 3> formats{{{{"json", "json"}, {"combined", "combined"}, {"common", "common"}}}};
  f.field("format", s.format, WordsOr<Words<std::string, 3>, Text<std::string>>{formats, kLogFormat},
          "One JSON object for each line, one of the formats of web servers, or a text with $context variables "
          "(docs/observability.md lists them).");
  const Words<std::string, 2> streams{{{{"stdout", "stdout"}, {"stderr", "stderr"}}}};
  f.field("to", s.to, WordsOr<Words<std::string, 2>, FilePath>{streams, kFilePath},
          "Where to. A file is opened again on SIGUSR1, for log rotation.");
  f.field("sample", s.sample, kPercentage, "The share of the requests that have a line.");
  f.field("keep_errors", s.keep_errors, kBoolean, "Requests that were refused or failed have a line in any case.");
}
void describe_tracing(Fields& f, middleware::TracingSettings& s) {
  upstream::TargetSettings collector;
  if (f.field("otlp", collector, kTargetUrl,
              "The collector, which is sent spans by OTLP over HTTP in JSON, at /v1/traces. Without it trace ids are made, logged "
              "and passed on, and nothing is exported."))
    s.otlp = std::move(collector);
  f.field("sample", s.sample, kPercentage,
          "The share of the traces that begin here that is exported. A caller's own decision, in traceparent or "
          "X-Amzn-Trace-Id, counts before it.");
  f.field("headers", s.headers, Map<Secret>{kFieldName, kSecret, "{authorization: \"${OTLP_TOKEN}\"}"},
          "Headers of each export: what the collector wants to know of its clients.");
  f.field("service", s.service, kLine, "What the gateway is called in traces: service.name.");
}

}  // namespace

constexpr Object<observe::AccessLogSettings> kAccessLog{"access_log", "One line for each request.",
                                                        "{format: json, to: stdout}", describe_access_log};

constexpr Object<middleware::TracingSettings> kTracing{"tracing", "Distributed tracing. Off unless given.",
                                                       "{otlp: http://collector:4318, sample: 1%}", describe_tracing};

}  // namespace gatehouse::config
