#include "gatehouse/base/log_time.hpp"

#include <cstring>

namespace gatehouse {
namespace {

char* write_two_digits(char* to, unsigned value) {
  *to++ = static_cast<char>('0' + value / 10 % 10);
  *to++ = static_cast<char>('0' + value % 10);
  return to;
}

}  // namespace

std::string_view write_log_time(char (&to)[kLogTimeSize], std::chrono::system_clock::time_point time) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  constexpr std::string_view kZone = " +0000";
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  char* at = write_two_digits(to, static_cast<unsigned>(date.day()));
  *at++ = '/';
  std::memcpy(at, kMonths.data() + 3 * (static_cast<unsigned>(date.month()) - 1), 3);
  at += 3;
  *at++ = '/';
  at = write_two_digits(at, year / 100);
  at = write_two_digits(at, year % 100);
  for (const auto part : {clock.hours().count(), clock.minutes().count(), clock.seconds().count()}) {
    *at++ = ':';
    at = write_two_digits(at, static_cast<unsigned>(part));
  }
  std::memcpy(at, kZone.data(), kZone.size());
  return {to, kLogTimeSize};
}

}  // namespace gatehouse
