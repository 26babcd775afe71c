// Operations that run on the pool because they may have to wait for the disk. What they work with is their own: the call that
// waits for them may be destroyed meanwhile.
#pragma once

#include "run_operation.hpp"

#include "gatehouse/dynamo/engine/engine.hpp"
#include "gatehouse/net/blocking_pool.hpp"

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

namespace gatehouse::dynamo {

class PoolCalls {
 public:
  static constexpr std::size_t kMaxCalls = 1024;                 // queued and running
  static constexpr std::size_t kMaxBytes = 256 * 1024 * 1024;    // of their requests

  explicit PoolCalls(LocalState& state) : state_(state) {}

  // One call: in its coroutine's frame, on its worker's thread. Wakes the call's waiter when done.
  class Job {
   public:
    Job() = default;
    ~Job();
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;

    bool done() const;
    // REQUIRES: done().
    const Ran& ran() const;
    const std::string& answer() const;
    Duration took() const;

   private:
    friend class PoolCalls;
    struct Shared;
    std::shared_ptr<Shared> shared_;
  };

  // False when too much waits already: nothing was queued.
  bool submit(Call& call, Job& job);
  // Waits until none is queued or running.
  void drain();

 private:
  struct Ticket;
  bool admit(std::size_t bytes);
  void release(std::size_t bytes);

  LocalState& state_;
  std::mutex mutex_;
  std::condition_variable none_;
  std::size_t calls_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace gatehouse::dynamo
