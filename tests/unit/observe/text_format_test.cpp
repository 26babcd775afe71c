#include "observe/text_format.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace gatehouse::observe {
namespace {

std::string sample(double value) {
  std::string text;
  append_sample(text, "a", "", value);
  return text;
}

TEST(TextFormatTest, WritesSpecialNumbersAsPrometheusReadsThem) {
  EXPECT_EQ(sample(std::numeric_limits<double>::quiet_NaN()), "a NaN\n");
  EXPECT_EQ(sample(std::numeric_limits<double>::infinity()), "a +Inf\n");
  EXPECT_EQ(sample(-std::numeric_limits<double>::infinity()), "a -Inf\n");
  EXPECT_EQ(sample(0.1), "a 0.1\n");
  EXPECT_EQ(sample(1e300), "a 1e+300\n");
}

TEST(TextFormatTest, WritesTheLargestCount) {
  std::string text;
  append_sample(text, "a", "b=\"c\"", std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(text, "a{b=\"c\"} 18446744073709551615\n");
}

TEST(TextFormatTest, SortsLabelsByName) {
  EXPECT_EQ(format_labels({{"z", "1"}, {"a", "2"}}), "a=\"2\",z=\"1\"");
  EXPECT_EQ(format_labels({}), "");
}

TEST(TextFormatTest, WritesAHistogramWithoutLabels) {
  std::string text;
  append_histogram(text, "a", "", {});
  EXPECT_EQ(text.substr(0, text.find('\n')), "a_bucket{le=\"0.000064\"} 0");
  EXPECT_NE(text.find("a_bucket{le=\"+Inf\"} 0\na_sum 0\na_count 0\n"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::observe
