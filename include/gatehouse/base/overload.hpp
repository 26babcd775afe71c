// What the process cannot take more of at present. Written by whoever watches, read by every request and connection: two
// flags in a cache line that hardly ever changes.
#pragma once

#include <atomic>

namespace gatehouse {

struct alignas(64) Overload {
  std::atomic<bool> refuses_requests{false};
  std::atomic<bool> refuses_connections{false};
};

}  // namespace gatehouse
