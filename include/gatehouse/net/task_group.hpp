// Background coroutines of one worker: named, bounded, logged when they throw, stopped together. One thread.
#pragma once

#include "gatehouse/net/task.hpp"
#include "gatehouse/net/worker.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace gatehouse::net {

class TaskGroup {
 public:
  explicit TaskGroup(Worker& worker, std::size_t limit = 1024);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // False, and the task is not started, when the group is full or stopped. `name` has static storage.
  bool spawn(std::string_view name, Task<void> task);
  // Destroys every task where it is suspended; nothing starts afterwards. REQUIRES: not called by one of the tasks.
  void stop();
  std::size_t size() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// co_await sleep_for(worker, 5s)
class sleep_for final : private Timer {
 public:
  sleep_for(Worker& worker, Duration duration) : worker_(worker), duration_(duration), waiter_(worker.ready()) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> sleeper);
  void await_resume() const noexcept {}

 private:
  void on_timer() override { waiter_.wake(); }
  Worker& worker_;
  Duration duration_;
  Waiter waiter_;
  Waiter::Sleep sleep_{waiter_};
};

}  // namespace gatehouse::net
