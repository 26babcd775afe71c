// A number taken apart: the form in which number.cpp and key_codec.cpp compute. One thread; plain values.
#pragma once

#include "gatehouse/dynamo/wire/number.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gatehouse::dynamo {

inline constexpr int kMaxDigits = 38;
inline constexpr int kMaxExponent = 125;   // 9.99…E+125
inline constexpr int kMinExponent = -130;  // 1E-130

// ± d₁.d₂d₃… × 10^exponent with d₁ ≠ 0 and no zeros at the end; zero has no digits and is not negative.
struct Decimal {
  std::uint8_t digits[kMaxDigits];
  std::uint8_t count = 0;
  bool negative = false;
  int exponent = 0;
};

// `to` is fresh. kTooPrecise leaves the first 38 digits in it.
NumberProblem parse_decimal(std::string_view text, Decimal& to);
// REQUIRES: canonical text.
Decimal parse_canonical(std::string_view text);
// Within the limits. Appends nothing: writes to.bytes and to.size.
void print_decimal(const Decimal& from, NumberText& to);

}  // namespace gatehouse::dynamo
