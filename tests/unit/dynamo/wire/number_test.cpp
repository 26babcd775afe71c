#include "gatehouse/dynamo/wire/number.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::dynamo {
namespace {

std::string canonical(std::string_view text) {
  NumberText to;
  EXPECT_EQ(canonical_number(text, to), NumberProblem::kNone) << text;
  return std::string(to.view());
}

NumberProblem problem(std::string_view text) {
  NumberText to;
  return canonical_number(text, to);
}

TEST(NumberTest, EqualNumbersHaveOneForm) {
  for (const char* text :
       {"1", "1.0", "+1", "01", "1.", "+1e0", "10e-1", "0.1E1", "1.00000000000000000000000000000000000000000"}) {
    EXPECT_EQ(canonical(text), "1") << text;
  }
  for (const char* text : {"0", "-0", "+0", "0.0", "-0.000e10", "0e999", ".0", "00"})
    EXPECT_EQ(canonical(text), "0") << text;
}

TEST(NumberTest, IsPlainWithoutExponent) {
  EXPECT_EQ(canonical("1.50e-7"), "0.00000015");
  EXPECT_EQ(canonical("1e21"), "1000000000000000000000");
  EXPECT_EQ(canonical("1e125"), "1" + std::string(125, '0'));
  EXPECT_EQ(canonical("-1e-130"), "-0." + std::string(129, '0') + "1");
  EXPECT_EQ(canonical("12345e-2"), "123.45");
}

TEST(NumberTest, LimitsAreThoseOfTheService) {
  const std::string nines(38, '9');
  EXPECT_EQ(canonical(nines + "e88"), nines + std::string(88, '0'));
  EXPECT_EQ(canonical("-0." + std::string(129, '0') + nines).size(), 170U);
  EXPECT_EQ(problem("1e126"), NumberProblem::kOverflow);
  EXPECT_EQ(problem("-1e126"), NumberProblem::kOverflow);
  EXPECT_EQ(problem("9.9e-131"), NumberProblem::kUnderflow);
  EXPECT_EQ(problem(nines + "9"), NumberProblem::kTooPrecise);
  EXPECT_EQ(problem("1" + std::string(37, '0') + "1"), NumberProblem::kTooPrecise);
  EXPECT_EQ(canonical(nines + "000"), nines + "000");
}

TEST(NumberTest, RefusesWhatIsNoNumber) {
  for (const char* text : {"",
                           "-",
                           "+",
                           ".",
                           "e1",
                           "1e",
                           "1e+",
                           "1e1.5",
                           "--1",
                           "1-",
                           "0x1",
                           "1_0",
                           " 1",
                           "1 ",
                           "NaN",
                           "nan",
                           "Infinity",
                           "-Infinity",
                           "1,5",
                           "1.2.3",
                           "\xd9\xa3",
                           "1e99999999999",
                           "1e4294967296"}) {
    EXPECT_EQ(problem(text), NumberProblem::kMalformed) << text;
  }
  EXPECT_EQ(problem(std::string_view("1\0", 2)), NumberProblem::kMalformed);
}

TEST(NumberTest, LongTextsCostNoMoreThanReadingThem) {
  const std::string zeros(1'000'000, '0');
  EXPECT_EQ(canonical(zeros + "7." + zeros), "7");
  EXPECT_EQ(canonical("0." + zeros + "5e1000001"), "5");
  EXPECT_EQ(problem("1" + zeros), NumberProblem::kOverflow);
  EXPECT_EQ(problem("1" + zeros + "1e-1000001"), NumberProblem::kTooPrecise);
}

TEST(NumberTest, SumsBeyondTheLimitsAreRefused) {
  NumberText sum;
  const std::string nines(38, '9');
  EXPECT_EQ(add_numbers(nines, "1", sum), NumberProblem::kNone);
  EXPECT_EQ(sum.view(), "1" + std::string(38, '0'));
  EXPECT_EQ(add_numbers(nines, "0.1", sum), NumberProblem::kTooPrecise);
  EXPECT_EQ(subtract_numbers("1" + std::string(125, '0'), "1", sum), NumberProblem::kTooPrecise);
  const std::string largest = nines + std::string(88, '0');
  EXPECT_EQ(add_numbers(largest, "1" + std::string(88, '0'), sum), NumberProblem::kOverflow);
  const std::string tiny = "0." + std::string(129, '0') + "1";
  EXPECT_EQ(subtract_numbers(tiny + "1", tiny, sum), NumberProblem::kUnderflow);
  EXPECT_EQ(subtract_numbers(tiny, tiny, sum), NumberProblem::kNone);
  EXPECT_EQ(sum.view(), "0");
}

// One for the exponent, one for each pair of digits aligned with the point, one for the sign; the service's own figures.
TEST(NumberTest, SizeIsTheServicesAccounting) {
  const std::pair<const char*, unsigned> table[] = {
      {"0", 1},   {"1", 2},       {"12", 2},  {"123", 3},  {"1234", 3}, {"100", 2},   {"1000", 2},
      {"10", 2},  {"-1", 3},      {"-12", 3}, {"0.1", 2},  {"0.01", 2}, {"0.12", 2},  {"0.012", 3},
      {"1.2", 3}, {"1249.95", 4}, {"101", 3}, {"1010", 3}, {"99.9", 3}, {"0.001", 2},
  };
  for (const auto& [number, size] : table) EXPECT_EQ(number_size(number), size) << number;
  EXPECT_EQ(number_size(std::string(38, '9')), 20U);
  EXPECT_EQ(number_size("-" + std::string(37, '9')), 21U);
}

TEST(NumberTest, SizeFollowsFromDigitsAndExponentWhereverThePointStands) {
  for (const char* digits : {"1", "12", "102", "1002", "99999", "12345678901234567890123456789012345678"}) {
    const std::string text = digits;
    for (int exponent = -130; exponent <= 125; ++exponent) {
      for (const std::string sign : {"", "-"}) {
        NumberText number;
        const std::string written = sign + text.substr(0, 1) + "." + text.substr(1) + "E" + std::to_string(exponent);
        ASSERT_EQ(canonical_number(written, number), NumberProblem::kNone) << written;
        const std::size_t leading = exponent % 2 == 0 ? 1 : 0;
        EXPECT_EQ(number_size(number.view()), 1 + (text.size() + leading + 1) / 2 + sign.size()) << written;
      }
    }
  }
}

}  // namespace
}  // namespace gatehouse::dynamo
