#include "maintenance.hpp"

#include "counters.hpp"
#include "expiry.hpp"
#include "index_build.hpp"
#include "stream_log.hpp"
#include "table_drop.hpp"
#include "token_memory.hpp"

#include "gatehouse/base/log.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace gatehouse::dynamo {
namespace {

constexpr auto kSweepEvery = std::chrono::seconds(1);
constexpr auto kTrimEvery = std::chrono::minutes(1);
// Of expired items between two looks at whether to stop.
constexpr std::uint64_t kSweepLimit = 1000;
// Of transactions' tokens looked at with each trim.
constexpr std::uint64_t kTokenLimit = 100'000;

}  // namespace

struct Maintenance::Impl {
  explicit Impl(LocalState& of) : state(of), sweep(of) {}

  struct Job {
    std::string name;
    std::function<Progress()> step;
  };

  std::optional<Job> take() {
    const std::lock_guard lock(mutex);
    if (jobs.empty()) return std::nullopt;
    Job job = std::move(jobs.front());
    jobs.pop_front();
    return job;
  }

  void put_back(Job job) {
    const std::lock_guard lock(mutex);
    jobs.push_front(std::move(job));
  }

  bool stopping() {
    const std::lock_guard lock(mutex);
    return stopped;
  }

  // One step of the first job. False when there is none.
  bool step() {
    std::optional<Job> job = take();
    if (!job) return false;
    if (job->step() == Progress::kMore) put_back(std::move(*job));
    return true;
  }

  void run() {
    auto sweep_at = std::chrono::steady_clock::now() + kSweepEvery;
    auto trim_at = std::chrono::steady_clock::now() + kTrimEvery;
    while (!stopping()) {
      bool busy = false;
      {
        const std::lock_guard working(work);
        busy = step();
        if (const auto now = std::chrono::steady_clock::now(); now >= sweep_at) {
          if (sweep.sweep(kSweepLimit) < kSweepLimit) sweep_at = now + kSweepEvery;
          state.storage->tidy();
          if (now >= trim_at) {
            state.streams->trim();
            state.tokens->sweep(kTokenLimit);
            trim_at = now + kTrimEvery;
          }
        }
      }
      std::unique_lock lock(mutex);
      if (!busy) changed.wait_until(lock, sweep_at, [this] { return stopped || !jobs.empty(); });
    }
  }

  LocalState& state;
  std::mutex work;  // held by whoever does a step: the thread, or round()
  ExpirySweep sweep;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Job> jobs;
  bool stopped = false;
  std::thread thread;
};

Maintenance::Maintenance(LocalState& state) : impl_(std::make_unique<Impl>(state)) {}

Maintenance::~Maintenance() { stop(); }

void Maintenance::start() {
  if (impl_->state.options.background) impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

void Maintenance::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopped = true;
    impl_->changed.notify_all();
  }
  if (impl_->thread.joinable()) impl_->thread.join();
  impl_->jobs.clear();
}

void Maintenance::enqueue(std::string name, std::function<Progress()> step) {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->stopped) return;
  impl_->jobs.push_back({std::move(name), std::move(step)});
  impl_->changed.notify_all();
}

std::uint64_t Maintenance::round() {
  const std::lock_guard working(impl_->work);
  while (impl_->step()) {
  }
  std::uint64_t expired = 0;
  std::uint64_t last = kSweepLimit;
  while (last == kSweepLimit) expired += last = impl_->sweep.sweep(kSweepLimit);
  impl_->state.storage->tidy();
  impl_->state.streams->trim();
  impl_->state.tokens->sweep(kTokenLimit);
  return expired;
}

void wait_for_writers(LocalState& state) {
  for (std::size_t i = 0; i < Stripes::kCount; ++i) {
    const std::lock_guard lock(state.stripes.at(i).mutex);
  }
}

}  // namespace gatehouse::dynamo
