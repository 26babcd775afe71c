// Spans of sampled requests on their way to a collector: any worker adds, one exporter takes. A full queue loses spans and
// counts them; nobody waits.
#pragma once

#include "gatehouse/observe/metrics.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gatehouse::observe {

// One span as OpenTelemetry understands it. Times are nanoseconds since 1970.
struct Span {
  enum class Kind : std::uint8_t { kServer = 2, kClient = 3 };  // the numbers of OTLP
  using Value = std::variant<std::string, std::int64_t>;

  std::string trace_id;
  std::string span_id;
  std::string parent_id;  // empty: a root
  bool remote_parent = false;
  std::string state;      // tracestate
  std::string name;
  Kind kind = Kind::kServer;
  std::int64_t start = 0;
  std::int64_t end = 0;
  bool failed = false;
  std::vector<std::pair<std::string_view, Value>> attributes;  // names have static storage
};

class SpanQueue {
 public:
  static constexpr std::size_t kLimit = 4096;
  static constexpr std::size_t kBatch = 512;

  explicit SpanQueue(Registry& registry);

  // Any worker's thread. Takes a lock for as long as it takes to move a span.
  void push(unsigned worker, Span span);
  // At most kBatch, the oldest first.
  std::vector<Span> take();
  std::size_t size() const;
  // Called, by whoever pushed, when a whole batch has come together.
  void on_batch(std::function<void()> wake);

 private:
  Counter& dropped_;
  mutable std::mutex mutex_;
  std::deque<Span> spans_;
  std::function<void()> wake_;
};

// An ExportTraceServiceRequest in OTLP's JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): ids in
// hexadecimal, 64-bit integers as strings, enumerations as numbers.
std::string otlp_json(const std::vector<Span>& spans, std::string_view service, std::string_view version);

// The counter of spans that never reached a collector.
Counter& count_dropped_spans(Registry& registry, std::string_view reason);

}  // namespace gatehouse::observe
