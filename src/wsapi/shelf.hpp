// The connections whose sockets one worker holds, their groups, and the broadcasts on their way to them. The worker's thread,
// but for what says otherwise.
#pragma once

#include "gatehouse/net/worker.hpp"
#include "gatehouse/wsapi/connection.hpp"
#include "gatehouse/wsapi/directory.hpp"
#include "gatehouse/wsapi/registry.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gatehouse::wsapi {

// Connections of one worker that are in one group of one API.
struct Group {
  std::string key;
  std::vector<Connection*> members;  // in no order
};

class Shelf {
 public:
  Shelf(net::Worker& worker, std::uint32_t node);
  ~Shelf();
  Shelf(const Shelf&) = delete;
  Shelf& operator=(const Shelf&) = delete;

  net::Worker& worker() { return worker_; }

  ConnectionId reserve();
  void give_back(const ConnectionId& reserved);
  std::shared_ptr<Connection> open(const ConnectionId& reserved, http::Upgraded upgraded, const ConnectionFacts& facts,
                                   std::shared_ptr<const ConnectionLimits> limits, std::shared_ptr<MessageSink> sink);
  // An open one; null: there is none.
  Connection* find(std::string_view api, const ConnectionId& id);
  // It is on the shelf until its end has been told, or all are cleared away; null then.
  std::shared_ptr<Connection> share(const Connection& connection) const {
    const std::uint32_t slot = connection.id().slot();
    return slot < slots_.size() ? slots_[slot] : nullptr;
  }

  // When nothing of it is on the stack: what has ended is cleared away, what has come up meanwhile is begun.
  void settle_after_turn(Connection& connection);
  // In a turn of its own: it has had enough of this one.
  void run_in_next_turn(Connection& connection);

  Connection::Joined join(Connection& connection, std::string_view group);
  bool leave(Connection& connection, std::string_view group);
  void leave_all(Connection& connection);

  // `group` empty: all of the API; `admits` null: all of the group. A bounded number of deliveries a turn, one broadcast after the
  // other.
  using Admits = std::function<bool(const Connection&)>;
  void broadcast(std::string_view api, std::string_view group, http::PreparedFrame frame, Admits admits, Done<Delivered> done);
  // At most `limit` from slot `from` on are added to `to`. Returns where to go on; kNoSlot: that was all.
  static constexpr std::uint64_t kNoSlot = ~std::uint64_t{0};
  std::uint64_t list(std::string_view api, std::string_view group, std::uint64_t from, std::size_t limit, std::vector<Description>& to);
  static Description describe(const Connection& connection);

  void watch(std::shared_ptr<RegistryWatcher> watcher) { watcher_ = std::move(watcher); }
  void unwatch(const RegistryWatcher* watcher) {
    if (watcher_.get() == watcher) watcher_.reset();
  }
  std::uint64_t visit(std::uint64_t from, std::size_t most, const std::function<void(const Connection&)>& look) const;
  void expel(const ConnectionId& id, std::string_view text, std::string_view reason);

  void drain(Duration over);
  void clear();
  // Any thread.
  std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  struct Target {
    std::uint32_t slot, serial;
  };
  struct Broadcast {
    http::PreparedFrame frame;
    Admits admits;
    std::vector<Target> targets;
    std::size_t next = 0;
    Delivered delivered;
    Done<Delivered> done;
    std::size_t cost() const { return frame.wire().size() + targets.size() * sizeof(Target); }
  };

  void settle_due();
  void settle(const std::shared_ptr<Connection>& connection);
  void drop(std::uint32_t slot);
  Group* find_group(std::string_view api, std::string_view name);
  void take_out(Connection& connection, std::size_t membership);
  std::vector<Target> targets(std::string_view api, std::string_view group);
  void deliver_in_next_turn();
  void deliver_some();
  TimePoint some_moment_of_the_drain() const;

  net::Worker& worker_;
  std::uint32_t node_;
  std::uint32_t next_serial_ = 0;
  std::deque<std::shared_ptr<Connection>> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<std::shared_ptr<Connection>> due_;
  std::unordered_map<std::string, std::unique_ptr<Group>> groups_;
  std::deque<Broadcast> broadcasts_;
  std::size_t broadcast_cost_ = 0;
  bool delivery_posted_ = false;
  TimePoint drained_by_ = TimePoint::max();
  std::shared_ptr<RegistryWatcher> watcher_;
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace gatehouse::wsapi
