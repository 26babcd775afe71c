#include "gatehouse/net/background_worker.hpp"

#include <utility>

namespace gatehouse::net {

void BackgroundWorker::post(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  if (!thread_.joinable()) {
    resolver_ = make_resolver(worker_);
    tasks_.emplace(worker_);
    thread_ = std::thread([this] { worker_.run(); });
  }
  worker_.post(std::move(work));
}

void BackgroundWorker::spawn(std::string_view name, std::function<Task<void>()> make) {
  post([this, name, make = std::move(make)] { tasks_->spawn(name, make()); });
}

void BackgroundWorker::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true) || !thread_.joinable()) return;
  }
  worker_.post([this] {
    tasks_.reset();
    resolver_.reset();
    worker_.stop();
  });
  thread_.join();
}

}  // namespace gatehouse::net
