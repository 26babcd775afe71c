// Numbers and waiting times in the fields of an answer. Pure functions.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/base/units.hpp"
#include "gatehouse/pipeline/answer.hpp"

#include <cstdint>
#include <string_view>

namespace gatehouse::pipeline {

// In the arena.
std::string_view decimal(Arena& arena, std::uint64_t value);

// Whole seconds, rounded up: a client that waits as long as it is told must pass. Less than nothing is 0.
std::uint64_t seconds_up(Duration duration);

// Retry-After (RFC 9110 section 10.2.3), a second at least.
void set_retry_after(Answer& answer, Arena& arena, Duration wait);

}  // namespace gatehouse::pipeline
