#include "gateway/span_exporter.hpp"

#include "gatehouse/base/log.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/net/alarm.hpp"
#include "gatehouse/upstream/http_call.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace gatehouse::gateway {
namespace {

using middleware::TracingSettings;
using observe::Span;
using upstream::CallEnd;

// A batch leaves when it is full, or so long after the one before.
constexpr Duration kEvery = std::chrono::seconds(1);
constexpr Duration kCallTimeout = std::chrono::seconds(10);
constexpr int kMostTries = 5;
constexpr Duration kFirstPause = std::chrono::milliseconds(500);
constexpr Duration kLongestPause = std::chrono::seconds(30);
constexpr std::size_t kMostAnswer = 64 * 1024;
constexpr std::string_view kPath = "/v1/traces";
constexpr std::string_view kVersion = "0.1.0";

// What OTLP calls retryable (https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes).
bool is_retryable(int status) { return status == 429 || status == 502 || status == 503 || status == 504; }

std::string authority_of(const upstream::TargetSettings& target) {
  const std::string_view url = target.url;
  const auto begin = url.find("://");
  return std::string(begin == std::string_view::npos ? url : url.substr(begin + 3));
}

upstream::BackendSettings backend_of(const upstream::TargetSettings& target) {
  upstream::BackendSettings settings;
  settings.name = "(otlp)";
  settings.targets = {target};
  settings.ejection.failures = 0;  // there is no other: the pauses between tries are our own
  return settings;
}

}  // namespace

// Between the threads that push, the background thread and whoever flushes.
struct SpanExporter::Shared : std::enable_shared_from_this<SpanExporter::Shared> {
  Shared(TracingSettings given, std::shared_ptr<upstream::Backend> to, net::BackgroundWorker& thread, observe::Registry& metrics)
      : settings(std::move(given)),
        backend(std::move(to)),
        background(thread),
        registry(metrics),
        queue(std::make_shared<observe::SpanQueue>(metrics)),
        exported(metrics.counter("gatehouse_trace_spans_exported_total", "Spans that the collector took.")) {}

  static net::Task<void> run(std::shared_ptr<Shared> self);
  net::Task<void> deliver(upstream::Pool& pool, std::vector<Span> batch);
  net::Task<CallEnd> send(upstream::Pool& pool, const std::string& body, upstream::HttpReply& reply);
  net::Task<void> pause(Duration duration);

  void lose(std::size_t spans, std::string_view reason, std::string_view cause);
  void wake();
  bool hurried() const {
    const std::lock_guard lock(mutex);
    return closing || flushes_done < flushes_wanted;
  }
  bool closed() const {
    const std::lock_guard lock(mutex);
    return closing;
  }

  const TracingSettings settings;
  const std::shared_ptr<upstream::Backend> backend;
  net::BackgroundWorker& background;
  observe::Registry& registry;
  const std::shared_ptr<observe::SpanQueue> queue;
  observe::Counter& exported;

  mutable std::mutex mutex;
  std::condition_variable flushed;
  std::uint64_t flushes_wanted = 0;
  std::uint64_t flushes_done = 0;
  bool closing = false;

  net::Waiter* sleeper = nullptr;  // the background thread's; null: awake
  bool failing = false;            // the background thread's: the collector's failure has been said
};

// Sooner, when someone flushes or a batch is full.
net::Task<void> SpanExporter::Shared::pause(Duration duration) {
  net::Worker& worker = background.worker();
  net::Waiter waiter(worker.ready());
  const net::Alarm alarm(worker, waiter, worker.now() + duration);
  sleeper = &waiter;
  // Destroyed while it sleeps: nobody may wake what is gone.
  struct Awake {
    Shared& shared;
    ~Awake() { shared.sleeper = nullptr; }
  } const awake{*this};
  co_await waiter;
}

void SpanExporter::Shared::wake() {
  background.post([self = shared_from_this()] {
    if (self->sleeper != nullptr) self->sleeper->wake();
  });
}

net::Task<void> SpanExporter::Shared::run(std::shared_ptr<Shared> self) {
  upstream::Pool pool(self->background.worker(), self->backend, self->background.resolver());
  while (true) {
    std::uint64_t flushing = 0;
    {
      const std::lock_guard lock(self->mutex);
      flushing = self->flushes_wanted;
    }
    for (std::vector<Span> batch = self->queue->take(); !batch.empty(); batch = self->queue->take()) {
      net::Task<void> delivering = self->deliver(pool, std::move(batch));
      co_await delivering;
    }
    {
      const std::lock_guard lock(self->mutex);
      self->flushes_done = flushing;
    }
    self->flushed.notify_all();
    if (self->hurried()) {
      if (self->closed() && self->queue->size() == 0) co_return;
      continue;
    }
    net::Task<void> pausing = self->pause(kEvery);
    co_await pausing;
  }
}

// Tries until it is taken, refused for good, or there were tries enough. In a hurry there is no second try.
net::Task<void> SpanExporter::Shared::deliver(upstream::Pool& pool, std::vector<Span> batch) {
  const std::string body = observe::otlp_json(batch, settings.service, kVersion);
  Duration next = kFirstPause;
  std::string cause;
  for (int tries = 1;; ++tries) {
    upstream::HttpReply reply;
    net::Task<CallEnd> sending = send(pool, body, reply);
    const CallEnd end = co_await sending;
    if (end == CallEnd::kAnswered && reply.status / 100 == 2) {
      exported.add(background.worker().index(), batch.size());
      if (std::exchange(failing, false)) log::info("trace collector answers again", {{"collector", settings.otlp->url}});
      co_return;
    }
    cause = end == CallEnd::kAnswered ? "status " + std::to_string(reply.status) : "no answer";
    if (end == CallEnd::kAnswered && !is_retryable(reply.status)) co_return lose(batch.size(), "refused", cause);
    if (tries == kMostTries || hurried()) co_return lose(batch.size(), "unreachable", cause);
    Duration wait = next;
    if (const auto asked = parse_u64(reply.field("Retry-After"))) wait = std::chrono::seconds(std::min<std::uint64_t>(*asked, 3600));
    next = std::min(next * 2, kLongestPause);
    net::Task<void> pausing = pause(std::clamp(wait, kFirstPause, kLongestPause));
    co_await pausing;
  }
}

net::Task<CallEnd> SpanExporter::Shared::send(upstream::Pool& pool, const std::string& body, upstream::HttpReply& reply) {
  net::Worker& worker = background.worker();
  upstream::HttpCall call(worker, pool, worker.now() + kCallTimeout, kMostAnswer);
  net::Task<bool> connecting = call.connect(0);
  const bool connected = co_await connecting;
  if (!connected) co_return call.end();
  std::vector<upstream::HttpField> fields{{"Content-Type", "application/json"}, {"User-Agent", "gatehouse"}};
  for (const auto& [name, value] : settings.headers) fields.emplace_back(name, value);
  const std::string host = authority_of(*settings.otlp);
  net::Task<CallEnd> exchanging = call.exchange("POST", kPath, host, fields, body, reply);
  const CallEnd end = co_await exchanging;
  co_return end;
}

void SpanExporter::Shared::lose(std::size_t spans, std::string_view reason, std::string_view cause) {
  observe::count_dropped_spans(registry, reason).add(background.worker().index(), spans);
  if (!std::exchange(failing, true))
    log::warn("trace collector does not take spans: they are lost", {{"collector", settings.otlp->url}, {"cause", cause}});
}

Result<std::shared_ptr<SpanExporter>> SpanExporter::start(const TracingSettings& settings, net::BackgroundWorker& background,
                                                          observe::Registry& registry, const Clock& clock) {
  auto backend = upstream::Backend::make(backend_of(*settings.otlp), clock);
  if (!backend) return backend.error();
  auto shared = std::make_shared<Shared>(settings, std::move(*backend), background, registry);
  shared->queue->on_batch([weak = std::weak_ptr(shared)] {
    if (const auto alive = weak.lock()) alive->wake();
  });
  background.spawn("span exporter", [shared] { return Shared::run(shared); });
  return std::shared_ptr<SpanExporter>(new SpanExporter(std::move(shared)));
}

SpanExporter::~SpanExporter() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->closing = true;
  }
  shared_->wake();
}

const std::shared_ptr<observe::SpanQueue>& SpanExporter::queue() const { return shared_->queue; }

void SpanExporter::flush(Duration patience) {
  std::unique_lock lock(shared_->mutex);
  const std::uint64_t wanted = ++shared_->flushes_wanted;
  lock.unlock();
  shared_->wake();
  lock.lock();
  shared_->flushed.wait_for(lock, patience, [&] { return shared_->flushes_done >= wanted; });
}

}  // namespace gatehouse::gateway
