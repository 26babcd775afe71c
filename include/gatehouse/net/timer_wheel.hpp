// Deadlines of one worker: a coarse hashed wheel (10 ms). Arming costs no syscall and no allocation; moving a deadline
// further out costs a store, because the wheel looks again when the old one comes up. One thread.
#pragma once

#include "gatehouse/base/units.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace gatehouse::net {

class TimerWheel;

// Something with a deadline. Disarms itself when destroyed.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  bool armed() const { return next_ != nullptr; }
  // REQUIRES: armed().
  TimePoint deadline() const { return deadline_; }

 protected:
  virtual ~Timer();
  // At or up to two ticks after the deadline; the timer is disarmed before. It may arm or destroy itself or other timers.
  virtual void on_timer() = 0;

 private:
  friend class TimerWheel;
  Timer* next_ = nullptr;
  Timer* previous_ = nullptr;
  TimerWheel* wheel_ = nullptr;
  TimePoint deadline_{};
  TimePoint filed_under_{};
};

class TimerWheel {
 public:
  static constexpr Duration kTick = std::chrono::milliseconds(10);

  explicit TimerWheel(TimePoint start);
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // Arms, or moves, `timer`.
  void arm(Timer& timer, TimePoint deadline);
  void disarm(Timer& timer);

  // Fires what is due at `now`.
  void advance(TimePoint now);
  bool empty() const { return armed_ == 0; }
  // When advance() should be called next, at the latest; TimePoint::max() when nothing is armed.
  TimePoint next() const { return armed_ == 0 ? TimePoint::max() : next_due_; }
  // `kick(context)` is called when next() became earlier.
  void set_kick(void (*kick)(void*), void* context) {
    kick_ = kick;
    context_ = context;
  }

 private:
  friend class Timer;
  struct Link : Timer {
    void on_timer() override {}
  };
  static constexpr std::size_t kSlots = 1024;  // of one tick; what is further out comes up early and is filed again

  void file(Timer& timer);
  void drain(Link& slot, TimePoint now);
  TimePoint first_occupied() const;
  static void link(Link& list, Timer& timer);
  static void unlink(Timer& timer);

  std::array<Link, kSlots> slots_;
  std::array<std::uint64_t, kSlots / 64> occupied_{};  // a bit may outlive the slot's last timer
  std::int64_t current_;                               // the last tick that advance() has seen
  TimePoint next_due_ = TimePoint::max();
  std::size_t armed_ = 0;
  void (*kick_)(void*) = nullptr;
  void* context_ = nullptr;
};

}  // namespace gatehouse::net
