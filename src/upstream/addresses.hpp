// The addresses of one target's host, on one worker: looked up when first needed, again when they are due or a connection
// failed. While a lookup runs, and when it fails, the old ones stay in use. One thread.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/base/ip.hpp"
#include "gatehouse/net/resolver.hpp"
#include "gatehouse/net/worker.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gatehouse::upstream {

class Addresses {
 public:
  // Someone who cannot go on without addresses. Forgotten when destroyed.
  class Waiting {
   public:
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

   protected:
    Waiting() = default;
    virtual ~Waiting();
    // A lookup ended: get() has something, or `error` says why not. Must not destroy the Addresses.
    virtual void on_lookup(const Error* error) = 0;

   private:
    friend class Addresses;
    Addresses* addresses_ = nullptr;
    Waiting* next_ = nullptr;
    Waiting* previous_ = nullptr;
  };

  // `on_change` is called when addresses have vanished.
  Addresses(net::Worker& worker, net::Resolver& resolver, std::string host, std::function<void()> on_change);
  ~Addresses();

  // What is known, fresh or not; empty before the first answer. Begins a lookup when one is due. Valid until a lookup ends.
  std::span<const IpAddress> get();
  // Why get() is empty, when a lookup failed so lately that none is under way. Valid until the next lookup ends.
  const Error* failure() const { return known_.empty() && !looking_up_ && failure_ ? &*failure_ : nullptr; }
  // REQUIRES: get() was empty just now, and there is no failure().
  void wait(Waiting& waiting);
  // Also of someone who does not wait.
  void forget(Waiting& waiting);
  bool contains(const IpAddress& address) const;
  // When what is known will be looked up again.
  TimePoint due() const { return due_; }
  // Where the next connection begins: each begins with another address.
  std::size_t next_start() { return start_++; }
  // A connection failed: the name may have moved.
  void connect_failed();
  // No lookups from now on: the resolver may go.
  void close() { resolver_ = nullptr; }

 private:
  void look_up();
  void answered(const Result<net::Resolved>& result);
  void tell(const Error* error);

  net::Worker& worker_;
  net::Resolver* resolver_;
  std::string host_;
  std::function<void()> on_change_;
  std::vector<IpAddress> known_;
  TimePoint due_{};
  TimePoint looked_up_{};
  std::size_t start_;
  std::optional<Error> failure_;  // of the last lookup
  bool looking_up_ = false;
  bool literal_ = false;
  Waiting* first_ = nullptr;
  Waiting* last_ = nullptr;
  std::shared_ptr<Addresses*> alive_;  // lookups outlive this object
};

}  // namespace gatehouse::upstream
