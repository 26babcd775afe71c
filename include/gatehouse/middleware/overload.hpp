// The step that turns requests away while the process is short of memory, and the settings of who watches that.
#pragma once

#include "gatehouse/base/overload.hpp"
#include "gatehouse/middleware/steps.hpp"

#include <cstdint>
#include <memory>

namespace gatehouse::middleware {

struct MemoryLimit {
  enum class Kind : std::uint8_t { kNone, kShare, kBytes };
  Kind kind = Kind::kShare;
  double share = 0.9;       // of what there is: the control group's bound, or the machine's memory
  std::uint64_t bytes = 0;  // of the process alone
  bool operator==(const MemoryLimit&) const = default;
};

struct MemorySettings {
  MemoryLimit limit;
  double refuse_requests = 0.9;  // of the limit
  double refuse_connections = 0.95;
  bool operator==(const MemorySettings&) const = default;
};

// 503 "overloaded" with Retry-After while `overload` says so. Requests in progress go on.
Step make_overload(std::shared_ptr<const Overload> overload);

}  // namespace gatehouse::middleware
