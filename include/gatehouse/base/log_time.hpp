// How the Common Log Format and Amazon's events say a time. Pure functions.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gatehouse {

inline constexpr std::size_t kLogTimeSize = 26;
// "12/Mar/2020:19:03:58 +0000", which is `to` in whole. A system_clock's years have four digits.
std::string_view write_log_time(char (&to)[kLogTimeSize], std::chrono::system_clock::time_point time);

inline std::int64_t epoch_milliseconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace gatehouse
