// One worker's connections to one target: those in use are counted and bounded, those that are idle wait to be used again,
// the latest first; attempts beyond the bound queue up. One thread.
#pragma once

#include "addresses.hpp"
#include "gatehouse/http/client.hpp"
#include "gatehouse/net/resolver.hpp"
#include "gatehouse/net/worker.hpp"
#include "gatehouse/upstream/backend.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace gatehouse::upstream {

struct PooledConnection {
  ~PooledConnection() {
    if (closed != nullptr) closed->fetch_add(1, std::memory_order_relaxed);
  }

  std::unique_ptr<http::ClientConnection> http;
  IpAddress address;
  TimePoint idle_since{};
  PooledConnection* next = nullptr;  // in the list of idle ones
  PooledConnection* previous = nullptr;
  std::atomic<std::uint64_t>* closed = nullptr;  // counts its end; the backend's, which outlives it
};

class TargetPool final : private net::Timer {
 public:
  // An attempt that waits for its turn. Leaves the queue when destroyed.
  class Queued {
   public:
    Queued(const Queued&) = delete;
    Queued& operator=(const Queued&) = delete;
    bool queued() const { return pool_ != nullptr; }

   protected:
    Queued() = default;
    virtual ~Queued();
    // A place is the attempt's now, as if enter() had succeeded; with a connection, or, when it is null, to open one.
    virtual void on_turn(std::unique_ptr<PooledConnection> connection) = 0;

   private:
    friend class TargetPool;
    TargetPool* pool_ = nullptr;
    Queued* next_ = nullptr;
    Queued* previous_ = nullptr;
  };

  TargetPool(net::Worker& worker, Backend& backend, std::size_t target, net::Resolver& resolver);
  ~TargetPool() override;

  // An idle connection and the place that it takes, or null.
  std::unique_ptr<PooledConnection> take_idle();
  // Takes a place for a connection to be opened. False when all are taken.
  bool enter();
  void leave();
  // False when the queue is full.
  bool enqueue(Queued& queued);
  void withdraw(Queued& queued);
  // Null when the system refuses to watch the connection.
  std::unique_ptr<PooledConnection> adopt(std::unique_ptr<net::Stream> stream, const IpAddress& address);
  // Ends a use; the place goes with it.
  void give_back(std::unique_ptr<PooledConnection> connection, bool reusable);

  // Closes what is idle, and from now on what is given back.
  void close();

  const TargetSettings& settings() const { return backend_.settings().targets[target_]; }
  const net::TlsClientContext* tls() const { return settings().tls ? backend_.tls() : nullptr; }
  Addresses& addresses() { return addresses_; }
  std::size_t idle() const { return idle_; }
  std::size_t in_use() const { return in_use_; }

 private:
  void on_timer() override;
  void keep(std::unique_ptr<PooledConnection> connection);
  std::unique_ptr<PooledConnection> unlink(PooledConnection& connection);
  void drop_vanished();
  void serve_queue();

  net::Worker& worker_;
  Backend& backend_;
  std::size_t target_;
  Addresses addresses_;
  PooledConnection* oldest_ = nullptr;
  PooledConnection* latest_ = nullptr;
  std::size_t idle_ = 0;
  std::size_t in_use_ = 0;
  Queued* first_ = nullptr;
  Queued* last_ = nullptr;
  std::size_t queued_ = 0;
  bool serving_ = false;
  bool closed_ = false;
};

}  // namespace gatehouse::upstream
