// A mutex, a condition variable and a bounded queue: a job costs microseconds at least, so nothing finer is needed.
#include "gatehouse/net/blocking_pool.hpp"

#include "gatehouse/base/log.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace gatehouse::net {
namespace {

struct Job {
  Worker* worker = nullptr;
  std::function<void()> work;
  std::function<void()> done;
};

void run_job(Job& job) {
  try {
    job.work();
  } catch (const std::exception& problem) {
    // Whoever waits for `done` must not wait for ever.
    log::error("blocking_work_failed", {{"error", problem.what()}});
  }
  job.work = nullptr;
  job.worker->post(std::move(job.done));
}

}  // namespace

struct BlockingPool::State {
  explicit State(std::size_t limit) : queue_limit(limit) {}

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [this] { return stopping || !queue.empty(); });
      if (stopping) return;
      Job job = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      run_job(job);
      lock.lock();
    }
  }

  const std::size_t queue_limit;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Job> queue;
  bool stopping = false;
  std::vector<std::thread> threads;
};

BlockingPool::BlockingPool(unsigned threads, std::size_t queue_limit) : state_(std::make_unique<State>(queue_limit)) {
  for (unsigned i = 0; i < threads; ++i) state_->threads.emplace_back([state = state_.get()] { state->run(); });
}

BlockingPool::~BlockingPool() { stop(); }

bool BlockingPool::submit(Worker& worker, std::function<void()> work, std::function<void()> done) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopping || state_->queue.size() >= state_->queue_limit) return false;
    state_->queue.push_back({&worker, std::move(work), std::move(done)});
  }
  state_->changed.notify_one();
  return true;
}

void BlockingPool::stop() {
  std::deque<Job> dropped;
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    dropped.swap(state_->queue);
  }
  state_->changed.notify_all();
  dropped.clear();
  for (auto& thread : state_->threads) thread.join();
  state_->threads.clear();
}

}  // namespace gatehouse::net
