#include "json_line.hpp"

#include <chrono>
#include <string_view>

namespace gatehouse::middleware::json {
namespace {

using Bytes16 = signed char __attribute__((vector_size(16)));
using Words2 = std::uint64_t __attribute__((vector_size(16)));

// Bits where a byte must be escaped or checked: control bytes and, negative as signed, everything beyond ASCII; quotes,
// backslashes, DEL.
inline Words2 special(Bytes16 bytes) {
  const Bytes16 lanes = (Bytes16{} + 0x20 > bytes) | (bytes == '"') | (bytes == '\\') | (bytes == 0x7f);
  return reinterpret_cast<Words2>(lanes);
}

inline bool any(Words2 words) {
#if defined(__SSE2__)
  using Chars16 = char __attribute__((vector_size(16)));
  return __builtin_ia32_pmovmskb128(reinterpret_cast<Chars16>(words)) != 0;
#else
  return (words[0] | words[1]) != 0;
#endif
}

template <class Word>
inline Word load(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof(word));
  return word;
}

template <class Word>
inline void store(char* to, Word word) {
  std::memcpy(to, &word, sizeof(word));
}

// Copies what is `size` bytes long when nothing in it is special. The last block overlaps the one before; there is no loop
// over single bytes. False: what stands at `to` is to be written again.
inline bool copy_plain(char* to, const char* from, std::size_t size) {
  if (size >= 16) {
    auto block = load<Bytes16>(from + size - 16);
    store(to + size - 16, block);
    Words2 found = special(block);
    for (std::size_t i = 0; i + 16 < size; i += 16) {
      block = load<Bytes16>(from + i);
      store(to + i, block);
      found |= special(block);
    }
    return !any(found);
  }
  constexpr std::uint64_t kPlain = 0x3030303030303030;
  Words2 words = {kPlain, kPlain};
  if (size >= 8) {
    words = Words2{load<std::uint64_t>(from), load<std::uint64_t>(from + size - 8)};
    store(to, words[0]);
    store(to + size - 8, words[1]);
  } else if (size >= 4) {
    const auto first = load<std::uint32_t>(from);
    const auto last = load<std::uint32_t>(from + size - 4);
    store(to, first);
    store(to + size - 4, last);
    words[0] = first | static_cast<std::uint64_t>(last) << 32;
  } else if (size > 0) {
    const auto byte = [from](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(from[i])); };
    words[0] = byte(0) | byte(size / 2) << 8 | byte(size - 1) << 16 | kPlain << 24;
    to[0] = from[0];
    to[size / 2] = from[size / 2];
    to[size - 1] = from[size - 1];
  }
  return !any(special(reinterpret_cast<Bytes16>(words)));
}

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

// Ends before what would go beyond `limit` bytes.
[[gnu::noinline]] char* write_escaped(char* to, std::string_view text, std::size_t limit) {
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

}  // namespace

constinit const std::array<SmallNumber, 1000> kSmallNumbers = make_small_numbers();

char* write_text(char* to, const char* from, std::size_t size, std::size_t limit) {
  if (size <= limit && copy_plain(to, from, size)) [[likely]]
    return to + size;
  return write_escaped(to, {from, size}, limit);
}

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
