// The idle list, the places and the queue.
#include "target_pool.hpp"

#include <utility>

namespace gatehouse::upstream {

TargetPool::Queued::~Queued() {
  if (pool_ != nullptr) pool_->withdraw(*this);
}

TargetPool::TargetPool(net::Worker& worker, Backend& backend, std::size_t target, net::Resolver& resolver)
    : worker_(worker),
      backend_(backend),
      target_(target),
      addresses_(worker, resolver, backend.settings().targets[target].host, [this] { drop_vanished(); }) {}

TargetPool::~TargetPool() {
  while (oldest_ != nullptr) unlink(*oldest_);
  while (first_ != nullptr) withdraw(*first_);
}

std::unique_ptr<PooledConnection> TargetPool::take_idle() {
  if (latest_ == nullptr || in_use_ >= backend_.settings().pool.connections) return nullptr;
  ++in_use_;
  backend_.counters().connections_reused.fetch_add(1, std::memory_order_relaxed);
  return unlink(*latest_);
}

bool TargetPool::enter() {
  if (in_use_ >= backend_.settings().pool.connections) return false;
  ++in_use_;
  return true;
}

void TargetPool::leave() {
  --in_use_;
  serve_queue();
}

bool TargetPool::enqueue(Queued& queued) {
  if (queued_ >= backend_.settings().pool.queue) {
    backend_.counters().queue_full.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  ++queued_;
  queued.pool_ = this;
  queued.next_ = nullptr;
  queued.previous_ = last_;
  (last_ == nullptr ? first_ : last_->next_) = &queued;
  last_ = &queued;
  return true;
}

void TargetPool::withdraw(Queued& queued) {
  if (queued.pool_ != this) return;
  (queued.previous_ == nullptr ? first_ : queued.previous_->next_) = queued.next_;
  (queued.next_ == nullptr ? last_ : queued.next_->previous_) = queued.previous_;
  queued.next_ = queued.previous_ = nullptr;
  queued.pool_ = nullptr;
  --queued_;
}

// An attempt that fails at once leaves again, which comes back here: the loop goes on, the stack does not grow.
void TargetPool::serve_queue() {
  if (std::exchange(serving_, true)) return;
  while (first_ != nullptr && enter()) {
    Queued& queued = *first_;
    withdraw(queued);
    queued.on_turn(nullptr);
  }
  serving_ = false;
}

std::unique_ptr<PooledConnection> TargetPool::adopt(std::unique_ptr<net::Stream> stream, const IpAddress& address) {
  auto connection = std::make_unique<PooledConnection>();
  connection->http = http::make_http1_client(worker_, std::move(stream));
  if (connection->http == nullptr) return nullptr;
  connection->address = address;
  connection->http->on_idle_end([this, ended = connection.get()](http::ClientConnection&) { unlink(*ended); });
  backend_.counters().connections_opened.fetch_add(1, std::memory_order_relaxed);
  connection->closed = &backend_.counters().connections_closed;
  return connection;
}

void TargetPool::give_back(std::unique_ptr<PooledConnection> connection, bool reusable) {
  if (!reusable || closed_ || !addresses_.contains(connection->address)) {
    connection.reset();
    return leave();
  }
  if (first_ != nullptr) {
    Queued& queued = *first_;
    withdraw(queued);
    backend_.counters().connections_reused.fetch_add(1, std::memory_order_relaxed);
    return queued.on_turn(std::move(connection));
  }
  --in_use_;
  if (idle_ < backend_.settings().pool.idle) keep(std::move(connection));
}

void TargetPool::keep(std::unique_ptr<PooledConnection> connection) {
  PooledConnection* const kept = connection.release();
  kept->idle_since = worker_.now();
  kept->next = nullptr;
  kept->previous = latest_;
  (latest_ == nullptr ? oldest_ : latest_->next) = kept;
  latest_ = kept;
  ++idle_;
  if (!armed()) worker_.timers().arm(*this, kept->idle_since + backend_.settings().pool.idle_time);
}

std::unique_ptr<PooledConnection> TargetPool::unlink(PooledConnection& connection) {
  (connection.previous == nullptr ? oldest_ : connection.previous->next) = connection.next;
  (connection.next == nullptr ? latest_ : connection.next->previous) = connection.previous;
  connection.next = connection.previous = nullptr;
  --idle_;
  return std::unique_ptr<PooledConnection>(&connection);
}

// The list is ordered by age.
void TargetPool::on_timer() {
  const Duration idle_time = backend_.settings().pool.idle_time;
  while (oldest_ != nullptr && oldest_->idle_since + idle_time <= worker_.now()) unlink(*oldest_);
  if (oldest_ != nullptr) worker_.timers().arm(*this, oldest_->idle_since + idle_time);
}

void TargetPool::drop_vanished() {
  for (PooledConnection* connection = oldest_; connection != nullptr;) {
    PooledConnection* const next = connection->next;
    if (!addresses_.contains(connection->address)) unlink(*connection);
    connection = next;
  }
}

void TargetPool::close() {
  closed_ = true;
  addresses_.close();
  while (oldest_ != nullptr) unlink(*oldest_);
}

}  // namespace gatehouse::upstream
