// Counts every allocation by operator new of the test binary that is linked with allocations.cpp.
#pragma once

#include <cstdint>

namespace gatehouse::testing {

// Since the start of the process, by all threads.
std::uint64_t allocations();

}  // namespace gatehouse::testing
