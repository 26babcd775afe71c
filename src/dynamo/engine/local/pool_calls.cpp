#include "pool_calls.hpp"

#include <utility>

namespace gatehouse::dynamo {

struct PoolCalls::Job::Shared {
  Operation operation{};
  std::string body;
  std::string answer;
  Ran ran;
  Duration took{};
  // The worker's thread alone.
  net::Waiter* waiter = nullptr;
  bool done = false;
};

// Held by the work, which the pool drops once it ran, or when it will not run.
struct PoolCalls::Ticket {
  Ticket(PoolCalls& calls, std::size_t bytes) : calls_(calls), bytes_(bytes) {}
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;
  ~Ticket() { calls_.release(bytes_); }

 private:
  PoolCalls& calls_;
  std::size_t bytes_;
};

PoolCalls::Job::~Job() {
  if (shared_) shared_->waiter = nullptr;
}

bool PoolCalls::Job::done() const { return shared_->done; }
const Ran& PoolCalls::Job::ran() const { return shared_->ran; }
const std::string& PoolCalls::Job::answer() const { return shared_->answer; }
Duration PoolCalls::Job::took() const { return shared_->took; }

bool PoolCalls::admit(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (calls_ >= kMaxCalls || bytes_ + bytes > kMaxBytes) return false;
  ++calls_;
  bytes_ += bytes;
  return true;
}

void PoolCalls::release(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  bytes_ -= bytes;
  if (--calls_ == 0) none_.notify_all();
}

bool PoolCalls::submit(Call& call, Job& job) {
  if (!admit(call.body.size())) return false;
  auto ticket = std::make_shared<Ticket>(*this, call.body.size());
  auto shared = std::make_shared<Job::Shared>();
  shared->operation = call.operation;
  shared->body = call.body;
  shared->waiter = &call.waiter;
  // What stands when the handler throws.
  shared->ran.status = answer_fault({FaultType::kInternalServerError, "The request processing has failed"}, shared->answer);

  auto work = [&state = state_, ticket = std::move(ticket), shared] {
    const TimePoint begin = state.clock.now();
    std::string answer;
    shared->ran = run_operation(state, shared->operation, shared->body, answer, Patience::kAllowed);
    shared->answer = std::move(answer);
    shared->took = state.clock.now() - begin;
  };
  auto done = [shared] {
    shared->done = true;
    if (shared->waiter != nullptr) shared->waiter->wake();
  };
  if (!state_.pool.submit(call.worker, std::move(work), std::move(done))) return false;
  job.shared_ = std::move(shared);
  return true;
}

void PoolCalls::drain() {
  std::unique_lock lock(mutex_);
  none_.wait(lock, [this] { return calls_ == 0; });
}

}  // namespace gatehouse::dynamo
