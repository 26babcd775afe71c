// Each task runs inside a small coroutine that logs what it throws and reports its end.
#include "gatehouse/net/task_group.hpp"

#include "gatehouse/base/log.hpp"

#include <iterator>
#include <list>
#include <string>
#include <utility>

namespace gatehouse::net {
namespace {

// The frame of `task` is destroyed with this one, not when it ends.
Task<void> run_logged(std::string_view name, Task<void> task) {
  std::string problem;
  try {
    co_await task;
  } catch (const std::exception& thrown) {
    problem = thrown.what();
    if (problem.empty()) problem = "exception";
  } catch (...) {
    problem = "unknown exception";
  }
  if (!problem.empty()) log::error("task_failed", {{"task", name}, {"error", problem}});
}

}  // namespace

struct TaskGroup::State : std::enable_shared_from_this<State> {
  using Tasks = std::list<Task<void>>;
  using Position = Tasks::iterator;

  State(Worker& on, std::size_t most) : worker(on), limit(most) {}

  static Task<void> run_watched(State* state, Position at, std::string_view name, Task<void> task) {
    Task<void> logged = run_logged(name, std::move(task));
    co_await logged;
    state->ended(at);
  }

  // The ending frame is still on the stack.
  void ended(Position at) {
    --alive;
    finished.splice(finished.end(), running, at);
    if (finished.size() > 1) return;
    worker.after_turn([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->finished.clear();
    });
  }

  Worker& worker;
  std::size_t limit;
  std::size_t alive = 0;
  bool stopped = false;
  Tasks running;
  Tasks finished;
};

TaskGroup::TaskGroup(Worker& worker, std::size_t limit) : state_(std::make_shared<State>(worker, limit)) {}

TaskGroup::~TaskGroup() { stop(); }

std::size_t TaskGroup::size() const { return state_->alive; }

bool TaskGroup::spawn(std::string_view name, Task<void> task) {
  State& state = *state_;
  if (state.stopped || state.alive >= state.limit) return false;
  state.running.emplace_back();
  ++state.alive;
  const auto at = std::prev(state.running.end());
  *at = State::run_watched(&state, at, name, std::move(task));
  at->start();
  return true;
}

void TaskGroup::stop() {
  State& state = *state_;
  state.stopped = true;
  // Destructors in the frames may come back here.
  State::Tasks doomed;
  doomed.splice(doomed.end(), state.running);
  doomed.splice(doomed.end(), state.finished);
  state.alive = 0;
}

void sleep_for::await_suspend(std::coroutine_handle<> sleeper) {
  sleep_.await_suspend(sleeper);
  worker_.timers().arm(*this, std::chrono::steady_clock::now() + duration_);
}

}  // namespace gatehouse::net
