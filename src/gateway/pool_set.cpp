#include "gateway/pool_set.hpp"

namespace gatehouse::gateway {

using observe::Registry;

PoolSet::PoolSet(std::vector<net::Worker*> workers, std::shared_ptr<upstream::Backend> backend, Registry& registry)
    : workers_(std::move(workers)), backend_(std::move(backend)), pools_(workers_.size()) {
  register_metrics(registry);
}

PoolSet::~PoolSet() {
  for (std::size_t i = 0; i < pools_.size(); ++i)
    if (pools_[i]) workers_[i]->post([pool = std::move(pools_[i])]() mutable { pool.reset(); });
}

void PoolSet::open_on(net::Worker& worker, net::Resolver& resolver) {
  auto& pool = pools_[worker.index()];
  if (pool) return;
  pool = std::make_shared<upstream::Pool>(worker, backend_, resolver);
  if (worker.index() == 0) pool->run_health_checks();
}

void PoolSet::register_metrics(Registry& registry) {
  const auto& settings = backend_->settings();
  const observe::Labels labels{{"backend", settings.name}};
  auto& counters = backend_->counters();
  const auto count = [&](std::string_view name, std::string_view help, const std::atomic<std::uint64_t>& value) {
    metrics_.push_back(registry.observe(Registry::Kind::kCounter, name, help, labels, [backend = backend_, &value] {
      return static_cast<double>(value.load(std::memory_order_relaxed));
    }));
  };
  count("gatehouse_upstream_retries_total", "Requests that were tried again.", counters.retries);
  count("gatehouse_upstream_retries_refused_total", "Retries that the budget did not allow.", counters.retries_refused);
  count("gatehouse_upstream_breaker_opened_total", "Times the circuit breaker opened.", counters.breaker_opened);
  count("gatehouse_upstream_queue_full_total", "Requests refused because pool and queue were full.", counters.queue_full);
  count("gatehouse_upstream_no_healthy_target_total", "Requests that found no healthy target.", counters.no_healthy_target);
  count("gatehouse_upstream_connections_opened_total", "Connections made.", counters.connections_opened);
  count("gatehouse_upstream_connections_closed_total", "Connections that ended.", counters.connections_closed);
  count("gatehouse_upstream_connections_reused_total", "Requests sent on a kept connection.", counters.connections_reused);
  count("gatehouse_upstream_health_changes_total", "Changes of a target's health.", counters.health_changes);
  metrics_.push_back(registry.observe(Registry::Kind::kGauge, "gatehouse_upstream_connections", "Connections open now, idle or in use.",
                                      labels, [backend = backend_] {
                                        const auto& now = backend->counters();
                                        const auto closed = now.connections_closed.load(std::memory_order_relaxed);
                                        return static_cast<double>(now.connections_opened.load(std::memory_order_relaxed) - closed);
                                      }));
  metrics_.push_back(registry.observe(Registry::Kind::kGauge, "gatehouse_upstream_breaker_open", "1 while the breaker is open.",
                                      labels, [backend = backend_] { return backend->breaker_open() ? 1.0 : 0.0; }));
  for (std::size_t i = 0; i < settings.targets.size(); ++i) {
    const observe::Labels target{{"backend", settings.name}, {"target", settings.targets[i].url}};
    metrics_.push_back(registry.observe(Registry::Kind::kGauge, "gatehouse_upstream_target_usable", "1 while the target gets requests.",
                                        target, [backend = backend_, i] { return backend->usable(i) ? 1.0 : 0.0; }));
    metrics_.push_back(registry.observe(Registry::Kind::kGauge, "gatehouse_upstream_requests_in_flight", "Requests at the target now.",
                                        target, [backend = backend_, i] {
                                          return static_cast<double>(backend->targets()[i].in_flight.load(std::memory_order_relaxed));
                                        }));
  }
}

}  // namespace gatehouse::gateway
