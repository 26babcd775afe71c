// Work of one request on the blocking pool: the coroutine sleeps until it is done, is late, or its client has left. The
// work owns what it touches, because it may outlive the request. One worker's thread.
#pragma once

#include "gatehouse/http/exchange.hpp"
#include "gatehouse/net/blocking_pool.hpp"
#include "gatehouse/net/task.hpp"
#include "gatehouse/net/timer_wheel.hpp"

#include <functional>
#include <memory>

namespace gatehouse::integration {

class DiskWork final : private net::Timer {
 public:
  enum class Outcome : unsigned char { kDone, kBusy /* the pool's queue is full */, kLate, kClientGone };
  static constexpr Duration kPatience = std::chrono::seconds(30);

  DiskWork(http::Exchange& exchange, net::BlockingPool& pool) : exchange_(exchange), pool_(pool) {}
  ~DiskWork() override { forget(); }

  // One at a time.
  net::Task<Outcome> run(std::function<void()> work);

 private:
  // Shared with the work's end, which may come when we are gone.
  struct State {
    net::Waiter* waiter;
    bool done;
  };

  void on_timer() override { exchange_.waiter().wake(); }
  void forget() {
    if (state_) state_->waiter = nullptr;
    state_.reset();
  }

  http::Exchange& exchange_;
  net::BlockingPool& pool_;
  std::shared_ptr<State> state_;
};

}  // namespace gatehouse::integration
