#include "gatehouse/middleware/log_format.hpp"

#include "gatehouse/base/log_time.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/observe/access_log.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "gatehouse/pipeline/trace.hpp"
#include "json_line.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <utility>

namespace gatehouse::middleware {
namespace {

using http::FieldId;
using pipeline::RequestContext;

constexpr std::string_view kPrefix = "$context.";
constexpr std::string_view kCommon =
    R"($context.identity.sourceIp - $context.identity.user [$context.requestTime] "$context.httpMethod $context.path $context.protocol" $context.status $context.responseLength)";
constexpr std::string_view kReferers = R"( "$context.identity.referer" "$context.identity.userAgent")";

constexpr std::size_t kWord = 64;
constexpr std::size_t kName = 256;
constexpr std::size_t kPath = 1024;

// A value on its way into a line: where it is written, and whether there was one.
class Value {
 public:
  explicit Value(char* to) : begin_(to), line_(to) {}

  void text(std::string_view value, std::size_t limit) { line_.text(value, limit); }
  void number(std::uint64_t value) { line_.number(value); }
  void milliseconds(Duration value) {
    number(static_cast<std::uint64_t>(std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::milliseconds>(value).count())));
  }
  JsonLine& line() { return line_; }
  char* end() {
    if (line_.end() == begin_) line_.raw("-");
    return line_.end();
  }

 private:
  char* begin_;
  JsonLine line_;
};

void write_time(Value& to, std::chrono::system_clock::time_point time) {
  char text[kLogTimeSize];
  to.line().escaped(write_log_time(text, time));
}

std::string_view host_of(const RequestContext& context) {
  const std::string_view host = context.host;
  const auto colon = host.rfind(':');
  return colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos ? host.substr(0, colon) : host;
}

std::string_view protocol_of(const RequestContext& context) {
  switch (context.request().version) {
    case http::Version::kHttp10: return "HTTP/1.0";
    case http::Version::kHttp11: return "HTTP/1.1";
    case http::Version::kHttp2: break;
  }
  return "HTTP/2";
}

std::string_view field_of(const RequestContext& context, FieldId id) { return context.request().fields.get(id).value_or(std::string_view()); }

// A page's address without its query, which may hold keys.
std::string_view referer_of(const RequestContext& context) {
  const std::string_view referer = field_of(context, FieldId::kReferer);
  return referer.substr(0, referer.find_first_of("?#"));
}

std::string_view resource_of(const RequestContext& context) {
  const std::string_view label = context.route.label;
  return context.route.integration ? label.substr(label.find(' ') + 1) : std::string_view();
}

// Of requests whose answer is the gateway's own.
std::string_view error_of(const LogFacts& facts) { return facts.reason == "ok" ? std::string_view() : facts.reason; }

void write_amazon_trace_id(Value& to, const RequestContext& context) {
  if (context.trace == nullptr) return;
  const std::string_view id = context.trace->trace_id;
  to.line().raw("1-").escaped(id.substr(0, 8)).raw("-").escaped(id.substr(8));
}

struct Variable {
  std::string_view name;
  std::size_t longest;
  // One of the two: what is known also of a head that was refused before it was a request, and what only a request has.
  void (*always)(Value& to, const LogFacts& facts);
  void (*write)(Value& to, const LogFacts& facts, const RequestContext& context) = nullptr;
};

constexpr auto kText = [](Value& to, std::string_view value) { to.text(value, kName); };
void upstream_status(Value& to, const LogFacts&, const RequestContext& c) {
  if (c.upstream.status != 0) to.number(static_cast<std::uint64_t>(c.upstream.status));
}
void upstream_latency(Value& to, const LogFacts&, const RequestContext& c) {
  if (!c.upstream.backend.empty()) to.milliseconds(c.upstream.total);
}
void request_id(Value& to, const LogFacts&, const RequestContext& c) { kText(to, c.request_id); }
void subject(Value& to, const LogFacts&, const RequestContext& c) { kText(to, c.identity.subject); }
void upstream_error(Value& to, const LogFacts& f, const RequestContext& c) {
  if (!c.upstream.backend.empty()) kText(to, error_of(f));
}

constexpr std::array kVariables = std::to_array<Variable>({
    {"apiId", kName, nullptr, [](Value& to, const LogFacts&, const RequestContext& c) { kText(to, c.route.api); }},
    {"authorizer.principalId", kName, nullptr, subject},
    {"authorizer.error", kName, nullptr,
     [](Value& to, const LogFacts& f, const RequestContext& c) {
       if (c.decided_by == "authenticate") kText(to, error_of(f));
     }},
    {"dataProcessed", 24, [](Value& to, const LogFacts& f) { to.number(f.bytes_in + f.bytes_out); }},
    {"domainName", kName, nullptr, [](Value& to, const LogFacts&, const RequestContext& c) { kText(to, host_of(c)); }},
    {"domainPrefix", kName, nullptr, [](Value& to, const LogFacts&, const RequestContext& c) { kText(to, host_of(c).substr(0, host_of(c).find('.'))); }},
    {"error.message", kName,
     [](Value& to, const LogFacts& f) { kText(to, f.context != nullptr && !f.context->detail.empty() ? f.context->detail : error_of(f)); }},
    {"error.responseType", kWord, [](Value& to, const LogFacts& f) { to.text(error_of(f), kWord); }},
    {"extendedRequestId", kName, nullptr, request_id},
    {"httpMethod", kWord, nullptr, [](Value& to, const LogFacts&, const RequestContext& c) { to.text(c.request().method_text, kWord); }},
    {"identity.apiKeyId", kName, nullptr, [](Value& to, const LogFacts&, const RequestContext& c) { kText(to, c.identity.api_key); }},
    {"identity.caller", kName, nullptr, subject},
    {"identity.method", kWord, nullptr, [](Value& to, const LogFacts&, const RequestContext& c) { to.text(c.identity.method, kWord); }},
    {"identity.plan", kName, nullptr, [](Value& to, const LogFacts&, const RequestContext& c) { kText(to, c.identity.plan); }},
    {"identity.referer", kPath, nullptr, [](Value& to, const LogFacts&, const RequestContext& c) { to.text(referer_of(c), kPath); }},
    {"identity.sourceIp", kWord, [](Value& to, const LogFacts& f) { to.line().address(*f.client); }},
    {"identity.user", kName, nullptr, subject},
    {"identity.userAgent", kName, nullptr, [](Value& to, const LogFacts&, const RequestContext& c) { kText(to, field_of(c, FieldId::kUserAgent)); }},
    {"integration.error", kName, nullptr, upstream_error},
    {"integration.integrationStatus", 24, nullptr, upstream_status},
    {"integration.latency", 24, nullptr, upstream_latency},
    {"integration.status", 24, nullptr, upstream_status},
    {"integrationErrorMessage", kName, nullptr, upstream_error},
    {"integrationLatency", 24, nullptr, upstream_latency},
    {"integrationStatus", 24, nullptr, upstream_status},
    {"path", kPath, nullptr,
     [](Value& to, const LogFacts&, const RequestContext& c) { to.text(c.path.empty() ? c.request().path : c.path, kPath); }},
    {"protocol", kWord, nullptr, [](Value& to, const LogFacts&, const RequestContext& c) { to.text(protocol_of(c), kWord); }},
    {"requestId", kName, nullptr, request_id},
    {"requestLength", 24, [](Value& to, const LogFacts& f) { to.number(f.bytes_in); }},
    {"requestTime", kWord, [](Value& to, const LogFacts& f) { write_time(to, f.arrival); }},
    {"requestTimeEpoch", 24, [](Value& to, const LogFacts& f) { to.number(static_cast<std::uint64_t>(epoch_milliseconds(f.arrival))); }},
    {"resourcePath", kName, nullptr, [](Value& to, const LogFacts&, const RequestContext& c) { kText(to, resource_of(c)); }},
    {"responseLatency", 24, [](Value& to, const LogFacts& f) { to.milliseconds(f.took); }},
    {"responseLength", 24, [](Value& to, const LogFacts& f) { to.number(f.bytes_out); }},
    {"routeKey", kName, nullptr, [](Value& to, const LogFacts&, const RequestContext& c) { kText(to, c.route.label); }},
    {"stage", kName, nullptr, [](Value& to, const LogFacts&, const RequestContext& c) { kText(to, c.route.stage); }},
    {"status", 24, [](Value& to, const LogFacts& f) { to.number(static_cast<std::uint64_t>(f.status)); }},
    {"target", kName, nullptr, [](Value& to, const LogFacts&, const RequestContext& c) { kText(to, c.upstream.target); }},
    {"traceId", kWord, nullptr,
     [](Value& to, const LogFacts&, const RequestContext& c) {
       if (c.trace != nullptr) to.text(c.trace->trace_id, kWord);
     }},
    {"xrayTraceId", kWord, nullptr, [](Value& to, const LogFacts&, const RequestContext& c) { write_amazon_trace_id(to, c); }},
});

bool is_name_char(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_'; }

int index_of(std::string_view name) {
  const auto found = std::ranges::find(kVariables, name, &Variable::name);
  return found == kVariables.end() ? -1 : static_cast<int>(found - kVariables.begin());
}

std::string unknown(std::string_view name) {
  std::array<std::string_view, kVariables.size()> names;
  std::ranges::transform(kVariables, names.begin(), &Variable::name);
  const std::string_view near = nearest(name, names);
  std::string message = "there is no variable $context." + std::string(name);
  if (!near.empty()) message += ": did you mean $context." + std::string(near) + "?";
  return message;
}

Error wrong(std::string message) { return {ErrorKind::kInvalid, ErrorSource::kGateway, "bad_log_format", std::move(message)}; }

}  // namespace

Result<LogFormat> LogFormat::parse(std::string_view text) {
  if (text == "common") return parse(kCommon);
  if (text == "combined") return parse(std::string(kCommon) + std::string(kReferers));
  if (text.size() > kMostText) return wrong("a format has at most 3 KB");
  LogFormat format;
  Part part;
  bool any = false;
  while (!text.empty()) {
    if (!text.starts_with('$')) {
      const auto end = std::min(text.find('$'), text.size());
      part.text += text.substr(0, end);
      text.remove_prefix(end);
      continue;
    }
    if (!text.starts_with(kPrefix)) return wrong("only $context.… variables can stand in a log line");
    text.remove_prefix(kPrefix.size());
    auto size = static_cast<std::size_t>(std::ranges::find_if_not(text, is_name_char) - text.begin());
    while (size > 0 && text[size - 1] == '.') --size;  // the end of a sentence
    part.variable = index_of(text.substr(0, size));
    if (part.variable < 0) return wrong(unknown(text.substr(0, size)));
    format.longest_ += part.text.size() + kVariables[static_cast<std::size_t>(part.variable)].longest;
    format.parts_.push_back(std::exchange(part, {}));
    text.remove_prefix(size);
    any = true;
  }
  if (!any) return wrong("a format names at least one variable, such as $context.requestId");
  part.text += '\n';
  format.longest_ += part.text.size() + 8;
  format.parts_.push_back(std::move(part));
  if (format.longest_ > observe::AccessLog::kMaxLine) return wrong("lines of this format may be longer than 8 KB");
  return format;
}

char* LogFormat::write(char* to, const LogFacts& facts) const {
  for (const Part& part : parts_) {
    std::memcpy(to, part.text.data(), part.text.size());
    to += part.text.size();
    if (part.variable < 0) continue;
    const Variable& variable = kVariables[static_cast<std::size_t>(part.variable)];
    Value value(to);
    if (variable.always != nullptr) {
      variable.always(value, facts);
    } else if (facts.context != nullptr) {
      variable.write(value, facts, *facts.context);
    }
    to = value.end();
  }
  return to;
}

}  // namespace gatehouse::middleware
