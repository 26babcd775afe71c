// The access log: every worker formats lines into a ring of its own, one thread writes them out. A full ring drops lines
// and counts them; a request never waits for a disk.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/observe/metrics.hpp"
#include "gatehouse/observe/settings.hpp"

#include <cstddef>
#include <memory>

namespace gatehouse::observe {

class AccessLog {
 public:
  // Fails when the file cannot be opened. `ring_bytes` per worker.
  static Result<std::shared_ptr<AccessLog>> open(const AccessLogSettings& settings, unsigned workers, Registry& registry,
                                                 std::size_t ring_bytes = 1 << 20);
  ~AccessLog();  // writes what is there, then closes

  // Room for one line of at most `size` bytes, contiguous, or null when the ring is full (counted as dropped).
  // REQUIRES: the worker's own thread; followed by commit().
  char* reserve(unsigned worker, std::size_t size);
  // Hands over the first `size` bytes of what was reserved, a line with its newline.
  void commit(unsigned worker, std::size_t size);

  void reopen();  // after rotation; any thread
  void flush();   // waits until all that was committed is written; any thread, for tests and shutdown

 private:
  struct Impl;
  explicit AccessLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::observe
