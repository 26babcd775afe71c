// A token bucket's rate and burst as times (GCRA): worked out once, because each takes a division. Plain values.
#pragma once

#include "gatehouse/base/units.hpp"

#include <cstdint>

namespace gatehouse {

struct BucketSize {
  // REQUIRES: rate.events > 0. A burst of 0 is one of 1; what takes longer than a hundred years to fill is cut to that.
  BucketSize(const Rate& rate, std::uint64_t burst);

  // From one token to the next: no more than a year.
  Duration interval;
  std::uint64_t burst;
  // How far ahead of now a bucket may be full again and still give a token.
  Duration tolerance;
};

// The burst of who says none: one second of the rate, at least 1.
std::uint64_t default_burst(const Rate& rate);

}  // namespace gatehouse
