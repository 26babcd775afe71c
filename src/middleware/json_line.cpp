#include "json_line.hpp"

namespace gatehouse::middleware::json {
namespace {

constexpr std::size_t kLongestUnit = 6;  // \u001b

char* write_unicode_escape(char* to, unsigned code) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::memcpy(to, "\\u", 2);
  for (int shift = 12, i = 2; shift >= 0; shift -= 4, ++i) to[i] = kDigits[(code >> shift) & 15];
  return to + kLongestUnit;
}

char* write_ascii(char* to, char c) {
  switch (c) {
    case '"':
    case '\\':
      *to++ = '\\';
      *to++ = c;
      return to;
    case '\n': std::memcpy(to, "\\n", 2); return to + 2;
    case '\r': std::memcpy(to, "\\r", 2); return to + 2;
    case '\t': std::memcpy(to, "\\t", 2); return to + 2;
    default: break;
  }
  if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return write_unicode_escape(to, static_cast<unsigned char>(c));
  *to++ = c;
  return to;
}

// How many bytes the UTF-8 sequence at the front takes (RFC 3629 section 4), 0 when it is none. REQUIRES: not ASCII.
std::size_t sequence_size(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(0);
  };
  const auto continues = [&byte](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned first = byte(0);
  const unsigned second = byte(1);
  if (!continues(1)) return 0;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if ((first & 0xf0) == 0xe0) {
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;
    return continues(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
    return continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

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

struct FormattedSecond {
  std::int64_t second = -1;
  char text[kSecondSize] = {};
};
constinit thread_local FormattedSecond formatted;

}  // namespace

char* write_escaped(char* to, std::string_view text, std::size_t limit) {
  const char* const last = to + limit;
  while (!text.empty()) {
    std::size_t used = 1;
    char unit[kLongestUnit];
    const char* unit_end = nullptr;
    if (static_cast<unsigned char>(text[0]) < 0x80) {
      unit_end = write_ascii(unit, text[0]);
    } else if (const std::size_t size = sequence_size(text); size == 0) {
      unit_end = write_unicode_escape(unit, 0xfffd);
    } else if (size == 2 && text[0] == '\xc2' && static_cast<unsigned char>(text[1]) < 0xa0) {
      used = 2;
      unit_end = write_unicode_escape(unit, static_cast<unsigned char>(text[1]));
    } else {
      used = size;
      unit_end = unit + size;
      std::memcpy(unit, text.data(), size);
    }
    const auto unit_size = static_cast<std::size_t>(unit_end - unit);
    if (to + unit_size > last) break;
    std::memcpy(to, unit, unit_size);
    to += unit_size;
    text.remove_prefix(used);
  }
  return to;
}

char* write_time(char* to, std::chrono::system_clock::time_point time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  FormattedSecond& cache = formatted;
  if (cache.second != second.time_since_epoch().count()) [[unlikely]] {
    cache.second = second.time_since_epoch().count();
    format_second(cache.text, second);
  }
  std::memcpy(to, cache.text, kSecondSize);
  const auto rest = static_cast<unsigned>(std::chrono::floor<std::chrono::milliseconds>(time - second).count());
  to[20] = static_cast<char>('0' + rest / 100);
  to[21] = static_cast<char>('0' + rest / 10 % 10);
  to[22] = static_cast<char>('0' + rest % 10);
  to[23] = 'Z';
  return to + 24;
}

}  // namespace gatehouse::middleware::json
