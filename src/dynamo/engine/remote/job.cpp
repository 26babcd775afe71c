#include "job.hpp"

#include <utility>

namespace gatehouse::dynamo {

// Posts under the lock: the worker lives at least until abandon() returned.
void Job::finish(int status, std::string answer) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(done_, true)) return;
  status_ = status;
  answer_ = std::move(answer);
  changed_.notify_all();
  if (worker_ == nullptr) return;
  worker_->post([self = shared_from_this()] {
    if (self->waiter_ != nullptr) self->waiter_->wake();
  });
}

void Job::wake(net::Worker& worker, net::Waiter& waiter) {
  const std::lock_guard lock(mutex_);
  worker_ = &worker;
  waiter_ = &waiter;
}

void Job::abandon() {
  abandoned_.store(true, std::memory_order_relaxed);
  waiter_ = nullptr;
  const std::lock_guard lock(mutex_);
  worker_ = nullptr;
}

bool Job::done() const {
  const std::lock_guard lock(mutex_);
  return done_;
}

bool Job::wait_until(TimePoint latest) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, latest, [this] { return done_; });
}

std::unique_ptr<JobGate::Ticket> JobGate::enter(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (jobs_ >= most_jobs_ || bytes_ + bytes > most_bytes_) return nullptr;
  ++jobs_;
  bytes_ += bytes;
  return std::make_unique<Ticket>(*this, bytes);
}

void JobGate::leave(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  --jobs_;
  bytes_ -= bytes;
}

}  // namespace gatehouse::dynamo
