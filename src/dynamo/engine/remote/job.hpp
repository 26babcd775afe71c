// One request on its way through the engine's own thread, and the bound on how many there are. The caller waits on a gateway's worker or
// on a thread that may block; it may go away first.
#pragma once

#include "gatehouse/base/units.hpp"
#include "gatehouse/dynamo/wire/operation.hpp"
#include "gatehouse/net/worker.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

class Job : public std::enable_shared_from_this<Job> {
 public:
  // Its own copy of the body: the caller's may be gone before the request is.
  Job(Operation operation, std::string_view body, TimePoint deadline) : operation_(operation), body_(body), deadline_(deadline) {}

  Operation operation() const { return operation_; }
  const std::string& body() const { return body_; }
  TimePoint deadline() const { return deadline_; }

  // The engine's thread. Once; later ones are ignored.
  void finish(int status, std::string answer);
  // Nobody waits any more.
  bool abandoned() const { return abandoned_.load(std::memory_order_relaxed); }

  // The caller, before it hands the job over: who is woken, on its own worker. It must abandon() before either dies.
  void wake(net::Worker& worker, net::Waiter& waiter);
  // The caller's thread. Neither worker nor waiter is touched afterwards.
  void abandon();
  bool done() const;
  // Blocks; false when it is not done by then.
  bool wait_until(TimePoint latest);

  // REQUIRES: done().
  int status() const { return status_; }
  const std::string& answer() const { return answer_; }

 private:
  const Operation operation_;
  const std::string body_;
  const TimePoint deadline_;
  std::atomic<bool> abandoned_{false};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  int status_ = 0;
  std::string answer_;
  net::Worker* worker_ = nullptr;
  net::Waiter* waiter_ = nullptr;  // the worker's thread alone
};

// How many jobs, and bytes of theirs, may be in the engine at once. Thread-safe.
class JobGate {
 public:
  JobGate(std::size_t most_jobs, std::size_t most_bytes) : most_jobs_(most_jobs), most_bytes_(most_bytes) {}

  // Gives the place back when it dies.
  class Ticket {
   public:
    Ticket(JobGate& gate, std::size_t bytes) : gate_(gate), bytes_(bytes) {}
    ~Ticket() { gate_.leave(bytes_); }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

   private:
    JobGate& gate_;
    std::size_t bytes_;
  };
  // Null: full. The gate outlives the ticket.
  std::unique_ptr<Ticket> enter(std::size_t bytes);

 private:
  void leave(std::size_t bytes);

  const std::size_t most_jobs_, most_bytes_;
  std::mutex mutex_;
  std::size_t jobs_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace gatehouse::dynamo
