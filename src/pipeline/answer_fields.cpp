#include "gatehouse/pipeline/answer_fields.hpp"

#include "gatehouse/base/strings.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace gatehouse::pipeline {

std::string_view decimal(Arena& arena, std::uint64_t value) {
  constexpr std::size_t kDigits = 20;
  char* const text = static_cast<char*>(arena.allocate(kDigits, 1));
  return {text, static_cast<std::size_t>(write_u64(text, value) - text)};
}

std::uint64_t seconds_up(Duration duration) {
  return static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(std::max(duration, Duration::zero())).count());
}

void set_retry_after(Answer& answer, Arena& arena, Duration wait) {
  answer.fields.set(http::FieldId::kRetryAfter, decimal(arena, std::max<std::uint64_t>(seconds_up(wait), 1)));
}

}  // namespace gatehouse::pipeline
