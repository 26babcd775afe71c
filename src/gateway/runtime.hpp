// What outlives a snapshot: metrics, log, buckets, threads that block, and connections to backends and stores whose settings
// did not change. Control plane only, but for what its members allow.
#pragma once

#include "gateway/cache_scopes.hpp"
#include "gateway/key_sets.hpp"
#include "gateway/memory_guard.hpp"
#include "gateway/permit_book.hpp"
#include "gateway/pool_set.hpp"
#include "gateway/shared_limits.hpp"
#include "gateway/socket_ends.hpp"
#include "gateway/span_exporter.hpp"
#include "gateway/stores.hpp"
#include "gateway/trail_tokens.hpp"
#include "gateway/websocket_books.hpp"

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/error.hpp"
#include "gatehouse/config/settings.hpp"
#include "gatehouse/middleware/compression.hpp"
#include "gatehouse/middleware/response_cache.hpp"
#include "gatehouse/middleware/steps.hpp"
#include "gatehouse/middleware/throttle_table.hpp"
#include "gatehouse/net/background_worker.hpp"
#include "gatehouse/net/blocking_pool.hpp"
#include "gatehouse/net/worker.hpp"
#include "gatehouse/observe/access_log.hpp"
#include "gatehouse/observe/metrics.hpp"
#include "gatehouse/plans/service.hpp"
#include "gatehouse/wsapi/api.hpp"
#include "gatehouse/wsapi/feeds.hpp"
#include "gatehouse/wsapi/fleet.hpp"
#include "gatehouse/wsapi/registry.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::gateway {

class Runtime {
 public:
  Runtime(const Clock& clock, std::vector<net::Worker*> workers);

  const Clock& clock() const { return clock_; }
  observe::Registry& registry() { return registry_; }
  // Those of the fleet where there is one.
  std::shared_ptr<middleware::Buckets> buckets() const { return shared_ ? shared_->buckets() : throttle_table_; }
  const std::shared_ptr<middleware::Encoders>& encoders() const { return encoders_; }
  const std::shared_ptr<middleware::ResponseCache>& response_cache() const { return response_cache_; }
  CacheScopes& cache_scopes() { return cache_scopes_; }
  net::BlockingPool& blocking_pool() { return blocking_pool_; }
  const std::shared_ptr<observe::AccessLog>& access_log() const { return access_log_; }
  Stores& stores() { return stores_; }
  // The WebSocket connections that pass through.
  const std::shared_ptr<integration::WebSocketRelays>& websockets() const { return websockets_; }
  // The connections of WebSocket APIs.
  const std::shared_ptr<wsapi::Registry>& sockets() const { return sockets_; }
  // Where they are found: those of the whole fleet where there is one.
  std::shared_ptr<wsapi::Directory> socket_directory() const {
    return fleet_ ? std::shared_ptr<wsapi::Directory>(fleet_) : std::shared_ptr<wsapi::Directory>(sockets_);
  }
  SocketEnds& socket_ends() { return socket_ends_; }
  // Connections of WebSocket APIs are shared with other gateways; null: they are not. The error is as of use_shared().
  Result<void> use_fleet(const std::optional<config::SharedSettings>& settings);
  // For the end: the other gateways know at once.
  void leave_fleet();
  // The one of that name: that in use, or a new one.
  std::shared_ptr<wsapi::SocketApi> socket_api(const std::string& name);
  const TrailTokens& trail_tokens() const { return trail_tokens_; }
  PermitBook& permits() { return permits_; }
  MemoryGuard& memory() { return memory_; }
  // For what must not hold up requests. Its metrics are in the control plane's cell.
  net::BackgroundWorker& background() { return background_; }
  KeySets& key_sets() { return key_sets_; }
  plans::PlanService& plans() { return *plans_; }
  wsapi::Feeds& feeds() { return *feeds_; }

  // Opens the log when its settings are new. The error names the file.
  Result<void> use_access_log(const observe::AccessLogSettings& settings);
  // Starts the export of spans when its settings are new; the old one ends with the last snapshot that uses it.
  Result<void> use_tracing(const std::optional<middleware::TracingSettings>& settings);
  // Where sampled requests put their spans; null: nowhere. Keeps the export going as long as a snapshot uses it.
  std::shared_ptr<observe::SpanQueue> spans() const {
    return exporter_ ? std::shared_ptr<observe::SpanQueue>(exporter_, exporter_->queue().get()) : nullptr;
  }
  // For the end: sends the spans that are left.
  void flush_spans();
  // What is shared with other gateways; null: nothing. The error names a file that cannot be used.
  Result<void> use_shared(const std::optional<config::SharedSettings>& settings);
  // The pools of a backend with exactly these settings: those in use, or new ones.
  Result<std::shared_ptr<PoolSet>> backend(const upstream::BackendSettings& settings);

 private:
  const Clock& clock_;
  std::vector<net::Worker*> workers_;
  observe::Registry registry_;
  net::BlockingPool blocking_pool_;
  std::shared_ptr<middleware::ThrottleTable> throttle_table_;
  std::shared_ptr<middleware::Encoders> encoders_;
  std::shared_ptr<middleware::ResponseCache> response_cache_;
  CacheScopes cache_scopes_;
  const TrailTokens trail_tokens_;
  observe::AccessLogSettings access_log_settings_;
  std::shared_ptr<observe::AccessLog> access_log_;
  std::map<std::string, std::weak_ptr<PoolSet>> backends_;
  WebSocketBooks websocket_books_;
  std::shared_ptr<integration::WebSocketRelays> websockets_;
  std::shared_ptr<wsapi::Registry> sockets_;
  std::map<std::string, std::weak_ptr<wsapi::SocketApi>> socket_apis_;
  SocketEnds socket_ends_;
  Stores stores_;  // uses the pool and the metrics
  PermitBook permits_;
  MemoryGuard memory_;
  std::shared_ptr<SharedLimits> shared_;
  std::unique_ptr<plans::PlanService> plans_;  // works on the background worker
  std::unique_ptr<wsapi::Feeds> feeds_;        // so does this
  net::BackgroundWorker background_;  // what runs there may use all of the above
  std::shared_ptr<wsapi::Fleet> fleet_;  // works on the background worker
  std::optional<middleware::TracingSettings> tracing_settings_;
  std::shared_ptr<SpanExporter> exporter_;  // uses the background
  KeySets key_sets_;
};

}  // namespace gatehouse::gateway
