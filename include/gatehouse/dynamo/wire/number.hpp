// DynamoDB numbers: exact decimals of 38 significant digits, magnitude 1E-130 to 9.99…E+125, or zero. Kept as canonical text:
// the shortest plain form the service answers with ("1.0" and "+1e0" are "1", "-0" is "0"), so that equal numbers are equal
// bytes. Pure functions; never a double.
#pragma once

#include <cstdint>
#include <string_view>

namespace gatehouse::dynamo {

struct NumberText {
  static constexpr std::size_t kCapacity = 176;
  char bytes[kCapacity];
  std::uint8_t size = 0;
  std::string_view view() const { return {bytes, size}; }
};

enum class NumberProblem : std::uint8_t {
  kNone,
  kMalformed,   // "The parameter cannot be converted to a numeric value: …"
  kTooPrecise,  // "Attempting to store more than 38 significant digits in a Number"
  kOverflow,    // "Number overflow. Attempting to store a number with magnitude larger than supported range"
  kUnderflow,   // "Number underflow. Attempting to store a number with magnitude smaller than supported range"
};

NumberProblem canonical_number(std::string_view text, NumberText& to);

// Canonical operands. Negative, zero, positive.
int compare_numbers(std::string_view a, std::string_view b);

// Canonical operands and result, exact; kTooPrecise, kOverflow or kUnderflow when it cannot be kept.
NumberProblem add_numbers(std::string_view a, std::string_view b, NumberText& to);
NumberProblem subtract_numbers(std::string_view a, std::string_view b, NumberText& to);

// The service's accounting: one byte per two significant digits, one for the exponent, one more when negative.
std::uint32_t number_size(std::string_view canonical);

}  // namespace gatehouse::dynamo
