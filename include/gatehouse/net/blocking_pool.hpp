// Threads for what blocks: disk that may not be cached, getaddrinfo, password hashes. Bounded queue; results come back on
// the worker that asked.
#pragma once

#include "gatehouse/net/worker.hpp"

#include <functional>
#include <memory>

namespace gatehouse::net {

class BlockingPool {
 public:
  BlockingPool(unsigned threads, std::size_t queue_limit);
  ~BlockingPool();

  // Any worker's thread. Runs `work` on a pool thread, then `done` on `worker`. False when the queue is full: neither runs.
  bool submit(Worker& worker, std::function<void()> work, std::function<void()> done);
  // Finishes what runs, drops what waits, joins.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gatehouse::net
