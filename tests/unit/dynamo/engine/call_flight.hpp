// A call in flight, to an engine or a remote client, on a worker that runs on a thread of its own.
#pragma once

#include "support/running_worker.hpp"

#include "gatehouse/dynamo/engine/engine.hpp"

#include <future>
#include <memory>
#include <string>
#include <utility>

namespace gatehouse::dynamo::testing {

// Made, asked and destroyed by the test's thread. Destroying it destroys the coroutine where it waits.
template <class Callee>
class CallFlight {
 public:
  CallFlight(net::testing::RunningWorker& worker, Callee& callee, Operation operation, std::string body = "{}",
             TimePoint deadline = TimePoint::max())
      : worker_(worker), body_(std::move(body)) {
    worker_.run([&] {
      waiter_ = std::make_unique<net::Waiter>((*worker_).ready());
      call_.reset(new Call{.operation = operation,
                           .body = body_,
                           .worker = *worker_,
                           .waiter = *waiter_,
                           .deadline = deadline,
                           .answer = answer_});
      task_ = drive(callee, *call_, ended_);
      task_.start();
    });
  }
  ~CallFlight() {
    worker_.run([&] {
      task_.reset();
      waiter_.reset();
    });
  }

  bool is_answered() { return future_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
  // 0 when it is not answered within 20 s.
  int status() { return future_.wait_for(std::chrono::seconds(20)) == std::future_status::ready ? call_->status : 0; }
  const std::string& answer() {
    status();
    return answer_;
  }

 private:
  static net::Task<void> drive(Callee& callee, Call& call, std::promise<void>& ended) {
    net::Task<void> executing = callee.execute(call);
    co_await executing;
    ended.set_value();
  }

  net::testing::RunningWorker& worker_;
  const std::string body_;
  std::string answer_;
  std::promise<void> ended_;
  std::future<void> future_ = ended_.get_future();
  std::unique_ptr<net::Waiter> waiter_;
  std::unique_ptr<Call> call_;
  net::Task<void> task_;
};

}  // namespace gatehouse::dynamo::testing
