// The Asio part of a worker: it waits for the reactor's epoll descriptor, for the wheel's next tick, and for posts of
// other threads; each of them makes a turn.
#include "gatehouse/net/worker.hpp"

#include "gatehouse/base/log.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include <mutex>
#include <utility>
#include <vector>

namespace gatehouse::net {
namespace {

namespace asio = boost::asio;
using Executor = asio::io_context::executor_type;
using Clock = std::chrono::steady_clock;
using Work = std::vector<std::function<void()>>;

// Batches handled before the io_context's own handlers get their turn.
constexpr int kBatchesPerTurn = 4;

}  // namespace

struct Worker::Loop {
  Loop() : guard(context.get_executor()), events(context.get_executor()), wheel(context.get_executor()) {}
  // The reactor closes its descriptor itself.
  ~Loop() { events.release(); }

  asio::io_context context{1};
  asio::executor_work_guard<Executor> guard;
  asio::posix::basic_stream_descriptor<Executor> events;
  asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor> wheel;
  TimePoint wheel_waits_for = TimePoint::max();

  std::mutex mutex;
  Work posted;             // under the mutex
  bool wake_sent = false;  // under the mutex

  Work running;
  Work after_turn;
  bool in_turn = false;
  bool turn_due = false;
  bool readable = false;
};

Worker::Worker(unsigned index)
    : index_(index),
      now_(Clock::now()),
      timers_(now_),
      receive_buffer_(new char[kReceiveBuffer]),
      loop_(std::make_unique<Loop>()) {
  ready_.set_kick(&Worker::kick, this);
  timers_.set_kick(&Worker::kick, this);
  loop_->events.assign(reactor_.descriptor());
  wait_for_events();
}

Worker::~Worker() {
  ready_.set_kick(nullptr, nullptr);
  timers_.set_kick(nullptr, nullptr);
  // What work owns may still look at the worker while it is destroyed.
  Work dropped;
  {
    const std::lock_guard lock(loop_->mutex);
    dropped.swap(loop_->posted);
  }
  dropped.clear();
  dropped.swap(loop_->after_turn);
  dropped.clear();
  loop_.reset();
}

asio::io_context& Worker::context() { return loop_->context; }

void Worker::run() {
  now_ = Clock::now();
  try {
    loop_->context.run();
  } catch (const std::exception& problem) {
    log::error("worker_failed", {{"worker", static_cast<std::uint64_t>(index_)}, {"error", problem.what()}});
    throw;
  }
}

void Worker::stop() { loop_->context.stop(); }

void Worker::post(std::function<void()> work) {
  bool wake = false;
  {
    const std::lock_guard lock(loop_->mutex);
    loop_->posted.push_back(std::move(work));
    wake = !std::exchange(loop_->wake_sent, true);
  }
  if (wake) asio::post(loop_->context, [this] { turn(); });
}

void Worker::after_turn(std::function<void()> work) {
  loop_->after_turn.push_back(std::move(work));
  kick(this);
}

void Worker::kick(void* worker) {
  auto* const self = static_cast<Worker*>(worker);
  Loop& loop = *self->loop_;
  if (loop.in_turn || std::exchange(loop.turn_due, true)) return;
  asio::post(loop.context, [self] { self->turn(); });
}

void Worker::wait_for_events() {
  loop_->events.async_wait(asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& error) {
    if (error) return;
    loop_->readable = true;
    turn();
    wait_for_events();
  });
}

void Worker::turn() {
  Loop& loop = *loop_;
  loop.in_turn = true;
  loop.turn_due = false;
  now_ = Clock::now();
  // What a peer sent in time counts, however late this turn is: it is looked at before a deadline passes.
  if (std::exchange(loop.readable, false) || timers_.next() <= now_) {
    bool more = true;
    for (int batch = 0; more && batch < kBatchesPerTurn; ++batch) {
      more = reactor_.poll();
      end_batch();
    }
  }
  timers_.advance(now_);
  end_batch();
  run_posted();
  end_batch();
  run_after_turn();
  loop.in_turn = false;
  wait_for_timers();
}

void Worker::end_batch() {
  ready_.run();
  if (guest_ != nullptr && stay_ == Stay::kBatch) std::exchange(guest_, nullptr)->leave_receive_buffer();
}

void Worker::run_posted() {
  Loop& loop = *loop_;
  {
    const std::lock_guard lock(loop.mutex);
    loop.wake_sent = false;
    loop.running.swap(loop.posted);
  }
  for (auto& work : loop.running) {
    work();
    work = nullptr;
  }
  loop.running.clear();
}

void Worker::run_after_turn() {
  Loop& loop = *loop_;
  while (!loop.after_turn.empty()) {
    loop.running.swap(loop.after_turn);
    for (auto& work : loop.running) {
      work();
      work = nullptr;
    }
    loop.running.clear();
    end_batch();
  }
}

void Worker::wait_for_timers() {
  Loop& loop = *loop_;
  const TimePoint next = timers_.next();
  // A wait that ends too early costs one idle turn; moving it out would cost a syscall each time.
  if (next >= loop.wheel_waits_for) return;
  loop.wheel_waits_for = next;
  loop.wheel.expires_at(next);
  loop.wheel.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    loop_->wheel_waits_for = TimePoint::max();
    turn();
  });
}

}  // namespace gatehouse::net
