// Opening, finding, and clearing away.
#include "shelf.hpp"

#include "gatehouse/base/ids.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::wsapi {

Shelf::Shelf(net::Worker& worker, std::uint32_t node) : worker_(worker), node_(node) {}
Shelf::~Shelf() { clear(); }

ConnectionId Shelf::reserve() {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t slot = free_.back();
  const ConnectionId id = ConnectionId::make(node_, static_cast<std::uint16_t>(worker_.index()), slot);
  free_.pop_back();
  return id;
}

void Shelf::give_back(const ConnectionId& reserved) {
  if (reserved.slot() < slots_.size()) free_.push_back(reserved.slot());
}

std::shared_ptr<Connection> Shelf::open(const ConnectionId& reserved, http::Upgraded upgraded, const ConnectionFacts& facts,
                                        std::shared_ptr<const ConnectionLimits> limits, std::shared_ptr<MessageSink> sink) {
  auto connection =
      std::make_shared<Connection>(*this, reserved, next_serial_++, std::move(upgraded), facts, std::move(limits), std::move(sink));
  slots_[reserved.slot()] = connection;
  count_.fetch_add(1, std::memory_order_relaxed);
  if (watcher_) watcher_->on_opened(*connection);
  if (drained_by_ != TimePoint::max()) connection->endpoint_.drain_at(some_moment_of_the_drain());
  connection->endpoint_.start();
  return connection;
}

Connection* Shelf::find(std::string_view api, const ConnectionId& id) {
  if (id.slot() >= slots_.size()) return nullptr;
  Connection* const connection = slots_[id.slot()].get();
  return connection != nullptr && connection->id() == id && connection->open() && connection->sink().api() == api ? connection : nullptr;
}

void Shelf::settle_after_turn(Connection& connection) {
  auto shared = share(connection);
  if (shared == nullptr) return;
  due_.push_back(std::move(shared));
  if (due_.size() == 1) worker_.after_turn([this] { settle_due(); });
}

void Shelf::settle_due() {
  const auto due = std::exchange(due_, {});
  for (const auto& connection : due) settle(connection);
}

void Shelf::settle(const std::shared_ptr<Connection>& connection) {
  if (connection->running_) return;
  connection->task_.reset();
  connection->run();
  const std::uint32_t slot = connection->id().slot();
  if (connection->over_ && slot < slots_.size() && slots_[slot] == connection) drop(slot);
}

void Shelf::drop(std::uint32_t slot) {
  if (watcher_) watcher_->on_over(slots_[slot]->id());
  slots_[slot].reset();
  free_.push_back(slot);
  count_.fetch_sub(1, std::memory_order_relaxed);
}

void Shelf::run_in_next_turn(Connection& connection) {
  worker_.post([weak = std::weak_ptr(share(connection))] {
    if (const auto alive = weak.lock()) alive->run();
  });
}

Description Shelf::describe(const Connection& connection) {
  const ConnectionFacts facts = connection.facts();
  return {connection.id(),
          facts.connected_at,
          connection.last_active(),
          facts.source,
          std::string(facts.user_agent),
          std::string(facts.subject),
          connection.groups()};
}

TimePoint Shelf::some_moment_of_the_drain() const {
  const auto share = static_cast<double>(random_u64() >> 11) / static_cast<double>(std::uint64_t{1} << 53);
  const Duration left = std::max(drained_by_ - worker_.now(), Duration());
  return worker_.now() + std::chrono::duration_cast<Duration>(left * share);
}

void Shelf::drain(Duration over) {
  drained_by_ = worker_.now() + over;
  for (const auto& connection : slots_)
    if (connection) connection->endpoint_.drain_at(some_moment_of_the_drain());
}

void Shelf::clear() {
  broadcasts_.clear();
  due_.clear();
  // What a task's frame destroys may come back here.
  const auto doomed = std::exchange(slots_, {});
  free_.clear();
  for (const auto& connection : doomed) {
    if (!connection) continue;
    leave_all(*connection);
    connection->over_ = true;
    connection->task_.reset();
    count_.fetch_sub(1, std::memory_order_relaxed);
  }
}

}  // namespace gatehouse::wsapi
