// Background coroutines of one worker: named, bounded, logged when they throw, stopped together. One thread.
#pragma once

#include "gatehouse/net/task.hpp"
#include "gatehouse/net/worker.hpp"

#include <list>
#include <string_view>

namespace gatehouse::net {

class TaskGroup {
 public:
  explicit TaskGroup(Worker& worker, std::size_t limit = 1024) : worker_(worker), limit_(limit) {}
  ~TaskGroup() { stop(); }

  // False, and the task is not started, when the group is full or stopped. `name` has static storage.
  bool spawn(std::string_view name, Task<void> task);
  // Destroys every task where it is suspended; nothing starts afterwards.
  void stop();
  std::size_t size() const { return running_.size(); }

 private:
  struct Running;
  Task<void> run_logged(Running* self, Task<void> task);

  Worker& worker_;
  std::size_t limit_;
  std::list<Running> running_;
  bool stopped_ = false;
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
};

}  // namespace gatehouse::net
