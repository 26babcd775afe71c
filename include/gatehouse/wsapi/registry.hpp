// The connections of all WebSocket APIs that this process holds. Each worker has a shelf of its own: nothing is locked, and an
// id says where to ask. Connections outlive the configuration that they began with. Outlives the workers' threads.
#pragma once

#include "gatehouse/wsapi/connection.hpp"
#include "gatehouse/wsapi/directory.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::wsapi {

// An id that nobody else gets: for a $connect, which must know it before there is a connection. On its worker's thread. What
// is not given to Registry::open() is forgotten with it.
class Reservation {
 public:
  Reservation(Shelf& shelf, const ConnectionId& id) : shelf_(&shelf), id_(id) {}
  ~Reservation();
  Reservation(Reservation&& other) noexcept : shelf_(std::exchange(other.shelf_, nullptr)), id_(other.id_) {}
  Reservation& operator=(Reservation&&) = delete;
  const ConnectionId& id() const { return id_; }

 private:
  friend class Registry;
  Shelf* shelf_;
  ConnectionId id_;
};

// Hears of connections as they come and go. On their workers' threads.
class RegistryWatcher {
 public:
  virtual ~RegistryWatcher() = default;
  virtual void on_opened(const Connection& connection) = 0;
  // What was to be told of its end is told.
  virtual void on_over(const ConnectionId& id) noexcept = 0;
};

class Registry final : public Directory {
 public:
  explicit Registry(std::vector<net::Worker*> workers);
  ~Registry() override;

  std::uint32_t node() const { return node_; }  // of this process, in every id

  // On the worker's thread.
  Reservation reserve(const net::Worker& worker);
  // On the reservation's worker's thread, after the 101. Messages can come, and it can end, before this returns. Null when
  // the connection broke during the upgrade: no on_closed() is called then.
  std::shared_ptr<Connection> open(Reservation reserved, http::Upgraded upgraded, const ConnectionFacts& facts,
                                   std::shared_ptr<const ConnectionLimits> limits, std::shared_ptr<MessageSink> sink);
  // On the id's worker's thread; null: gone.
  std::shared_ptr<Connection> find(std::string_view api, const ConnectionId& id);

  // On the worker's thread. drain(): each is closed with 1001 at a random moment within `over`. close_all(): at once, without
  // a word, and what their APIs are doing is dropped.
  void drain(net::Worker& worker, Duration over);
  void close_all(const net::Worker& worker);
  // Connections, and ends that are still being told. Any thread.
  std::uint64_t open_count() const;

  // For a fleet; any thread. process(): of this registry and of no other. begin_stay(): another number each time. watch(): instead of the watcher before; visit() then finds what it has not heard of. unwatch():
  // unless there is another by now.
  const std::string& process() const { return process_; }
  std::uint64_t begin_stay() { return ++stays_; }
  void watch(std::shared_ptr<RegistryWatcher> watcher);
  void unwatch(const RegistryWatcher* watcher);
  unsigned workers() const { return static_cast<unsigned>(shelves_.size()); }
  // Shows connections of a worker, also those that are closing, from slot `from` on, on its thread; at most `most` slots. `next`
  // gets where to go on: kNoMore is the end.
  static constexpr std::uint64_t kNoMore = ~std::uint64_t{0};
  void visit(unsigned worker, std::uint64_t from, std::size_t most, std::function<void(const Connection&)> look, Done<std::uint64_t> next);
  // Closes them with 1012. `text` goes to the clients, `reason` (static) to Ending.
  void expel(const std::vector<ConnectionId>& ids, const std::string& text, std::string_view reason);

  void send(std::string_view api, const ConnectionId& id, http::PreparedFrame frame, Done<Outcome> done) override;
  void close(std::string_view api, const ConnectionId& id, http::websocket::CloseCode code, std::string text, Done<Outcome> done) override;
  void describe(std::string_view api, const ConnectionId& id, Done<Described> done) override;
  void join(std::string_view api, std::string_view group, const ConnectionId& id, Done<Outcome> done) override;
  void leave(std::string_view api, std::string_view group, const ConnectionId& id, Done<Outcome> done) override;
  void broadcast(std::string_view api, std::string_view group, http::PreparedFrame frame, Done<Delivered> done) override;
  // To those that this process holds and that `admits` lets hear it, which is asked on each one's worker before it is sent to.
  using Admits = std::function<bool(const Connection&)>;
  void broadcast_here(std::string_view api, std::string_view group, http::PreparedFrame frame, const Admits& admits, Done<Delivered> done);
  void list(std::string_view api, std::string_view group, std::string_view next, std::uint32_t limit, Done<Presence> done) override;

 private:
  struct Listing;
  Shelf* shelf_of(const ConnectionId& id) const;
  template <class Work>
  void with(std::string_view api, const ConnectionId& id, Work work);
  void list_from(std::uint64_t worker, std::uint64_t slot, std::shared_ptr<Listing> listing);

  std::uint32_t node_;
  const std::string process_;
  std::atomic<std::uint64_t> stays_{0};
  std::vector<std::unique_ptr<Shelf>> shelves_;
};

}  // namespace gatehouse::wsapi
