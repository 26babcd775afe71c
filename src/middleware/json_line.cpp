#include "json_line.hpp"

#include <chrono>
#include <string_view>

namespace gatehouse::middleware::json {
namespace {

// "2025-01-31T08:30:00."
void format_second(char* to, std::chrono::sys_seconds second) {
  const auto day = std::chrono::floor<std::chrono::days>(second);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(second - day);
  const auto two = [](char* at, std::int64_t value, char after) {
    at[0] = static_cast<char>('0' + value / 10 % 10);
    at[1] = static_cast<char>('0' + value % 10);
    at[2] = after;
  };
  const int year = static_cast<int>(date.year());
  two(to, year / 100, '0');
  two(to + 2, year % 100, '-');
  two(to + 5, static_cast<unsigned>(date.month()), '-');
  two(to + 8, static_cast<unsigned>(date.day()), 'T');
  two(to + 11, clock.hours().count(), ':');
  two(to + 14, clock.minutes().count(), ':');
  two(to + 17, clock.seconds().count(), '.');
}

constexpr std::size_t kSecondSize = 20;

// The second of the wall clock in which this thread wrote last.
struct FormattedSecond {
  const Clock* clock = nullptr;
  TimePoint begin;
  TimePoint end;
  char text[kSecondSize] = {};
};
constinit thread_local FormattedSecond formatted;

void format_now(FormattedSecond& into, const Clock& clock, TimePoint now) {
  const auto wall = clock.wall();
  const auto second = std::chrono::floor<std::chrono::seconds>(wall);
  into.clock = &clock;
  into.begin = now - (wall - second);
  into.end = into.begin + std::chrono::seconds(1);
  format_second(into.text, second);
}

constexpr std::array<SmallNumber, 1000> make_small_numbers() {
  std::array<SmallNumber, 1000> numbers{};
  for (unsigned value = 0; value < numbers.size(); ++value) {
    const char digits[] = {static_cast<char>('0' + value / 100), static_cast<char>('0' + value / 10 % 10),
                           static_cast<char>('0' + value % 10)};
    const unsigned skipped = value < 10 ? 2 : value < 100 ? 1 : 0;
    SmallNumber& number = numbers[value];
    number.size = static_cast<unsigned char>(3 - skipped);
    for (unsigned i = 0; i < number.size; ++i) number.text[i] = digits[skipped + i];
  }
  return numbers;
}

}  // namespace

constinit const std::array<SmallNumber, 1000> kSmallNumbers = make_small_numbers();

char* write_time(char* to, const Clock& clock, TimePoint now) {
  FormattedSecond& second = formatted;
  if (second.clock != &clock || now < second.begin || now >= second.end) [[unlikely]]
    format_now(second, clock, now);
  std::memcpy(to, second.text, kSecondSize);
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now - second.begin).count();
  to = write_three_digits(to + kSecondSize, static_cast<unsigned>(milliseconds));
  *to++ = 'Z';
  return to;
}

}  // namespace gatehouse::middleware::json
