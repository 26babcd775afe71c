// Wakes a request's waiter when its time is up. Lives in the waiting coroutine's frame.
#pragma once

#include "gatehouse/net/timer_wheel.hpp"
#include "gatehouse/net/worker.hpp"

namespace gatehouse::middleware {

class Alarm final : private net::Timer {
 public:
  Alarm(net::Worker& worker, net::Waiter& waiter, TimePoint deadline) : worker_(worker), waiter_(waiter), deadline_(deadline) {
    worker.timers().arm(*this, deadline);
  }
  bool rang() const { return worker_.now() >= deadline_; }

 private:
  void on_timer() override { waiter_.wake(); }

  net::Worker& worker_;
  net::Waiter& waiter_;
  TimePoint deadline_;
};

}  // namespace gatehouse::middleware
