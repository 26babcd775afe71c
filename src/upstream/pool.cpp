// The pool's own life; attempts keep its inside alive.
#include "pool_impl.hpp"

namespace gatehouse::upstream {

Pool::Impl::Impl(net::Worker& on, std::shared_ptr<Backend> of, net::Resolver& resolver)
    : worker(on), backend(std::move(of)), balancer(*backend, on.index()) {
  const std::size_t count = backend->settings().targets.size();
  targets.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    targets.push_back(std::make_unique<TargetPool>(worker, *backend, i, resolver));
}

Pool::Pool(net::Worker& worker, std::shared_ptr<Backend> backend, net::Resolver& resolver)
    : impl_(std::make_shared<Impl>(worker, std::move(backend), resolver)) {}

Pool::~Pool() {
  impl_->health.reset();
  for (const auto& target : impl_->targets) target->close();
}

Backend& Pool::backend() { return *impl_->backend; }

std::size_t Pool::idle_connections() const {
  std::size_t sum = 0;
  for (const auto& target : impl_->targets) sum += target->idle();
  return sum;
}

std::size_t Pool::open_connections() const {
  std::size_t sum = 0;
  for (const auto& target : impl_->targets) sum += target->idle() + target->in_use();
  return sum;
}

void Pool::run_health_checks() {
  if (impl_->backend->settings().health.path.empty() || impl_->health) return;
  impl_->health.emplace(impl_->worker, *impl_->backend, impl_->targets);
}

}  // namespace gatehouse::upstream
