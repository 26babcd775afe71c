// Writes one line of JSON into room that the caller has: no allocation, no bounds check but on texts. What comes from
// outside is escaped so that a line stays a line and harmless on a terminal. Plain object, one thread.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/ip.hpp"
#include "gatehouse/base/json_text.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/base/units.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gatehouse::middleware {

namespace json {

// Most numbers of a line are this small.
struct SmallNumber {
  char text[3];
  unsigned char size;
};
extern const std::array<SmallNumber, 1000> kSmallNumbers;

// May write four bytes; what follows overwrites those that are no digits.
inline char* write_below_1000(char* to, unsigned value) {
  const SmallNumber& number = kSmallNumbers[value];
  std::memcpy(to, &number, sizeof(number));
  return to + number.size;
}

// With leading zeros. May write four bytes.
inline char* write_three_digits(char* to, unsigned value) {
  const SmallNumber& number = kSmallNumbers[value];
  std::memcpy(to, "000", 3);
  std::memcpy(to + 3 - number.size, &number, sizeof(number));
  return to + 3;
}

// `now`, of the steady clock, as the wall clock shows it: 24 bytes; returns the end. Reads the wall clock once a second and
// thread, so that a line costs one reading of a clock.
char* write_time(char* to, const Clock& clock, TimePoint now);

}  // namespace json

class JsonLine {
 public:
  // REQUIRES: room for all that will be written, and four bytes more.
  explicit JsonLine(char* to) : at_(to) {}

  // As it stands: punctuation and names.
  template <std::size_t kSize>
  JsonLine& raw(const char (&text)[kSize]) {
    std::memcpy(at_, text, kSize - 1);
    at_ += kSize - 1;
    return *this;
  }
  // As it stands: what another line wrote.
  JsonLine& escaped(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    return *this;
  }
  // The inside of a string, at most `limit` bytes of it.
  JsonLine& text(std::string_view value, std::size_t limit) {
    at_ = write_json_text(at_, value, limit);
    return *this;
  }
  JsonLine& number(std::uint64_t value) {
    at_ = value < 1000 ? json::write_below_1000(at_, static_cast<unsigned>(value)) : write_u64(at_, value);
    return *this;
  }
  // 12.345; less than nothing is nothing.
  JsonLine& milliseconds(Duration value) {
    const auto microseconds = static_cast<std::uint64_t>(value < Duration::zero() ? 0 : value.count()) / 1000;
    number(microseconds / 1000);
    *at_++ = '.';
    at_ = json::write_three_digits(at_, static_cast<unsigned>(microseconds % 1000));
    return *this;
  }
  // "2025-01-31T08:30:00.123Z"
  JsonLine& time(const Clock& clock, TimePoint now) {
    at_ = json::write_time(at_, clock, now);
    return *this;
  }
  JsonLine& address(const IpAddress& value) {
    if (!value.is_v4()) {
      at_ = value.write(at_);
      return *this;
    }
    for (std::size_t i = 12; i < 16; ++i) {
      at_ = json::write_below_1000(at_, value.bytes()[i]);
      *at_++ = '.';
    }
    --at_;
    return *this;
  }
  char* end() const { return at_; }

 private:
  char* at_;
};

}  // namespace gatehouse::middleware
