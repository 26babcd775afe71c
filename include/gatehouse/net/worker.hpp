// One thread of the data plane: an io_context with the reactor nested in it, a timer wheel, a ready list, and the memory
// that everything on this thread shares. Everything that touches a connection runs on its worker.
#pragma once

#include "gatehouse/base/units.hpp"
#include "gatehouse/net/reactor.hpp"
#include "gatehouse/net/ready_list.hpp"
#include "gatehouse/net/timer_wheel.hpp"

#include <functional>
#include <memory>
#include <span>
#include <utility>

namespace boost::asio {
class io_context;
}

namespace gatehouse::net {

// Has left bytes in the receive buffer for the length of a turn, and takes them away when someone else is about to use it.
class ReceiveBufferGuest {
 public:
  virtual void leave_receive_buffer() = 0;

 protected:
  ~ReceiveBufferGuest() = default;
};

class Worker {
 public:
  static constexpr std::size_t kReceiveBuffer = 256 * 1024;

  explicit Worker(unsigned index);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  unsigned index() const { return index_; }

  // Runs until stop(). Ignores SIGPIPE's cause: writes use MSG_NOSIGNAL.
  void run();
  // Any thread.
  void stop();
  // Any thread: `work` runs on this worker, batched with what else was posted, at most one wake per turn.
  void post(std::function<void()> work);

  // Time as of the start of this turn.
  TimePoint now() const { return now_; }
  Reactor& reactor() { return reactor_; }
  TimerWheel& timers() { return timers_; }
  ReadyList& ready() { return ready_; }
  // Scratch for one read, valid until the current coroutine suspends or the current callback returns, or until it is asked
  // for again.
  std::span<char> receive_buffer() {
    if (guest_ != nullptr) std::exchange(guest_, nullptr)->leave_receive_buffer();
    return {receive_buffer_.get(), kReceiveBuffer};
  }
  // The guest is told before the buffer is used again; one that stays for a batch also when the reactor's batch, or what else
  // runs in this turn, has ended. There is one: who asked for the buffer last.
  enum class Stay : unsigned char { kUntilUsed, kBatch };
  void host(ReceiveBufferGuest& guest, Stay stay = Stay::kUntilUsed) {
    guest_ = &guest;
    stay_ = stay;
  }
  // Nothing of the guest's is in the buffer any more.
  void forget(const ReceiveBufferGuest& guest) {
    if (guest_ == &guest) guest_ = nullptr;
  }
  // For the control plane on this worker: resolver, admin, signals.
  boost::asio::io_context& context();

  // Runs `work` once after the current turn, when no handler of the batch is on the stack: for deleting what called.
  void after_turn(std::function<void()> work);

 private:
  struct Loop;  // the Asio part
  static void kick(void* worker);  // a turn is due: something became ready, or must be timed, outside of one
  void turn();
  void end_batch();
  void run_posted();
  void run_after_turn();
  void wait_for_events();
  void wait_for_timers();

  unsigned index_;
  TimePoint now_;
  Reactor reactor_;
  TimerWheel timers_;
  ReadyList ready_;
  std::unique_ptr<char[]> receive_buffer_;
  ReceiveBufferGuest* guest_ = nullptr;
  Stay stay_ = Stay::kUntilUsed;
  std::unique_ptr<Loop> loop_;
};

}  // namespace gatehouse::net
