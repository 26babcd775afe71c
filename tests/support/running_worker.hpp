// A worker that runs on a thread of its own until the end of the scope.
#pragma once

#include "gatehouse/net/worker.hpp"

#include <future>
#include <thread>

namespace gatehouse::net::testing {

class RunningWorker {
 public:
  explicit RunningWorker(unsigned index = 0) : worker_(index), thread_([this] { worker_.run(); }) {}
  ~RunningWorker() {
    worker_.stop();
    thread_.join();
  }
  Worker& operator*() { return worker_; }
  Worker* operator->() { return &worker_; }
  std::thread::id thread() const { return thread_.get_id(); }

  // Runs `work` on the worker and waits for it.
  template <class Work>
  void run(Work work) {
    std::promise<void> done;
    worker_.post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

 private:
  Worker worker_;
  std::thread thread_;
};

}  // namespace gatehouse::net::testing
