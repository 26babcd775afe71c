// The seam between whoever has a DynamoDB request and whatever holds the tables: embedded, in memory, or another
// DynamoDB-compatible endpoint. A request is an operation and its JSON body, as the service's clients write it.
#pragma once

#include "gatehouse/dynamo/engine/settings.hpp"
#include "gatehouse/dynamo/wire/operation.hpp"
#include "gatehouse/net/task.hpp"
#include "gatehouse/net/worker.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

// One request. Lives in the caller's coroutine until execute() ends.
struct Call {
  Operation operation;
  std::string_view body;  // UTF-8 is checked by the engine
  net::Worker& worker;
  net::Waiter& waiter;    // the caller's only one: may be woken for other reasons at any time
  TimePoint deadline;     // TimePoint::max(): none

  // The answer: appended by execute().
  int status = 200;
  std::string& answer;    // {} or {"__type":…,"message":…}
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string_view kind() const = 0;  // "embedded", "memory", "remote"
  // On the call's worker. Always answers: what goes wrong is a fault in the call's answer. Destroying the task is allowed while it
  // waits: a write may then have happened or not.
  virtual net::Task<void> execute(Call& call) = 0;
  // For tools and at start, on a thread that may wait, never a worker's. Returns the status.
  virtual int execute_blocking(Operation operation, std::string_view body, std::string& answer) = 0;
  // `changed` is called, on any thread and any number of times, whenever the table's stream may have got records, until what is
  // returned is let go. Null: this engine cannot tell, or there is no such stream.
  virtual std::shared_ptr<void> watch_stream(std::string_view table, std::function<void()> changed) {
    static_cast<void>(table);
    static_cast<void>(changed);
    return nullptr;
  }
  // Everything acknowledged is on disk, background work has ended; no call may run or follow.
  virtual void close() = 0;
};

}  // namespace gatehouse::dynamo
