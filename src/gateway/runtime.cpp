#include "gateway/runtime.hpp"

namespace gatehouse::gateway {
namespace {

constexpr unsigned kBlockingThreads = 4;
constexpr std::size_t kBlockingQueue = 1024;
// How long the end may take for spans that are left.
constexpr auto kFlushPatience = std::chrono::seconds(2);
// And for telling a Redis that may be away.
constexpr auto kLeavePatience = std::chrono::seconds(1);

}  // namespace

Runtime::Runtime(const Clock& clock, std::vector<net::Worker*> workers)
    : clock_(clock),
      workers_(std::move(workers)),
      registry_(static_cast<unsigned>(workers_.size())),
      blocking_pool_(kBlockingThreads, kBlockingQueue),
      throttle_table_(std::make_shared<middleware::ThrottleTable>()),
      encoders_(std::make_shared<middleware::Encoders>(registry_)),
      response_cache_(std::make_shared<middleware::ResponseCache>(registry_)),
      websocket_books_(registry_, clock_),
      websockets_(std::make_shared<integration::WebSocketRelays>(workers_.size(), websocket_books_)),
      sockets_(std::make_shared<wsapi::Registry>(workers_)),
      socket_ends_(workers_),
      stores_(clock_, blocking_pool_, registry_),
      permits_(registry_),
      memory_(registry_),
      background_(registry_.workers()),
      key_sets_(clock_, background_, registry_, static_cast<unsigned>(workers_.size())) {
  plans_ = std::make_unique<plans::PlanService>(clock_, background_, registry_);
  feeds_ = std::make_unique<wsapi::Feeds>(background_, *sockets_, registry_);
}

Result<void> Runtime::use_access_log(const observe::AccessLogSettings& settings) {
  if (access_log_ && settings == access_log_settings_) return {};
  auto opened = observe::AccessLog::open(settings, registry_.workers(), registry_);
  if (!opened) return opened.error();
  access_log_ = *opened;
  access_log_settings_ = settings;
  // A format of the user's own has no words for the end of a WebSocket connection.
  websocket_books_.use(settings.enabled && settings.format == "json" ? access_log_ : nullptr);
  return {};
}

Result<void> Runtime::use_tracing(const std::optional<middleware::TracingSettings>& settings) {
  if (settings == tracing_settings_) return {};
  std::shared_ptr<SpanExporter> exporter;
  if (settings && settings->otlp) {
    auto started = SpanExporter::start(*settings, background_, registry_, clock_);
    if (!started) return started.error();
    exporter = std::move(*started);
  }
  exporter_ = std::move(exporter);
  tracing_settings_ = settings;
  return {};
}

void Runtime::flush_spans() {
  if (exporter_) exporter_->flush(kFlushPatience);
}

Result<void> Runtime::use_shared(const std::optional<config::SharedSettings>& settings) {
  if (!settings) {
    shared_.reset();
  } else if (!shared_ || shared_->settings() != *settings) {
    auto started = SharedLimits::start(*settings, clock_, background_, registry_);
    if (!started) return started.error();
    shared_ = *started;
  }
  return {};
}

Result<void> Runtime::use_fleet(const std::optional<config::SharedSettings>& settings) {
  if (!settings) {
    fleet_.reset();
    return {};
  }
  wsapi::FleetSettings wanted;
  wanted.redis = settings->redis;
  wanted.prefix = settings->prefix;
  if (fleet_ && fleet_->settings() == wanted) return {};
  auto started = wsapi::Fleet::start(std::move(wanted), *sockets_, background_, registry_, [this](wsapi::Orphan orphan, std::function<void()> told) {
    socket_ends_.tell(std::move(orphan), std::move(told));
  });
  if (!started) return started.error();
  fleet_ = *started;
  return {};
}

void Runtime::leave_fleet() {
  if (fleet_) fleet_->leave(kLeavePatience);
}

std::shared_ptr<wsapi::SocketApi> Runtime::socket_api(const std::string& name) {
  auto& known = socket_apis_[name];
  if (auto api = known.lock()) return api;
  auto api = std::make_shared<wsapi::SocketApi>(name, workers_.size(), clock_, websocket_books_);
  known = api;
  return api;
}

Result<std::shared_ptr<PoolSet>> Runtime::backend(const upstream::BackendSettings& settings) {
  auto& known = backends_[settings.name];
  if (auto pools = known.lock(); pools && pools->backend().settings() == settings) return pools;
  auto backend = upstream::Backend::make(settings, clock_);
  if (!backend) return backend.error();
  auto pools = std::make_shared<PoolSet>(workers_, *backend, registry_);
  known = pools;
  return pools;
}

}  // namespace gatehouse::gateway
