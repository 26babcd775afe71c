#include "gatehouse/gateway/gateway.hpp"

#include "gateway/listeners.hpp"
#include "gateway/runtime.hpp"
#include "gateway/snapshot_builder.hpp"
#include "gateway/tables_api.hpp"
#include "gateway/worker_plane.hpp"

#include "gatehouse/base/log.hpp"

#include <algorithm>
#include <latch>
#include <thread>

namespace gatehouse::gateway {
namespace {

unsigned worker_count(const config::Settings& settings) {
  return settings.workers > 0 ? settings.workers : std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace

struct Gateway::Impl {
  Impl(unsigned count, const Clock& clock) {
    for (unsigned i = 0; i < count; ++i) workers.push_back(std::make_unique<net::Worker>(i));
    std::vector<net::Worker*> pointers;
    for (const auto& worker : workers) pointers.push_back(worker.get());
    runtime = std::make_unique<Runtime>(clock, pointers);
    listeners = Listeners(runtime->memory().overload());
    for (const auto& worker : workers)
      planes.push_back(std::make_unique<WorkerPlane>(*worker, runtime->registry(), runtime->trail_tokens(), clock));
    observe_itself();
  }

  Result<void> adopt(config::Settings settings);
  void run();
  void stop();
  void on_every_worker(const std::function<void(unsigned)>& work);
  void observe_itself();

  std::vector<std::unique_ptr<net::Worker>> workers;
  std::unique_ptr<Runtime> runtime;
  std::vector<std::unique_ptr<WorkerPlane>> planes;
  std::vector<std::thread> threads;
  Listeners listeners;
  std::shared_ptr<const Snapshot> snapshot;
  std::vector<observe::Registry::Handle> metrics;
  std::atomic<std::uint64_t> version{0};
  std::atomic<bool> last_reload_ok{true};
  std::string last_reload_error;
  bool draining = false;
};

// Everything that can fail comes first; then nothing does, and every worker gets the new snapshot and its sockets.
Result<void> Gateway::Impl::adopt(config::Settings settings) {
  auto opened = listeners.plan(all_listeners(settings), workers.size());
  if (!opened) return opened.error();
  auto built = build_snapshot(std::move(settings), version + 1, *runtime);
  if (!built) {
    if (snapshot) runtime->stores().close_unused(snapshot->settings.stores);
    return built.error();
  }

  snapshot = *built;
  ++version;
  runtime->memory().use(snapshot->settings.memory, runtime->background());
  auto shares = listeners.commit(std::move(*opened));
  for (std::size_t i = 0; i < workers.size(); ++i) {
    const auto share = std::make_shared<std::vector<ListenerShare>>(std::move(shares[i]));
    workers[i]->post([this, i, share, adopted = snapshot] { planes[i]->adopt(adopted, std::move(*share)); });
  }
  std::vector<std::shared_ptr<wsapi::SocketApi>> apis;
  for (const SocketPart& part : snapshot->sockets) apis.push_back(part.api);
  runtime->socket_ends().use(apis);
  return {};
}

void Gateway::Impl::run() {
  for (const auto& worker : workers)
    threads.emplace_back([&worker = *worker] { worker.run(); });
}

void Gateway::Impl::on_every_worker(const std::function<void(unsigned)>& work) {
  std::latch done(static_cast<std::ptrdiff_t>(workers.size()));
  for (unsigned i = 0; i < workers.size(); ++i)
    workers[i]->post([&work, &done, i] {
      work(i);
      done.count_down();
    });
  done.wait();
}

// Planes and pools die on their own worker's thread, while it still runs.
void Gateway::Impl::stop() {
  if (threads.empty()) return;
  runtime->flush_spans();
  // Most of what is to be written, while many writes can be under way together.
  if (const auto written = runtime->plans().write(); !written) log::warn("usage_not_written", {{"cause", written.error().message()}});
  runtime->leave_fleet();
  runtime->background().stop();
  runtime->socket_ends().use({});
  runtime->blocking_pool().stop();
  on_every_worker([this](unsigned i) {
    planes[i].reset();
    runtime->websockets()->close_all(*workers[i]);
    runtime->sockets()->close_all(*workers[i]);
    runtime->socket_ends().close(*workers[i]);
  });
  snapshot.reset();
  for (const auto& worker : workers) worker->stop();
  for (std::thread& thread : threads) thread.join();
  threads.clear();
  runtime->plans().close();
  runtime->stores().close_all();
}

void Gateway::Impl::observe_itself() {
  using Kind = observe::Registry::Kind;
  auto& registry = runtime->registry();
  const auto gauge = [&](std::string_view name, std::string_view help, std::function<double()> read) {
    metrics.push_back(registry.observe(Kind::kGauge, name, help, {}, std::move(read)));
  };
  std::vector<const RequestHandler*> handlers;
  for (const auto& plane : planes) handlers.push_back(&plane->handler());
  gauge("gatehouse_connections", "Open downstream connections.", [handlers] {
    std::uint64_t sum = 0;
    for (const auto* handler : handlers) sum += handler->connections();
    return static_cast<double>(sum);
  });
  gauge("gatehouse_requests_in_flight", "Requests being handled now.", [handlers] {
    std::uint64_t sum = 0;
    for (const auto* handler : handlers) sum += handler->in_flight();
    return static_cast<double>(sum);
  });
  gauge("gatehouse_config_version", "Successful loads of the configuration since the start.",
        [this] { return static_cast<double>(version.load()); });
  gauge("gatehouse_config_reload_success", "1 when the last load of the configuration succeeded.",
        [this] { return last_reload_ok.load() ? 1.0 : 0.0; });
  gauge("gatehouse_websocket_open", "WebSocket connections that are open.",
        [relays = runtime->websockets(), sockets = runtime->sockets()] { return static_cast<double>(relays->open() + sockets->open_count()); });
  gauge("gatehouse_workers", "Worker threads.", [count = workers.size()] { return static_cast<double>(count); });
}

Gateway::Gateway(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Gateway::~Gateway() {
  impl_->metrics.clear();
  impl_->stop();
}

Result<std::unique_ptr<Gateway>> Gateway::start(config::Settings settings, const Clock& clock) {
  auto impl = std::make_unique<Impl>(worker_count(settings), clock);
  auto adopted = impl->adopt(std::move(settings));
  if (!adopted) return adopted.error();
  impl->run();
  // Listening when start() returns: a client that connects now is served.
  impl->on_every_worker([](unsigned) {});
  return std::unique_ptr<Gateway>(new Gateway(std::move(impl)));
}

Result<void> Gateway::reload(config::Settings settings) {
  if (settings.workers != impl_->snapshot->settings.workers)
    log::warn("the number of workers changes at the next start", {{"workers", std::uint64_t(impl_->workers.size())}});
  auto adopted = impl_->adopt(std::move(settings));
  if (!adopted) {
    reload_failed(adopted.error().message());
    return adopted;
  }
  impl_->last_reload_ok = true;
  impl_->last_reload_error.clear();
  impl_->on_every_worker([](unsigned) {});
  impl_->runtime->stores().close_unused(impl_->snapshot->settings.stores);
  return {};
}

void Gateway::reload_failed(const std::string& why) {
  impl_->last_reload_ok = false;
  impl_->last_reload_error = why;
}

void Gateway::drain() {
  impl_->draining = true;
  impl_->on_every_worker([this](unsigned i) {
    impl_->planes[i]->drain();
    impl_->runtime->websockets()->drain(*impl_->workers[i], impl_->snapshot->settings.drain / 2);
    impl_->runtime->sockets()->drain(*impl_->workers[i], impl_->snapshot->settings.drain / 2);
  });
}

std::uint64_t Gateway::connections() const {
  std::uint64_t sum = 0;
  for (const auto& plane : impl_->planes) sum += plane->handler().connections();
  return sum + impl_->runtime->websockets()->open() + impl_->runtime->sockets()->open_count();
}

std::vector<Endpoint> Gateway::endpoints() const { return impl_->listeners.bound(); }

Status Gateway::status() const {
  return {impl_->version,  impl_->last_reload_ok, impl_->last_reload_error,
          impl_->draining, connections(),         static_cast<unsigned>(impl_->workers.size())};
}

observe::Registry& Gateway::registry() { return impl_->runtime->registry(); }

bool Gateway::manage_sockets(std::string_view api, const wsapi::ManagementRequest& request, wsapi::Done<wsapi::ManagementReply> done) {
  const auto& apis = impl_->snapshot->settings.apis;
  const auto found = std::ranges::find(apis, api, &config::ApiSettings::id);
  if (found == apis.end() || !found->sockets) return false;
  const http::WebSocketLimits& limits = found->sockets->limits.socket;
  wsapi::manage(*impl_->runtime->socket_directory(), {found->id(), {}, limits.message, limits.binary}, request, std::move(done));
  return true;
}

std::uint64_t Gateway::largest_socket_message() const {
  std::uint64_t largest = 0;
  for (const config::ApiSettings& api : impl_->snapshot->settings.apis)
    if (api.sockets) largest = std::max(largest, api.sockets->limits.socket.message);
  return largest;
}

std::string Gateway::issue_trail_token(Duration lifetime) {
  return impl_->runtime->trail_tokens().issue(impl_->runtime->clock().now() + std::min(lifetime, Duration(TrailTokens::kLongest)));
}
plans::PlanService& Gateway::plans() { return impl_->runtime->plans(); }

std::size_t Gateway::flush_cache(std::string_view api, std::string_view route, std::string_view path_prefix) {
  return impl_->runtime->response_cache()->flush(api, route, path_prefix);
}

void Gateway::reopen_logs() {
  if (const auto& log = impl_->runtime->access_log()) log->reopen();
}

}  // namespace gatehouse::gateway
