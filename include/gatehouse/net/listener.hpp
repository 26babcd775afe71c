// A listening socket of one worker (SO_REUSEPORT: every worker has its own). Accepts in the reactor; on EMFILE, ENFILE or
// ENOMEM it backs off and logs once. One thread.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/base/ip.hpp"
#include "gatehouse/net/reactor.hpp"
#include "gatehouse/net/timer_wheel.hpp"
#include "gatehouse/net/unique_fd.hpp"
#include "gatehouse/net/worker.hpp"

#include <functional>

namespace gatehouse::net {

// kNew fails when anybody listens there already, kShared joins those that share: without the difference a second process
// would quietly get half of the first one's connections.
enum class PortUse : unsigned char { kNew, kShared };
// A bound, listening, non-blocking socket that others may join; port 0 takes a free one. The error names address and cause.
Result<UniqueFd> bind_listener(const Endpoint& endpoint, int backlog = 4096, PortUse use = PortUse::kNew);
// The address that `fd` is bound to.
Endpoint local_endpoint(int fd);

class Listener final : private IoHandler, private Timer {
 public:
  // Gets a non-blocking, close-on-exec connection with TCP_NODELAY set.
  using OnAccept = std::function<void(UniqueFd, const Endpoint& peer)>;

  // Must be made on the worker's thread, or before it runs.
  Listener(Worker& worker, UniqueFd socket, OnAccept on_accept);
  ~Listener();

  // Closes the socket: no more connections. The system resets those that nobody has accepted yet.
  void close();
  // Accepts those, then closes.
  void drain();

 private:
  void on_io(std::uint32_t events) override;
  void on_timer() override;
  void accept_some();
  bool accept_next();

  Worker& worker_;
  UniqueFd socket_;
  OnAccept on_accept_;
  bool backing_off_ = false;
};

}  // namespace gatehouse::net
