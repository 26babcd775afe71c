// A worker and its thread for what must not hold up requests: fetching key sets, exporting spans, counting with other nodes.
// The thread starts when it is first needed. Thread-safe.
#pragma once

#include "gatehouse/net/resolver.hpp"
#include "gatehouse/net/task.hpp"
#include "gatehouse/net/task_group.hpp"
#include "gatehouse/net/worker.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>

namespace gatehouse::net {

class BackgroundWorker {
 public:
  // `index` is that of the metrics' cell for the control plane, or any where there are no metrics.
  explicit BackgroundWorker(unsigned index) : worker_(index) {}
  ~BackgroundWorker() { stop(); }
  BackgroundWorker(const BackgroundWorker&) = delete;
  BackgroundWorker& operator=(const BackgroundWorker&) = delete;

  Worker& worker() { return worker_; }
  // On its thread only.
  Resolver& resolver() { return *resolver_; }

  // Runs `work` on the thread. Nothing happens after stop().
  void post(std::function<void()> work);
  // Runs the task that `make` gives, on the thread, until it ends or stop() destroys it where it sleeps. `name` has static
  // storage. What the task uses belongs to the task, or outlives this.
  void spawn(std::string_view name, std::function<Task<void>()> make);
  // Ends all tasks and the thread. Not on its thread.
  void stop();

 private:
  Worker worker_;
  std::mutex mutex_;
  bool stopped_ = false;
  std::unique_ptr<Resolver> resolver_;  // the thread's, as are the tasks
  std::optional<TaskGroup> tasks_;
  std::thread thread_;
};

}  // namespace gatehouse::net
