// Wakes a waiter when its time is up. Lives in the waiting coroutine's frame; on its worker only.
#pragma once

#include "gatehouse/net/ready_list.hpp"
#include "gatehouse/net/timer_wheel.hpp"
#include "gatehouse/net/worker.hpp"

namespace gatehouse::net {

class Alarm final : private Timer {
 public:
  Alarm(Worker& worker, Waiter& waiter, TimePoint deadline) : worker_(worker), waiter_(waiter), deadline_(deadline) {
    worker.timers().arm(*this, deadline);
  }
  bool rang() const { return worker_.now() >= deadline_; }

 private:
  void on_timer() override { waiter_.wake(); }

  Worker& worker_;
  Waiter& waiter_;
  TimePoint deadline_;
};

}  // namespace gatehouse::net
