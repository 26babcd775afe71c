// Bounds retries to a share of the requests, so that they cannot multiply the load on a backend that is in trouble.
// Thread-safe, lock-free.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "rolling_window.hpp"

namespace gatehouse::upstream {

class RetryBudget {
 public:
  RetryBudget(double share, const Clock& clock);

  void count_request(TimePoint now);
  // True, and paid for, when one more retry is within the share of the last 10 s, or among the first three.
  bool take();

 private:
  double share_;
  const Clock& clock_;
  RollingWindow window_;
};

}  // namespace gatehouse::upstream
