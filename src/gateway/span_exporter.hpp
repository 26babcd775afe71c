// Sends the spans of sampled requests to a collector: OTLP over HTTP, JSON, in batches, from the background thread. What the
// collector does not take in time is lost and counted; requests never notice.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/error.hpp"
#include "gatehouse/middleware/tracing_settings.hpp"
#include "gatehouse/net/background_worker.hpp"
#include "gatehouse/observe/metrics.hpp"
#include "gatehouse/observe/spans.hpp"

#include <memory>

namespace gatehouse::gateway {

class SpanExporter {
 public:
  // REQUIRES: settings.otlp. `background` and `registry` outlive it. Fails when the TLS files of the system cannot be used.
  static Result<std::shared_ptr<SpanExporter>> start(const middleware::TracingSettings& settings, net::BackgroundWorker& background,
                                                     observe::Registry& registry, const Clock& clock);
  // What is queued is still sent, as long as the background thread lives; waits for nothing.
  ~SpanExporter();
  SpanExporter(const SpanExporter&) = delete;
  SpanExporter& operator=(const SpanExporter&) = delete;

  const std::shared_ptr<observe::SpanQueue>& queue() const;
  // Sends what is queued and waits until that is done, at most `patience`. Not on the background thread.
  void flush(Duration patience);

 private:
  struct Shared;
  explicit SpanExporter(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  std::shared_ptr<Shared> shared_;
};

}  // namespace gatehouse::gateway
