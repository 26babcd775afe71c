#include "gatehouse/observe/spans.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

namespace gatehouse::observe {
namespace {

using nlohmann::json;

// SpanFlags of OTLP: the trace flags, and whether the parent is known to be in another process.
constexpr unsigned kSampled = 0x01;
constexpr unsigned kHasIsRemote = 0x100;
constexpr unsigned kIsRemote = 0x200;
constexpr int kStatusError = 2;

json attribute(std::string_view name, const Span::Value& value) {
  json any;
  if (const auto* const text = std::get_if<std::string>(&value)) {
    any["stringValue"] = *text;
  } else {
    any["intValue"] = std::to_string(std::get<std::int64_t>(value));
  }
  return {{"key", name}, {"value", std::move(any)}};
}

json encode(const Span& span) {
  json attributes = json::array();
  for (const auto& [name, value] : span.attributes) attributes.push_back(attribute(name, value));
  json encoded = {{"traceId", span.trace_id},
                  {"spanId", span.span_id},
                  {"flags", kSampled | kHasIsRemote | (span.remote_parent ? kIsRemote : 0U)},
                  {"name", span.name},
                  {"kind", static_cast<int>(span.kind)},
                  {"startTimeUnixNano", std::to_string(span.start)},
                  {"endTimeUnixNano", std::to_string(span.end)},
                  {"attributes", std::move(attributes)},
                  {"status", span.failed ? json{{"code", kStatusError}} : json::object()}};
  if (!span.parent_id.empty()) encoded["parentSpanId"] = span.parent_id;
  if (!span.state.empty()) encoded["traceState"] = span.state;
  return encoded;
}

}  // namespace

Counter& count_dropped_spans(Registry& registry, std::string_view reason) {
  return registry.counter("gatehouse_trace_spans_dropped_total", "Spans that were sampled and never reached the collector.",
                          {{"reason", std::string(reason)}});
}

SpanQueue::SpanQueue(Registry& registry) : dropped_(count_dropped_spans(registry, "queue_full")) {}

void SpanQueue::push(unsigned worker, Span span) {
  std::size_t size = 0;
  {
    const std::lock_guard lock(mutex_);
    if (spans_.size() >= kLimit) return dropped_.add(worker);
    spans_.push_back(std::move(span));
    size = spans_.size();
  }
  if (size == kBatch && wake_) wake_();
}

std::vector<Span> SpanQueue::take() {
  const std::lock_guard lock(mutex_);
  const auto end = spans_.begin() + static_cast<std::ptrdiff_t>(std::min(spans_.size(), kBatch));
  std::vector<Span> taken(std::make_move_iterator(spans_.begin()), std::make_move_iterator(end));
  spans_.erase(spans_.begin(), end);
  return taken;
}

std::size_t SpanQueue::size() const {
  const std::lock_guard lock(mutex_);
  return spans_.size();
}

void SpanQueue::on_batch(std::function<void()> wake) { wake_ = std::move(wake); }

std::string otlp_json(const std::vector<Span>& spans, std::string_view service, std::string_view version) {
  json encoded = json::array();
  for (const Span& span : spans) encoded.push_back(encode(span));
  json attributes = json::array();
  attributes.push_back(attribute("service.name", std::string(service)));
  json scope_spans = {{"scope", {{"name", "gatehouse"}, {"version", version}}}, {"spans", std::move(encoded)}};
  json resource_spans = {{"resource", {{"attributes", std::move(attributes)}}}, {"scopeSpans", json::array({std::move(scope_spans)})}};
  const json request = {{"resourceSpans", json::array({std::move(resource_spans)})}};
  // What a client sent may be no UTF-8, and must not make dump() throw.
  return request.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace gatehouse::observe
