// The data plane's descriptors of one worker: one edge-triggered epoll, nested in the worker's io_context. One thread.
#pragma once

#include <array>
#include <cstdint>

struct epoll_event;

namespace gatehouse::net {

// What owns a descriptor. `events` are EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLERR, EPOLLHUP as epoll(7) reports them,
// edge-triggered: the owner remembers what it has not used up.
class IoHandler {
 public:
  virtual void on_io(std::uint32_t events) = 0;

 protected:
  ~IoHandler() = default;
};

class Reactor {
 public:
  static constexpr int kBatch = 256;
  // While so many were ready at once, others have become ready meanwhile: to look again is cheaper than to wait.
  static constexpr int kBusy = 8;

  Reactor();  // throws std::system_error when the system has no descriptor left
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // Both directions, edge-triggered, until remove(). False when the system refuses (errno).
  bool add(int fd, IoHandler& handler);
  // From now on `handler` is not called, not even for events that were already fetched. Does not close `fd`.
  void remove(int fd, IoHandler& handler);

  // Reports again what is true of `fd` now: for an owner that stopped before it had used everything up.
  void rearm(int fd, IoHandler& handler);

  // Handles at most one batch without waiting. True when there are likely more.
  bool poll();

  // Readable when poll() has work; the worker's io_context waits on it.
  int descriptor() const { return epoll_; }

 private:
  int epoll_;
  epoll_event* events_;
  int next_ = 0;
  int fetched_ = 0;
};

}  // namespace gatehouse::net
