// Text to digits and exponent, and back to the plain form.
#include "dynamo/wire/decimal.hpp"

#include <algorithm>
#include <cstring>

namespace gatehouse::dynamo {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Collects the digits of a mantissa. Zeros before the first digit that counts and behind the last one leave no trace but
// in the exponent, however many there are.
class Mantissa {
 public:
  explicit Mantissa(Decimal& to) : to_(to) {}

  void add(char digit, bool fraction) {
    any_ = true;
    if (!fraction && started_) ++exponent_;
    if (!started_) {
      if (fraction) --exponent_;
      if (digit == '0') return;
      started_ = true;
    }
    if (digit == '0') {
      ++zeros_;
      return;
    }
    put_zeros();
    put(static_cast<std::uint8_t>(digit - '0'));
  }

  bool any() const { return any_; }
  bool is_zero() const { return !started_; }
  bool too_long() const { return too_long_; }
  std::int64_t exponent() const { return exponent_; }

 private:
  void put(std::uint8_t digit) {
    if (to_.count < kMaxDigits) {
      to_.digits[to_.count++] = digit;
    } else {
      too_long_ = true;
    }
  }

  void put_zeros() {
    if (to_.count + zeros_ > kMaxDigits) {
      too_long_ = true;
      zeros_ = 0;
    }
    for (; zeros_ > 0; --zeros_) put(0);
  }

  Decimal& to_;
  std::int64_t exponent_ = 0;  // of the first digit, the point standing where it stood
  std::int64_t zeros_ = 0;     // seen, and counting only if a digit follows
  bool any_ = false;
  bool started_ = false;
  bool too_long_ = false;
};

// As java.math.BigDecimal has it, which the service reads numbers with: at most ten digits, and no more than 32 bits.
bool parse_exponent(std::string_view text, std::int64_t& to) {
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return false;
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  if (text.size() > 10) return false;
  std::int64_t value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  if (value > INT32_MAX) return false;
  to = negative ? -value : value;
  return true;
}

char* put_digits(char* to, const std::uint8_t* digits, int count) {
  for (int i = 0; i < count; ++i) *to++ = static_cast<char>('0' + digits[i]);
  return to;
}

char* put_zeros(char* to, int count) {
  std::memset(to, '0', static_cast<std::size_t>(count));
  return to + count;
}

}  // namespace

NumberProblem parse_decimal(std::string_view text, Decimal& to) {
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) to.negative = text[at++] == '-';
  Mantissa mantissa(to);
  bool fraction = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !fraction) {
      fraction = true;
    } else if (is_digit(c)) {
      mantissa.add(c, fraction);
    } else {
      break;
    }
  }
  if (!mantissa.any()) return NumberProblem::kMalformed;
  std::int64_t exponent = 0;
  if (at < text.size()) {
    if (text[at] != 'e' && text[at] != 'E') return NumberProblem::kMalformed;
    if (!parse_exponent(text.substr(at + 1), exponent)) return NumberProblem::kMalformed;
  }
  if (mantissa.is_zero()) {
    to.negative = false;
    return NumberProblem::kNone;
  }
  exponent += mantissa.exponent();
  if (exponent > kMaxExponent) return NumberProblem::kOverflow;
  if (exponent < kMinExponent) return NumberProblem::kUnderflow;
  to.exponent = static_cast<int>(exponent);
  return mantissa.too_long() ? NumberProblem::kTooPrecise : NumberProblem::kNone;
}

Decimal parse_canonical(std::string_view text) {
  Decimal to;
  parse_decimal(text, to);
  return to;
}

void print_decimal(const Decimal& from, NumberText& to) {
  char* at = to.bytes;
  if (from.negative) *at++ = '-';
  const int whole = from.exponent + 1;  // digits before the point
  if (from.count == 0) {
    *at++ = '0';
  } else if (whole >= from.count) {
    at = put_digits(at, from.digits, from.count);
    at = put_zeros(at, whole - from.count);
  } else if (whole > 0) {
    at = put_digits(at, from.digits, whole);
    *at++ = '.';
    at = put_digits(at, from.digits + whole, from.count - whole);
  } else {
    *at++ = '0';
    *at++ = '.';
    at = put_zeros(at, -whole);
    at = put_digits(at, from.digits, from.count);
  }
  to.size = static_cast<std::uint8_t>(at - to.bytes);
}

}  // namespace gatehouse::dynamo
