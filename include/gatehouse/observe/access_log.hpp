// The access log: every worker formats lines into a ring of its own, one thread writes them out. A full ring drops lines
// and counts them (gatehouse_access_log_dropped_total); a request never waits for a disk or for whoever reads our output.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/observe/metrics.hpp"
#include "gatehouse/observe/settings.hpp"

#include <cstddef>
#include <memory>

namespace gatehouse::observe {

class AccessLog {
 public:
  static constexpr std::size_t kMaxLine = 8 * 1024;

  // Fails when the output cannot be opened. `ring_bytes` per worker, rounded up to a power of two. Not enabled: nothing is
  // opened and every reserve() is null.
  static Result<std::shared_ptr<AccessLog>> open(const AccessLogSettings& settings, unsigned workers,
                                                 Registry& registry, std::size_t ring_bytes = 1 << 20);
  ~AccessLog();  // writes what is there, then closes; an output that takes nothing is given up after two seconds

  // Room for one line of at most `size` bytes, contiguous, or null when the ring is full (counted as dropped).
  // REQUIRES: the worker's own thread; size <= kMaxLine. What is not committed is forgotten.
  char* reserve(unsigned worker, std::size_t size);
  // Hands over the first `size` bytes of what was reserved: a whole line with its newline.
  void commit(unsigned worker, std::size_t size);

  // After rotation; any thread. What was committed before goes to the old file. Standard streams stay what they are.
  void reopen();
  // Waits until all that was committed is written, or the output has taken nothing for two seconds; any thread, for tests
  // and shutdown.
  void flush();

 private:
  struct Impl;
  explicit AccessLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::observe
