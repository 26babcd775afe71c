// Canonical numbers: normalisation, order, exact addition, accounting.
#include "gatehouse/dynamo/wire/number.hpp"

#include "dynamo/wire/decimal.hpp"

#include <algorithm>
#include <cstring>

namespace gatehouse::dynamo {
namespace {

// What is canonical as it stands, as nearly every number is that is ever sent: no sign but '-', no exponent, no superfluous
// zeros, at most 38 digits.
bool is_plain(std::string_view text) {
  const std::size_t sign = !text.empty() && text[0] == '-' ? 1 : 0;
  const std::size_t digits = text.size() - sign;
  if (digits == 0 || digits > kMaxDigits) return false;
  std::size_t point = 0;  // none can stand in the first place
  for (std::size_t i = sign; i < text.size(); ++i) {
    if (text[i] >= '0' && text[i] <= '9') continue;
    if (text[i] != '.' || point != 0 || i == sign) return false;
    point = i;
  }
  if (point != 0 && (text.back() == '0' || text.back() == '.')) return false;
  return text[sign] != '0' || text.size() == 1 || point == sign + 1;
}

// Of canonical texts without sign.
int compare_magnitudes(std::string_view a, std::string_view b) {
  const std::size_t a_whole = std::min(a.find('.'), a.size());
  const std::size_t b_whole = std::min(b.find('.'), b.size());
  if (a_whole != b_whole) return a_whole < b_whole ? -1 : 1;
  return a.compare(b);  // digit by digit; a fraction is more than none
}

// Room for two operands of 38 digits that overlap at least in one place or touch, and for a carry. Where the operands lie
// further apart the sum has more than 38 digits, because the last digit of the lower one stays.
constexpr int kColumns = kMaxDigits + 3;

// Digits by place: column i holds the place 10^(low + i).
struct Columns {
  int low;
  std::uint8_t digits[kColumns] = {};

  void put(const Decimal& number) {
    int column = number.exponent - low;
    for (int i = 0; i < number.count; ++i) digits[column--] = number.digits[i];
  }
};

int lowest_place(const Decimal& number) { return number.exponent - number.count + 1; }

void add_into(Columns& to, const Columns& other) {
  int carry = 0;
  for (int i = 0; i < kColumns; ++i) {
    const int sum = to.digits[i] + other.digits[i] + carry;
    carry = sum >= 10 ? 1 : 0;
    to.digits[i] = static_cast<std::uint8_t>(sum - 10 * carry);
  }
}

// REQUIRES: `other` is not the greater one.
void subtract_from(Columns& to, const Columns& other) {
  int borrow = 0;
  for (int i = 0; i < kColumns; ++i) {
    const int difference = to.digits[i] - other.digits[i] - borrow;
    borrow = difference < 0 ? 1 : 0;
    to.digits[i] = static_cast<std::uint8_t>(difference + 10 * borrow);
  }
}

bool less(const Columns& a, const Columns& b) {
  return std::lexicographical_compare(std::rbegin(a.digits), std::rend(a.digits), std::rbegin(b.digits),
                                      std::rend(b.digits));
}

NumberProblem finish(const Columns& columns, bool negative, NumberText& to) {
  Decimal result;
  int top = kColumns - 1;
  while (top >= 0 && columns.digits[top] == 0) --top;
  int bottom = 0;
  while (bottom < top && columns.digits[bottom] == 0) ++bottom;
  if (top >= 0) {
    result.negative = negative;
    result.exponent = columns.low + top;
    if (result.exponent > kMaxExponent) return NumberProblem::kOverflow;
    if (result.exponent < kMinExponent) return NumberProblem::kUnderflow;
    if (top - bottom + 1 > kMaxDigits) return NumberProblem::kTooPrecise;
    for (int i = top; i >= bottom; --i) result.digits[result.count++] = columns.digits[i];
  }
  print_decimal(result, to);
  return NumberProblem::kNone;
}

NumberProblem add(const Decimal& a, const Decimal& b, NumberText& to) {
  if (a.count == 0 || b.count == 0) {
    print_decimal(a.count == 0 ? b : a, to);
    return NumberProblem::kNone;
  }
  Columns left{std::min(lowest_place(a), lowest_place(b))};
  if (std::max(a.exponent, b.exponent) - left.low + 1 >= kColumns) return NumberProblem::kTooPrecise;
  Columns right{left.low};
  left.put(a);
  right.put(b);
  if (a.negative == b.negative) {
    add_into(left, right);
    return finish(left, a.negative, to);
  }
  if (less(left, right)) {
    subtract_from(right, left);
    return finish(right, b.negative, to);
  }
  subtract_from(left, right);
  return finish(left, a.negative, to);
}

}  // namespace

NumberProblem canonical_number(std::string_view text, NumberText& to) {
  if (is_plain(text)) {
    std::memcpy(to.bytes, text.data(), text.size());
    to.size = static_cast<std::uint8_t>(text.size());
    return NumberProblem::kNone;
  }
  Decimal number;
  const NumberProblem problem = parse_decimal(text, number);
  if (problem == NumberProblem::kNone) print_decimal(number, to);
  return problem;
}

int compare_numbers(std::string_view a, std::string_view b) {
  const bool a_negative = a.front() == '-';
  const bool b_negative = b.front() == '-';
  if (a_negative != b_negative) return a_negative ? -1 : 1;
  if (a_negative) return compare_magnitudes(b.substr(1), a.substr(1));
  return compare_magnitudes(a, b);
}

NumberProblem add_numbers(std::string_view a, std::string_view b, NumberText& to) {
  return add(parse_canonical(a), parse_canonical(b), to);
}

NumberProblem subtract_numbers(std::string_view a, std::string_view b, NumberText& to) {
  Decimal subtrahend = parse_canonical(b);
  if (subtrahend.count != 0) subtrahend.negative = !subtrahend.negative;
  return add(parse_canonical(a), subtrahend, to);
}

// The service keeps pairs of digits that are aligned with the decimal point: 12 is one pair, 123 and 1.23 are two. Zeros at
// either end of the number are not kept. Read off the canonical text: a page of a Query has many numbers.
std::uint32_t number_size(std::string_view canonical) {
  const char* at = canonical.data();
  const char* end = at + canonical.size();
  const std::uint32_t sign = *at == '-' ? 1 : 0;
  at += sign;
  const char* point = at;
  while (point != end && *point != '.') ++point;
  std::uint32_t digits = 0;
  std::uint32_t whole = static_cast<std::uint32_t>(point - at);  // places before the point; its parity is what counts
  if (point == end) {
    while (end != at && end[-1] == '0') --end;
    digits = static_cast<std::uint32_t>(end - at);
    if (digits == 0) return 1;
  } else if (*at != '0') {
    digits = static_cast<std::uint32_t>(end - at) - 1;
  } else {
    const char* first = point + 1;
    while (*first == '0') ++first;
    digits = static_cast<std::uint32_t>(end - first);
    whole = static_cast<std::uint32_t>(first - point) - 1;
  }
  const std::uint32_t leading = whole % 2;  // the first pair has one digit only
  return 1 + (digits + leading + 1) / 2 + sign;
}

}  // namespace gatehouse::dynamo
